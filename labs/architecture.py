"""Kubernetes has parts. What stops working when one of them is taken away?"""

from harness import Arm, Lab, Trial, Trials, Verdict, fails, holds, own_cluster, scenario

lab = Lab(__doc__)

two_nodes = own_cluster(nodes=2)
FILES = "deployment.yaml service-old.yaml"
worker = Arm("a node without kube-proxy", two_nodes, FILES, at="worker")
other = Arm("another node", two_nodes, FILES, at="control-plane")

REACH_S = 20.0  # a new Service takes up to 3 s where kube-proxy is at work


def ask_old_and_new(t: Trial, new: str) -> None:
    t.steady(replicas=2)
    t.reach("old", within_s=REACH_S)
    t.take_away("kube-proxy", of="worker")
    t.apply(new)
    t.reach("old", within_s=REACH_S)
    t.reach("new", within_s=REACH_S)


@scenario(asks="From where does the new Service answer?")
def ask_both(t: Trial) -> None:
    """kube-proxy is taken from the worker, then a Service is added: from the arm's node, which one answers?"""
    ask_old_and_new(t, "service-new.yaml")


@scenario(asks="From where does the new Service answer?")
def ask_both_one_empty(t: Trial) -> None:
    """The same, but behind the new Service there is no Pod."""
    ask_old_and_new(t, "service-nowhere.yaml")


@lab.claim("kube-proxy-role", blank=ask_both @ other, standard=ask_both_one_empty @ other)
def old_only(asked: Trials = ask_both @ worker) -> Verdict:
    old, new = asked.reached("old"), asked.reached("new")
    if old and not new:
        return holds(f"the old Service answered after {old}, the new one did not")
    return fails("both answered" if old else "not even the old Service answered")
