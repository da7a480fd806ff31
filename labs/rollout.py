"""A new version is brought. How many commands does that take, and who notices?"""

from typing import NamedTuple

from harness import (
    Act, Arm, Ask, Lab, Lost, Number, Renewed, Trial, Trials, Verdict, apply, asks, calm, cluster, command,
    docker_host, engine, fact, fails, holds, scenario, swarm, update,
)  # fmt: skip

lab = Lab(__doc__, __name__)

# The application listens 3 s after its start, takes 2 s for each answer, and ends at once when it is told to.
NEW, WITH = {"2": "kubectl set env deployment web VERSION=2"}, "{} service.yaml"
deployment = Arm("Deployment with probe and pause", cluster, WITH.format("deployment.yaml"), NEW)
no_probe = Arm("Deployment without a probe", cluster, WITH.format("no-probe.yaml"), NEW)
no_pause = Arm("Deployment without a pause", cluster, WITH.format("no-pause.yaml"), NEW)
bare = Arm("Deployment with nothing added", cluster, WITH.format("bare.yaml"), NEW)
recreate = Arm("Deployment, strategy Recreate", cluster, WITH.format("recreate.yaml"), NEW)
two = Arm("two Deployments", cluster, WITH.format("deployment.yaml second.yaml"), differs="both versions stand")

RUN = "docker run --detach --name web-{n} --env VERSION={v} --env START_DELAY_S=3 --env REQUEST_S=2 --cpus 0.1 "
BY_HAND = "; ".join(RUN.format(n=n, v=1) + "dk-labs/web:1" for n in range(1, 6))
LATER = "; ".join(f"docker rm --force web-{n}; {RUN.format(n=n, v=2)}dk-labs/web:1" for n in range(1, 6))
runs = Arm("five runs", engine, BY_HAND, {"2": LATER})
runs_there = Arm("five runs on a Docker host", docker_host(), BY_HAND, {"2": LATER})
compose = Arm("Compose of five", engine, "compose.yaml", {"2": "compose-2.yaml"})
port = Arm("Compose of one with a port", engine, "port.yaml", {"2": "port-2.yaml"})
hosts = swarm(hosts=3)
service = Arm("Swarm service of five", hosts, "service-swarm.yaml", {"2": "service-swarm-2.yaml"})
start_first = Arm("Swarm service, start-first", hosts, "start-first.yaml", {"2": "start-first-2.yaml"})

created = Arm("kubectl create", cluster, "kubectl create --filename declared.yaml",
              {"three": "kubectl create --filename declared-three.yaml"})  # fmt: skip
applied = Arm("kubectl apply", cluster, "declared.yaml", {"three": "declared-three.yaml"})
by_server = Arm("kubectl apply --server-side", cluster, "kubectl apply --server-side --filename declared.yaml",
                {"three": "kubectl apply --server-side --filename declared-three.yaml"})  # fmt: skip

FOUR, FIVE, REQUESTS, AT_ONE = 4, 5, 1000, 300
FROM_OUTSIDE = Ask(per_s=30, at="outside", timeout_s=5.0)  # more would be too much for two copies
TO_ONE = Ask(per_s=15, at="outside", timeout_s=5.0)


def under_way(t: Trial, *acts: Act, client: Ask, n: int, new: int, requests: int = REQUESTS) -> None:
    """Something is done while requests are under way, each of which takes 2 s."""
    t.steady(replicas=n)
    t.act(asks(client))
    first, *_ = [t.act(how) for how in acts]
    if new:
        t.until(Renewed(new), since=first, within_s=90)
    t.until(Lost(requests), since=first, within_s=60)
    t.act(calm)
    t.until(Lost(requests), since=first, within_s=10)


@scenario(asks="Where is no request lost?")
def new_version(t: Trial) -> None:
    """Four copies of version 1 make way for version 2, while 30 requests a second are sent to a node's port."""
    under_way(t, update("2"), client=FROM_OUTSIDE, n=FOUR, new=FOUR)


@scenario(asks="Where is no request lost?")
def restart(t: Trial) -> None:
    """The same version is rolled out once more."""
    under_way(t, command("kubectl rollout restart deployment web"), client=FROM_OUTSIDE, n=FOUR, new=FOUR)


@scenario(asks="Where is no request lost?")
def switch(t: Trial) -> None:
    """Four copies of each version stand, and the Service is led from those of the first to those of the second."""
    under_way(t, apply("service-second.yaml"), client=FROM_OUTSIDE, n=2 * FOUR, new=0)


@lab.claim("k8s-rolling-update", part="a", blank=new_version @ recreate, standard=restart @ deployment)
def three_of_four(after: Trials = new_version @ deployment) -> Verdict:
    fewest = min(one.fewest for one in after.each(Renewed(FOUR)) if one)
    return (holds if fewest >= FOUR - 1 else fails)(f"at least {fewest} of {FOUR} were ready all the time")


PROBE, PAUSE, DEFAULT = "a readinessProbe", "a preStop pause", "asked-zero-downtime-by-default"


