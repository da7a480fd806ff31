"""Load comes, or somebody asks for more copies. Who changes their number?"""

from itertools import pairwise

from harness import (
    Arm, Ask, Lab, NotShown, Number, Numbers, Trial, Trials, Verdict, acts, asks, calm, cluster, engine, fact,
    fails, holds, scenario, swarm, up, update,
)  # fmt: skip

lab = Lab(__doc__, __name__)

NETWORK = "docker network create web"
RUN = "docker run --detach --network web --network-alias web --cpus 0.1 dk-labs/web:1"


def to(command: str, *numbers: int) -> dict[str, str]:
    """What is typed that as many serve, by the number."""
    return {str(n): command.format(n) for n in numbers}


UP, SCALE = "docker compose --file {} up --detach --scale web={{}}", "docker service scale --detach web_web={}"
REPLICAS = "kubectl scale deployment web --replicas {}"

run = Arm("run", engine, f"{NETWORK}; {RUN}", {"3": f"{RUN} x 2"})
three_runs = Arm("three runs", engine, f"{NETWORK}; {RUN} x 3")
compose = Arm("Compose", engine, "compose.yaml", to(UP.format("compose.yaml"), 3, 5))
one_port = Arm("Compose, one fixed port", engine, "compose-port.yaml", to(UP.format("compose-port.yaml"), 5))
loop = Arm("Compose and a loop of ours", engine, "compose.yaml autoscale.sh")

hosts = swarm(hosts=3)
service = Arm("Swarm service", hosts, "service.yaml", to(SCALE, 3, 5))
service_three = Arm("Swarm service of three", hosts, "service-three.yaml", to(SCALE, 30))
service_many = Arm("Swarm service of twenty-nine", hosts, "service-twenty-nine.yaml", to(SCALE, 30))

deployment = Arm("Deployment", cluster, "deployment.yaml", to(REPLICAS, 5))
deployment_three = Arm("Deployment of three", cluster, "deployment-three.yaml", to(REPLICAS, 30))

LOADED = asks(Ask(per_s=4, path="/burn?ms=16", timeout_s=5, judged=False))  # two thirds of what one copy may use
TAKEN = ("already allocated", "already in use")  # what the engine says of a port that another has
MORE, THREE, FIVE, THIRTY = Number(2, or_more=True), Number(3), Number(5), Number(30)
LOADED_S, TIMES = 40.0, 5
COME, SERVE, FIRST = "Where do more copies come?", "Where do as many serve?", "Which is the first to have all thirty?"

swarm_mode = fact("Swarm", "docker info --format '{{.Swarm.LocalNodeState}}'")


@scenario(asks=COME)
def busy(t: Trial) -> None:
    """One copy is given work for two thirds of the processor time that it may use. Nobody does anything."""
    t.steady(replicas=1)
    t.act(LOADED)
    t.watch(MORE, within_s=LOADED_S)
    t.act(calm)


@scenario(asks=COME)
def quiet(t: Trial) -> None:
    """One copy has nothing to do, and is watched for as long."""
    t.steady(replicas=1)
    t.act(acts.nothing)
    t.watch(MORE, within_s=LOADED_S)


@scenario(asks=SERVE)
def to_three(t: Trial) -> None:
    """One copy serves. Then commands are typed that ask for three."""
    t.steady(replicas=1)
    t.act(update("3"))
    t.watch(THREE, within_s=10)


@scenario(asks=SERVE)
def no_command(t: Trial) -> None:
    """One copy serves, and nobody types that three should."""
    t.steady(replicas=1)
    t.act(acts.nothing)
    t.watch(THREE, within_s=15)


@scenario(asks=SERVE)
def three_at_once(t: Trial) -> None:
    """Three are started in the first place."""
    t.act(up)
    t.watch(THREE, within_s=10)


@scenario(asks=SERVE)
def to_five(t: Trial) -> None:
    """One copy serves. Then a command asks for five."""
    t.steady(replicas=1)
    t.tries(update("5"))
    t.watch(FIVE, within_s=20)


