"""A container crashes, or somebody removes one. Who brings it back, and who does not?"""

from harness import Act, Arm, Lab, Trial, Trials, Verdict, acts, cluster, engine, fails, holds, scenario, swarm

lab = Lab(__doc__, __name__)


def run(policy: str) -> str:
    return f"docker run --detach --restart {policy} --cpus 0.1 dk-labs/web:1"


no = Arm("run, policy no", engine, run("no"))
on_failure = Arm("run, policy on-failure:3", engine, run("on-failure:3"))
always = Arm("run, policy always", engine, run("always"))
unless_stopped = Arm("run, policy unless-stopped", engine, run("unless-stopped"))
three_runs = Arm("three runs, policy always", engine, f"{run('always')} x 3")

compose = Arm("Compose without restart:", engine, "compose.yaml")
compose_key = Arm("Compose with restart:", engine, "compose-restart.yaml")
compose_three = Arm("Compose of three", engine, "compose-three.yaml")

hosts = swarm(hosts=3)
service = Arm("Swarm service", hosts, "service.yaml")
service_none = Arm("Swarm service, restart condition none", hosts, "service-none.yaml")

pod = Arm("Pod", cluster, "pod.yaml")
pod_never = Arm("Pod, restartPolicy Never", cluster, "pod-never.yaml")
deployment = Arm("Deployment", cluster, "deployment.yaml")

deployment_three = Arm("Deployment of three", cluster, "deployment-three.yaml")
statefulset_three = Arm("StatefulSet of three", cluster, "statefulset-three.yaml")
bare_pods = Arm("three bare Pods", cluster, "bare-pods.yaml")

WATCH_S = 10.0  # a restart takes 1 to 2 s, and five times as long is watched for
REMOVED_S = 16.0  # making a Pod anew takes up to 4 s where a restart takes 2
BACK_OFF_S = 50.0  # after six crashes in a row the pause is 40 s in Kubernetes


def one_ends(t: Trial, how: Act, *, of: int = 1, watch_s: float = WATCH_S) -> None:
    first, *_ = t.steady(replicas=of)
    t.act(how, first)
    t.restored(within_s=watch_s)


@scenario
def crash(t: Trial) -> None:
    """The application ends itself with code 1. Nobody touches anything."""
    one_ends(t, acts.crash)


@scenario(trials=1)
def crash_loop(t: Trial) -> None:
    """The application ends itself with code 1 as soon as it is back, six times."""
    for _ in range(6):
        t.act(acts.crash, *t.steady(replicas=1))
        t.restored(within_s=BACK_OFF_S)


@scenario
def exit_0(t: Trial) -> None:
    """The application ends itself with code 0, as if its work were done."""
    one_ends(t, acts.exit_0)


@scenario
def host_kill(t: Trial) -> None:
    """Its process is killed from the host, behind the engine's back."""
    one_ends(t, acts.host_kill)


@scenario
def stop(t: Trial) -> None:
    """A person stops the container."""
    one_ends(t, acts.stop)


@scenario
def kill(t: Trial) -> None:
    """A person kills the container."""
    one_ends(t, acts.kill)


@scenario
def remove(t: Trial) -> None:
    """A person removes the only copy."""
    one_ends(t, acts.remove)


@scenario
def remove_one(t: Trial) -> None:
    """A person removes one of three copies."""
    one_ends(t, acts.remove, of=3, watch_s=REMOVED_S)


@scenario
def remove_all(t: Trial) -> None:
    """A person removes all three copies at once."""
    t.act(acts.remove, *t.steady(replicas=3))
    t.restored(within_s=REMOVED_S)


COMES_BACK, MANUAL = "docker-restart-needs-compose-or-swarm", "docker-manual-stop-not-restarted"


@lab.claim("docker-no-auto-restart", tested=crash @ always, blank=crash @ pod, standard=crash @ no)
@lab.claim(COMES_BACK, part="a", tested=crash @ always, blank=crash @ pod, standard=crash @ no)
@lab.claim(MANUAL, part="a", tested=stop @ always, blank=crash @ always, standard=stop @ no)
@lab.claim(MANUAL, part="b", tested=kill @ always, blank=crash @ always, standard=kill @ no)
@lab.claim(MANUAL, part="c", tested=remove @ always, blank=crash @ always, standard=remove @ no)
def stays_away(ended: Trials) -> Verdict:
    back = ended.restored()
    return fails(f"it was back after {back}", back_s=back.median_s) if back else holds("it stayed away")


RESTART = {"the `restart:` key": crash @ compose}


@lab.claim(
    COMES_BACK, part="b", tested=crash @ compose_key, blank=stop @ compose_key, standard=crash @ always, given=RESTART
)
@lab.claim(COMES_BACK, part="c", tested=crash @ service, blank=crash @ service_none, standard=remove @ service)
def comes_back(crashed: Trials) -> Verdict:
    back = crashed.restored()
    return holds(f"back after {back}", back_s=back.median_s) if back else fails("it stayed down")


@lab.claim("k8s-restarts-failed-containers", blank=crash @ pod_never, standard=remove @ deployment)
def new_container(crashed: Trials = crash @ deployment) -> Verdict:
    back = crashed.restored()
    if not back:
        return fails("no container came in its place")
    where = "in the same Pod" if crashed.in_place() else "in another Pod"
    return holds(f"a new container served {where} after {back}", back_s=back.median_s)


@lab.claim(
    "k8s-restores-desired-state",
    blank=remove_one @ bare_pods,
    standard=(remove_one @ statefulset_three, remove_all @ statefulset_three),
)
def number_again(
    one: Trials = remove_one @ deployment_three, every: Trials = remove_all @ deployment_three
) -> Verdict:
    after_one, after_all = one.restored(), every.restored()
    if not after_one or not after_all:
        return fails("what was removed stayed away")
    told = f"three again {after_one} after one was removed, {after_all} after all were"
    return holds(told, one_s=after_one.median_s, all_s=after_all.median_s)


lab.show(
    crash @ on_failure,
    crash @ unless_stopped,
    exit_0 @ on_failure,
    host_kill @ always,
    remove_one @ three_runs,
    remove_one @ compose_three,
)
lab.show(crash_loop @ always, crash_loop @ pod, full=True)