@lab.claim(
    "k8s-rolling-update", part="b", tested=new_version @ deployment, blank=new_version @ recreate,
    standard=switch @ two, given={PROBE: new_version @ no_probe, PAUSE: new_version @ no_pause},
)  # fmt: skip
@lab.claim(DEFAULT, tested=new_version @ bare, blank=new_version @ recreate, standard=new_version @ deployment)
def nothing_lost(after: Trials) -> Verdict:
    lost = after.lost(REQUESTS)
    return (fails if lost.lost else holds)(str(lost), lost=lost.lost)


def at_port(t: Trial, *acts: Act, new: int) -> None:
    under_way(t, *acts, client=TO_ONE, n=1, new=new, requests=AT_ONE)


@scenario(asks="Who asks at the port while it changes?")
def new_version_at_port(t: Trial) -> None:
    """One copy makes way for version 2, while 15 requests a second are sent to its published port."""
    at_port(t, update("2"), new=1)


@scenario(asks="Who asks at the port while it changes?")
def same_file_at_port(t: Trial) -> None:
    """The same file is applied once more."""
    at_port(t, update(), new=0)


@scenario(asks="Who asks at the port while it changes?")
def down_and_up_at_port(t: Trial) -> None:
    """It is removed, and brought up again."""
    under_way(
        t,
        command("docker compose --file port.yaml down"),
        update(),
        client=TO_ONE,
        n=1,
        new=1,
        requests=AT_ONE,
    )


@lab.claim("asked-compose-update-interrupts", blank=same_file_at_port @ port, standard=down_and_up_at_port @ port)
def interrupts(after: Trials = new_version_at_port @ port) -> Verdict:
    lost = after.lost(AT_ONE)
    return (holds if lost.lost else fails)(str(lost), lost_share=round(lost.share, 4))


@scenario(asks="Which take one command?")
def deploy(t: Trial) -> None:
    """Five copies of version 1 make way for version 2; nobody asks."""
    t.steady(replicas=FIVE)
    t.act(update("2"))
    t.until(Renewed(FIVE), within_s=120)


@scenario(asks="Which take one command?")
def first_version(t: Trial) -> None:
    """Five copies of the first version are brought up."""
    t.steady(replicas=FIVE)
    t.until(Renewed(FIVE), within_s=10)


ID = "docker-deploy-manual-or-compose"


def commands(after: Trials) -> int:
    (number,) = {one.commands for one in after.each(Renewed(FIVE)) if one}
    return number


@lab.claim(ID, part="a", blank=deploy @ runs, standard=first_version @ compose)
def one_command(after: Trials = deploy @ compose) -> Verdict:
    n = commands(after)
    return (holds if n == 1 else fails)(f"{n} command{'s' * (n > 1)} for {FIVE} copies", commands=n)


@lab.claim(ID, part="b", blank=deploy @ compose, standard=deploy @ runs_there)
def one_for_each(after: Trials = deploy @ service) -> Verdict:
    n = commands(after)
    return (holds if n >= FIVE else fails)(f"{n} command{'s' * (n > 1)} for {FIVE} copies", commands=n)


class Declared(NamedTuple):
    generation: str
    replicas: str
    template: str
    pods: frozenset[str]


def declared(said: str) -> Declared:
    """Of the Deployment what is declared, and which Pods there are."""
    every = [line.split(" ", 4) for line in said.splitlines()]
    generation, replicas, template = next(line[2:] for line in every if line[0] == "Deployment")
    return Declared(generation, replicas, template, frozenset(line[1] for line in every if line[0] == "Pod"))


GET = (
    "kubectl get deployments,pods --output 'jsonpath={range .items[*]}"
    '{.kind} {.metadata.uid} {.metadata.generation} {.spec.replicas} {.spec.template}{"\\n"}{end}\''
)
AT_FIRST, AGAIN, EDITED = (
    fact(f"what is there {when}", GET, parse=declared) for when in ("at first", "then", "at last")
)


@scenario(asks="Which change what was edited, and nothing else?")
def again_and_edited(t: Trial) -> None:
    """A file is brought, brought again as it is, and then with another number of copies."""
    t.steady(replicas=2)
    t.look(AT_FIRST)
    t.tries(update())
    t.look(AGAIN)
    t.tries(update("three"))
    t.watch(Number(3), within_s=20)
    t.look(EDITED)


@lab.claim("k8s-declarative", blank=again_and_edited @ created, standard=again_and_edited @ by_server)
def declarative(after: Trials = again_and_edited @ applied) -> Verdict:
    if not after.answer(Number(3)):
        return fails(f"the edited file was refused: {after.refusal(update('three'))}")
    for first, again, edited in zip(*(after.each(state) for state in (AT_FIRST, AGAIN, EDITED)), strict=True):
        if again != first:
            return fails("brought again as it was, the file changed something")
        if not first or not edited or edited.template != first.template or not edited.pods > first.pods:
            return fails("more was changed than the number")
    return holds("the same file changed nothing, the edited one added a Pod and left the others")


lab.show(deploy @ start_first, full=True)