@scenario(asks=SERVE)
def to_five_without_swarm(t: Trial) -> None:
    """One copy serves on an engine that is in no Swarm. Then a command asks for five."""
    t.steady(replicas=1)
    t.until(swarm_mode.becomes("inactive"), within_s=10)
    t.tries(update("5"))
    t.watch(FIVE, within_s=20)


@scenario(trials=2, asks=FIRST)
def to_thirty(t: Trial) -> None:
    """Three copies serve. Then one command asks for thirty."""
    t.steady(replicas=3)
    t.act(update("30"))
    t.watch(THIRTY, within_s=60)


@scenario(trials=2, asks=FIRST)
def one_more(t: Trial) -> None:
    """Twenty-nine copies serve. Then one command asks for thirty."""
    t.steady(replicas=29)
    t.act(update("30"))
    t.watch(THIRTY, within_s=60)


@lab.claim("docker-scaling-manual", part="a", blank=busy @ loop, standard=quiet @ run)
def stays(one: Trials = busy @ run, two: Trials = busy @ compose, three: Trials = busy @ service) -> Verdict:
    for asked in (one, two, three):
        if more := asked.answer(MORE):
            return fails(f"{asked.arm.name}: another copy came after {more}")
        since = acts.nothing if asked.scenario is quiet else LOADED
        if not all(numbers and numbers.least for numbers in asked.each(Numbers(), since)):
            raise NotShown("not-steady", f"{asked.arm.name}: the only copy did not serve all the time")
    return holds(f"one copy stayed one for {LOADED_S:g} s")


@lab.claim("docker-scaling-manual", part="b", blank=no_command @ run, standard=three_at_once @ three_runs)
def changes(
    one: Trials = to_three @ run, two: Trials = to_three @ compose, three: Trials = to_three @ service
) -> Verdict:
    found = {asked.arm.name: asked.answer(THREE) for asked in (one, two, three)}
    if missing := [name for name, came in found.items() if not came]:
        return fails(f"three never served: {', '.join(missing)}")
    return holds("; ".join(f"{name} after {came}" for name, came in found.items()))


@lab.claim("docker-scaling-limited-to-swarm", blank=to_five @ service, standard=to_five_without_swarm @ one_port)
def cannot(asked: Trials = to_five_without_swarm @ compose) -> Verdict:
    came = asked.answer(FIVE)
    if came:
        return fails(f"five served after {came}", five_s=came.median_s)
    no = asked.refusal() or asked.refused()
    if no and not any(word in no for word in TAKEN):
        raise NotShown("other-reason", f"five never served, which has to do with something else: {no}")
    return holds(f"five never served: {no or 'no more came'}")


SWARM, KUBERNETES, AT_ONCE = to_thirty @ service_three, to_thirty @ deployment_three, one_more @ service_many


@lab.claim("asked-swarm-scales-five-times", blank=(KUBERNETES, SWARM), standard=(AT_ONCE, KUBERNETES))
def is_far_faster(swarm: Trials = SWARM, kubernetes: Trials = KUBERNETES) -> Verdict:
    """By more than both vary from trial to trial, and than the looks can tell apart; else nothing is shown."""
    one, other = swarm.answer(THIRTY), kubernetes.answer(THIRTY)
    if not one or not other:
        return fails("not all thirty served")
    for asked in (swarm, kubernetes):
        changes = [n.changes for n in asked.each(Numbers(), update("30")) if n]
        if any(after.n < before.n for every in changes for before, after in pairwise(every)):
            raise NotShown("not-steady", f"{asked.arm.name}: a copy went while others came")
    vary_s = TIMES * (one.slowest_s - min(one.each_s)) + other.slowest_s - min(other.each_s) + other.resolution_s
    told, later_s = f"Swarm after {one}, Kubernetes after {other}", other.median_s - TIMES * one.median_s
    if abs(later_s) <= vary_s:
        raise NotShown("too-close", f"{told}: too close to {TIMES} times to tell")
    return (holds if later_s > 0 else fails)(told, swarm_s=one.median_s, k8s_s=other.median_s)


lab.show(to_five @ deployment)
