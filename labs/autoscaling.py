"""The load rises and falls. Where does the number of copies follow it, and what does that take?"""

from statistics import median

from harness import (
    Arm, Ask, Lab, NotShown, Number, Numbers, Trial, Trials, Verdict, acts, asks, calm, cluster, engine, fact, fails,
    holds, own_cluster, scenario, swarm, take_away,
)  # fmt: skip

lab = Lab(__doc__, __name__)

APP = "deployment.yaml service.yaml"
alone = Arm("Deployment alone", cluster, APP)
hpa = Arm("Deployment with an HPA", cluster, f"{APP} hpa.yaml")
hpa_default = Arm("Deployment with an HPA as it is by default", cluster, f"{APP} hpa-default.yaml")
no_request = Arm(
    "Deployment with an HPA, no CPU request", cluster, "deployment-no-request.yaml service.yaml hpa.yaml",
    differs="a limit would stand in for the request that is missing",
)  # fmt: skip
top_loop = Arm("Deployment and a loop of ours", cluster, f"{APP} autoscale-kubectl.sh")
own = Arm("Deployment with an HPA, on a cluster of its own", own_cluster(nodes=3), f"{APP} hpa.yaml")
compose_loop = Arm("Compose and a loop of ours", engine, "compose.yaml autoscale.sh")
service = Arm("Swarm service", swarm(hosts=3), "stack.yaml")

BURN = asks(Ask(per_s=4, path="/burn?ms=16", timeout_s=5, judged=False))  # 128 % of a copy's request
SLEEP = asks(Ask(per_s=4, path="/sleep?ms=200", timeout_s=5, judged=False))  # as many, which cost next to nothing
WITHOUT_FIGURES = take_away("metrics-server")
figures = fact(
    "the HPA's figures",
    """kubectl get hpa web --output 'jsonpath={.status.conditions[?(@.type=="ScalingActive")].reason}'""",
)

UP, DOWN = Number(3, or_more=True), Number(1)
YOUNG_S = 30.0  # of a younger Pod the HPA takes no figures
UP_S, DOWN_S = 70.0, 60.0
LOOKS_EVERY_S = 15.0  # the HPA
STAYS_UP_S = 10.0  # in hpa.yaml, shortened from 300


def follow(t: Trial, load: acts.Act, *, stays_up_s: float = STAYS_UP_S) -> None:
    t.steady(replicas=1)
    t.hold(YOUNG_S)
    t.act(load)
    t.watch(UP, within_s=UP_S, timer_s=LOOKS_EVERY_S)
    t.act(calm)
    t.watch(DOWN, within_s=DOWN_S, timer_s=stays_up_s + LOOKS_EVERY_S)


@scenario(asks="Where do copies come, and go again?")
def busy(t: Trial) -> None:
    """One copy is given work for 128 % of the processor time that it requests, until more copies come or not."""
    follow(t, BURN)


@scenario(asks="Where do copies come, and go again?")
def sleepy(t: Trial) -> None:
    """One copy gets just as many requests, which it answers after 200 ms of sleep."""
    follow(t, SLEEP)


@scenario(asks="Where do copies come, and go again?")
def quiet(t: Trial) -> None:
    """One copy has nothing to do, and is watched for as long."""
    follow(t, acts.nothing)


@scenario(round="without figures", at_once=True, trials=2, asks="Where do copies come, and go again?")
def busy_without_figures(t: Trial) -> None:
    """metrics-server is taken away; then one copy is given the same work."""
    t.steady(replicas=1)
    t.until(figures.becomes("ValidMetricFound"), within_s=90)  # on this cluster too there is one that looks
    t.act(WITHOUT_FIGURES)
    t.until(figures.becomes("FailedGetResourceMetric"), within_s=60)
    t.act(BURN)
    t.watch(UP, within_s=UP_S, timer_s=LOOKS_EVERY_S)


@scenario(trials=1, asks="Where do copies come, and go again?")
def busy_by_default(t: Trial) -> None:
    """One copy is given the same work; it is waited for until copies go that came."""
    follow(t, BURN, stays_up_s=300.0)


GIVEN = {
    "an HPA": busy @ alone,
    "metrics-server": busy_without_figures @ own,
    "a CPU request": busy @ no_request,
}
LOADS = {busy: BURN, sleepy: SLEEP, quiet: acts.nothing}


@lab.claim("k8s-autoscales-on-demand", blank=quiet @ hpa, standard=busy @ top_loop, given=GIVEN)
@lab.claim("k8s-controllers-scale-pods", blank=quiet @ hpa, standard=busy @ top_loop, given=GIVEN)
@lab.claim("k8s-scales-on-traffic", part="a", blank=quiet @ hpa, standard=busy @ top_loop, given=GIVEN)
@lab.claim("k8s-scales-on-traffic", part="b", tested=sleepy @ hpa, blank=quiet @ hpa, standard=busy @ hpa)
def follows(load: Trials = busy @ hpa) -> Verdict:
    up = load.answer(UP)
    numbers = [n for n in load.each(Numbers(), LOADS.get(load.scenario, BURN)) if n]
    most = max(n.most for n in numbers)
    if not up and most > 1:
        raise NotShown("too-few", f"{load.cell}: {most} served, three never")
    if not up:
        return fails("it stayed at one")
    down = load.answer(DOWN, calm)
    if not down:
        return fails(f"three or more served after {up}, and stayed")
    first_s = median(n.became(2) or 0.0 for n in numbers)
    told = f"a second copy served after {first_s:.1f} s, three or more after {up}, one again after {down}"
    return holds(told, up_s=first_s, down_s=down.median_s, replicas=most)


@lab.claim(
    "docker-autoscale-more-complex",
    blank=busy @ hpa,
    standard=(busy @ hpa, busy @ compose_loop),
)
def takes_a_longer_program(docker: Trials = busy @ compose_loop, kubernetes: Trials = busy @ hpa) -> Verdict:
    one, other = docker.cost(), kubernetes.cost()
    says = holds if one.program > other.program else fails
    return says(f"{one}, against {other}", docker_lines=one.program, k8s_lines=other.program)


lab.show(busy_by_default @ hpa_default, busy @ service, full=True)
