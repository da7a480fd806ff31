"""Kubernetes has parts. What stops working when one of them is taken away?"""

from harness import (
    Answers, Arm, Lab, Trial, Trials, Verdict, apply, fact, fails, holds, own_cluster, reach, scenario,
    take_away,
)  # fmt: skip

lab = Lab(__doc__, __name__)

nodes = own_cluster(nodes=3)
FILES = "deployment.yaml service-old.yaml"
worker = Arm("a node without kube-proxy", nodes, FILES, at="worker")
other = Arm("another node", nodes, FILES, at="control-plane")

OLD, NEW = Answers(reach("old")), Answers(reach("new"))
proxies = fact(
    "the number of nodes with kube-proxy",
    "kubectl get daemonset kube-proxy --namespace kube-system --output jsonpath={.status.currentNumberScheduled}",
)
REACH_S = 20.0  # a new Service takes up to 3 s where kube-proxy is at work


def ask_old_and_new(t: Trial, new: str) -> None:
    t.steady(replicas=2)
    t.until(OLD, within_s=REACH_S)
    t.act(take_away("kube-proxy", of="worker"))
    t.until(proxies.becomes("2"), within_s=30)
    t.act(apply(new))
    t.watch(OLD, within_s=REACH_S)
    t.watch(NEW, within_s=REACH_S)


@scenario(round="kube-proxy is taken away", at_once=True, trials=2, asks="From where does the new Service answer?")
def ask_both(t: Trial) -> None:
    """kube-proxy is taken from the worker, then a Service is added: from the arm's node, which one answers?"""
    ask_old_and_new(t, "service-new.yaml")


@scenario(round="kube-proxy is taken away", at_once=True, trials=2, asks="From where does the new Service answer?")
def ask_both_one_empty(t: Trial) -> None:
    """The same, but behind the new Service there is no Pod."""
    ask_old_and_new(t, "service-nowhere.yaml")


@lab.claim("kube-proxy-role", blank=ask_both @ other, standard=ask_both_one_empty @ other)
def old_only(asked: Trials = ask_both @ worker) -> Verdict:
    old, new = asked.answer(OLD), asked.answer(NEW)
    if old and not new:
        return holds(f"the old Service answered after {old}, the new one did not")
    return fails("both answered" if old else "not even the old Service answered")
