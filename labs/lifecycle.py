"""A container begins, and a container ends. Does it happen in the order that was declared?"""

from harness import (
    Act, Answer, Arm, Copy, Ends, InOrder, Lab, Order, Target, Trial, Trials, Verdict, act, acts, cluster, engine,
    fails, holds, scenario,
)  # fmt: skip

lab = Lab(__doc__, __name__)

KILLED = 137  # 128 and the number of KILL
GRACE_S = 5.0
LATEST_S = 15.0  # an end is reported some seconds late where much goes on; with the default grace it would be 30 s

init = Arm("Pod with two init steps", cluster, "pod-init.yaml")
beside = Arm("Pod with the steps side by side", cluster, "pod-side-by-side.yaml")
completed = Arm("Compose, each step completed before the next", engine, "compose-completed.yaml")

HEEDS = "whether it heeds TERM is the question"
deaf = Arm("Pod deaf to TERM", cluster, "pod-deaf.yaml", differs=HEEDS)
obeys = Arm("Pod that obeys TERM", cluster, "pod-obeys.yaml", differs=HEEDS)
graceless = Arm("Pod deaf to TERM, no grace in its file", cluster, "pod-deaf-default.yaml", differs=HEEDS)
RUN = "docker run --name web --detach --env ON_TERM=ignore --cpus 0.1 dk-labs/web:1"
run = Arm("run, deaf to TERM", engine, RUN, differs=HEEDS)

START = (
    ("first step begins",), ("first step ends",), ("second step begins",), ("second step ends",),
    ("web start", "hook runs"),
)  # fmt: skip
TERM = ("web ignores SIGTERM",)
END = ("preStop hook begins",), ("preStop hook ends",), TERM


@act(leaves="ended")
def delete_the_pod(to: Target, _: Copy) -> Answer:
    return to.types("kubectl delete pod web --wait=false")


@act(leaves="ended")
def delete_the_pod_within_5_s(to: Target, _: Copy) -> Answer:
    return to.types("kubectl delete pod web --wait=false --grace-period=5")


@act(leaves="ended")
def stop_it_within_5_s(to: Target, _: Copy) -> Answer:
    return to.types("docker stop --time 5 web")


def end(t: Trial, how: Act, *stages: tuple[str, ...]) -> None:
    (one,) = t.steady(replicas=1)
    t.act(acts.listen)
    t.act(how, one)
    t.watch(InOrder(stages), within_s=7)
    t.watch(Ends(KILLED), within_s=7, timer_s=GRACE_S)


@scenario(asks="Where do the steps run one by one?")
def start(t: Trial) -> None:
    """It is brought up; what its containers write tells in which order they ran."""
    t.steady(replicas=1)
    t.act(acts.listen)
    t.watch(InOrder(START), within_s=5)


@scenario(asks="Which program is killed?")
def delete(t: Trial) -> None:
    """The Pod is deleted; what it writes tells what it got, and how it ended."""
    end(t, delete_the_pod, *END)


@scenario(asks="Which program is killed?")
def delete_with_5_s_given(t: Trial) -> None:
    """The Pod is deleted with a grace period of 5 s on the command line."""
    end(t, delete_the_pod_within_5_s, *END)


@scenario(asks="Which program is killed?")
def stop(t: Trial) -> None:
    """The container is stopped, and given 5 s."""
    end(t, stop_it_within_5_s, TERM)


ID = "k8s-manages-lifecycle"


@lab.claim(ID, part="a", tested=start @ init, blank=start @ beside, standard=start @ completed)
def starts_in_order(started: Trials) -> Verdict:
    order, *_ = started.each(Order(START))
    return holds(f"in this order: {order}") if started.answer(InOrder(START)) else fails(f"not as declared: {order}")


@lab.claim(ID, part="b", tested=delete @ deaf, blank=delete @ obeys, standard=delete_with_5_s_given @ graceless)
def ends_in_order(deleted: Trials) -> Verdict:
    ended, killed = deleted.answer(Ends()), deleted.answer(Ends(KILLED))
    order, *_ = deleted.each(Order(END))
    if killed is None:
        return fails(f"nothing killed it: it ended by itself after {ended}")
    if not deleted.answer(InOrder(END)):
        return fails(f"killed after {killed}, but not as declared: {order}")
    in_time = killed.within(LATEST_S) and not killed.within(GRACE_S)
    judged = holds if in_time else fails
    told = f"{order}, and killed {killed} after it was deleted, with a grace of {GRACE_S:g} s (by default 30 s)"
    return judged(told, killed_s=killed.median_s)


lab.show(stop @ run)
