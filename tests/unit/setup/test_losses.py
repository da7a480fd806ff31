"""What goes with a cluster and is not only ours: what is named, who is asked, and what is mended instead."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness.commands.consent import consent
from harness.model.errors import Problem
from harness.setup.cluster import losses, mend
from harness.setup.cluster.kube import Refused
from harness.setup.cluster.losses import Loss
from harness.setup.life import Living

RUN = Living("0101-ab", "dk-labs", "labs run storage", "process 7 of ada on vm")
MINE = Loss("dk-labs", "DNS is silent", namespaces=("mine",))


def items(*names: str, **labels: dict[str, str]) -> dict[str, object]:
    every = [{"metadata": {"name": name}} for name in names]
    return {"items": [*every, *({"metadata": {"name": n, "labels": of}} for n, of in labels.items())]}


class Server:
    """An API server that knows these lists; of every other there is nothing."""

    def __init__(self, **lists: object) -> None:
        self.lists = lists

    def get(self, path: str) -> object:
        found = self.lists.get(path.rpartition("/")[2], items())
        if isinstance(found, Exception):
            raise found
        return found


FRESH = {
    "namespaces": items("default", "dk-labs", "kube-node-lease", "kube-public", "kube-system", "local-path-storage"),
    "services": items("kubernetes"),
    "configmaps": items("kube-root-ca.crt"),
}


def test_in_a_fresh_cluster_there_is_nothing_of_anybodys():
    assert losses.peoples(Server(**FRESH).get) == ()


def test_namespaces_that_no_run_owns_are_found_those_of_runs_and_exercises_apart():
    there = items("yours", "default", run={"dk-labs.run": "0101-ab"}, lesson={"dk-labs": "exercise"})
    assert losses.peoples(Server(**FRESH | {"namespaces": there}).get) == ("lesson", "yours")


def test_what_people_put_into_the_default_namespace_counts():
    server = Server(**FRESH | {"deployments": items("web"), "services": items("kubernetes", "web")})
    assert losses.peoples(server.get) == ("default (deployments, services)",)


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (Loss("dk-labs"), ""),
        (MINE, "it is of no use any more (DNS is silent); namespace mine, which no run owns, would go with it"),
        (Loss("dk-labs", namespaces=("a", "b")), "namespaces a, b, which no run owns, would go with it"),
        (Loss("dk-labs", runs=(RUN,)), f"{RUN} uses it at this moment"),
        (Loss("dk-labs", runs=(RUN, RUN)), f"{RUN}, {RUN} use it at this moment"),
        (Loss("dk-labs", unseen=True), "what people have in it cannot be seen, and would go with it"),
    ],
)  # fmt: skip
def test_a_loss_says_what_it_is(loss, told):
    assert str(loss) == told


def test_a_cluster_of_no_use_in_which_nothing_is_goes_without_a_question():
    assert not Loss("dk-labs", "it was made of something else")
    losses.refuse(Loss("dk-labs", "it was made of something else"))
    consent(Console(file=io.StringIO()), "labs up", yes=False, ask=lambda _: pytest.fail("asked"))(Loss("dk-labs"))


def test_where_nobody_can_be_asked_it_is_refused_with_what_to_type():
    with pytest.raises(Problem) as told:
        consent(Console(file=io.StringIO()), "labs down", yes=False)(Loss("dk-labs", runs=(RUN,)))
    assert str(told.value) == (
        "Removing cluster dk-labs: run 0101-ab (labs run storage, process 7 of ada on vm) uses it at this moment. "
        "Try: labs down --yes, if that may go"
    )


def test_who_is_asked_may_say_yes():
    asked = []

    def ask(question: str) -> str:
        asked.append(question)
        return "y"

    consent(Console(file=io.StringIO()), "labs up", yes=False, ask=ask)(MINE)
    assert "namespace mine" in asked[0]


@pytest.mark.parametrize("answer", ["", "n", "what?"])
def test_anything_else_is_a_no(answer):
    with pytest.raises(Problem, match="you said no"):
        consent(Console(file=io.StringIO()), "labs up", yes=False, ask=lambda _: answer)(MINE)


def test_what_was_said_beforehand_is_not_asked_but_told():
    told = io.StringIO()
    consent(Console(file=told, width=200), "labs up", yes=True, ask=lambda _: pytest.fail("asked"))(MINE)
    assert "namespace mine" in told.getvalue()


def part(name: str, *, wanted: int = 1, ready: int = 1) -> dict[str, object]:
    return {"metadata": {"name": name}, "spec": {"replicas": wanted}, "status": {"readyReplicas": ready}}


DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}
SOUND = {
    "deployments": {"items": [part(name) for name in ("coredns", "metrics-server", "local-path-provisioner")]},
    "storageclasses": {"items": [{"metadata": {"name": "standard", "annotations": DEFAULT}}]},
    "nodes": items("dk-labs-control-plane"),
}


def parts(*changed: dict[str, object], without: str = "") -> dict[str, object]:
    every = {d["metadata"]["name"]: d for d in (*SOUND["deployments"]["items"], *changed)}
    return SOUND | {"deployments": {"items": [d for name, d in every.items() if name != without]}}


@pytest.mark.parametrize(
    ("there", "wanting"),
    [
        (SOUND, {}),
        (parts(part("coredns", wanted=0, ready=0)), {"coredns": mend.AT_ZERO}),
        (parts(without="metrics-server"), {"metrics-server": "it is gone"}),
        (parts(part("coredns", ready=0)), {"coredns": "none of its Pods is ready"}),
        (SOUND | {"storageclasses": items()}, {"local-path-provisioner": "the default StorageClass is gone"}),
        (SOUND | {"nodes": Refused("no such API", 404)}, {"metrics-server": "its figures are missing"}),
    ],
)
def test_what_is_wanting_of_the_parts_is_found(there, wanting):
    assert mend.wanting(Server(**there)) == wanting
