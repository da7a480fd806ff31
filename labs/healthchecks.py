"""A copy hangs, or answers with errors. Who notices, and what becomes of it?"""

from harness import (
    Act, Arm, Lab, Restored, Trial, Trials, Verdict, acts, cluster, engine, fact, fails, holds, scenario, swarm,
)  # fmt: skip

lab = Lab(__doc__, __name__)

plain = Arm("Deployment", cluster, "deployment.yaml")
liveness = Arm("Deployment with a livenessProbe", cluster, "deployment-liveness.yaml")
three = Arm("Deployment of three", cluster, "deployment-three.yaml service.yaml")
readiness = Arm("Deployment of three with a readinessProbe", cluster, "deployment-three-readiness.yaml service.yaml")
pre_stop = Arm("Deployment of three with a preStop", cluster, "deployment-three-prestop.yaml service.yaml")

compose = Arm("Compose with a healthcheck", engine, "compose-healthcheck.yaml")
compose_three = Arm("Compose of three with a healthcheck", engine, "compose-three-healthcheck.yaml")
service = Arm("Swarm service with a healthcheck", swarm(hosts=3), "service-healthcheck.yaml")

health = fact("health", "docker compose ps --format '{{.Health}}'")

NOTICED_S = 3.0  # three failures, a second apart
ILL_S = NOTICED_S + 5.0
WATCH_S = 20.0
HUNG_S = 30.0  # Swarm takes 3 looks of up to 3 s each, then waits 5 s before it starts another


def one_ends(t: Trial, how: Act, *, watch_s: float = WATCH_S) -> None:
    t.act(how, *t.steady(replicas=1))
    t.restored(within_s=watch_s)


@scenario
def hang(t: Trial) -> None:
    """The only copy goes on running and answers nobody any more."""
    one_ends(t, acts.hang, watch_s=HUNG_S)


@scenario
def hang_unhealthy(t: Trial) -> None:
    """The only copy goes on running and answers nobody any more, and is called unhealthy."""
    hung = t.act(acts.hang, *t.steady(replicas=1))
    t.until(health.becomes("unhealthy"), within_s=HUNG_S)
    t.watch(Restored(), since=hung, within_s=HUNG_S)


@scenario
def crash(t: Trial) -> None:
    """The only copy ends itself with code 1."""
    one_ends(t, acts.crash)


@scenario(asks="Which of them are replaced all the same?")
def no_fault(t: Trial) -> None:
    """The only copy is well, and is watched for as long."""
    one_ends(t, acts.nothing)


LEFT_OUT = "Where does the client stop asking the first copy?"


def one_of_three(t: Trial, how: Act) -> None:
    first, *_ = t.steady(replicas=3)
    t.client(per_s=20)
    t.hold(2)
    t.act(how, first)
    t.left_out(within_s=ILL_S)


@scenario(asks=LEFT_OUT)
def one_ill(t: Trial) -> None:
    """One of three copies answers with errors from now on; a client asks all of them by their common name."""
    one_of_three(t, acts.unready)


@scenario(asks=LEFT_OUT)
def nobody_ill(t: Trial) -> None:
    """All three copies are well, and asked by their common name."""
    one_of_three(t, acts.nothing)


@scenario(asks=LEFT_OUT)
def remove_one(t: Trial) -> None:
    """A person removes one of three copies, which answers on while it ends."""
    one_of_three(t, acts.remove)


@lab.claim(
    "health-check-restart",
    blank=no_fault @ liveness,
    standard=crash @ liveness,
    given={"a livenessProbe": hang @ plain},
)
def restarted(hung: Trials = hang @ liveness) -> Verdict:
    back = hung.restored()
    return holds(f"a new container served after {back}", back_s=back.median_s) if back else fails("it hung on")


@lab.claim(
    "k8s-lb-only-healthy",
    blank=nobody_ill @ readiness,
    standard=remove_one @ pre_stop,
    given={"a readinessProbe": one_ill @ three},
)
def left_out(ill: Trials = one_ill @ readiness) -> Verdict:
    last = ill.left_out()
    if not last or not last.within(ILL_S):
        return fails(f"it kept getting requests for {last}" if last else "it kept getting requests")
    return holds(f"its last request came after {last}", last_s=last.median_s)


@lab.claim("asked-policy-heals-unhealthy", blank=no_fault @ compose, standard=crash @ compose)
def healed(hung: Trials = hang_unhealthy @ compose) -> Verdict:
    back = hung.restored()
    return holds(f"it was started anew after {back}", back_s=back.median_s) if back else fails("it hung on")


lab.show(hang @ service, one_ill @ compose_three)
