"""Containers that belong together: what makes the verdicts open, and what turns one round."""

import shlex

import pytest

from harness.judging import catalog
from harness.model.verdict import NotShown
from labs import multicontainer
from tests.support.recorded import of, run

LAB = "multicontainer"
COMPOSE, PARTS, ONLY = (
    "compose-multi-container", "k8s-pods-deployments-replicasets", "docker-individual-containers-only",
)  # fmt: skip
SABOTAGES = {
    "the name server is stopped": {COMPOSE: "INCONCLUSIVE standard-failed"},
    "a Service's selector is wrong": {},
    "a copy answers for two": {COMPOSE: "INCONCLUSIVE did-not-come", PARTS: "INCONCLUSIVE standard-failed"},
    "updates do nothing": {PARTS: "INCONCLUSIVE did-not-come"},
    "a command fails": dict.fromkeys((COMPOSE, PARTS), "INCONCLUSIVE no-receipt"),
    "refuses every copy": dict.fromkeys((COMPOSE, PARTS, ONLY), "INCONCLUSIVE no-receipt"),
    "files are altered": dict.fromkeys((COMPOSE, PARTS, ONLY), "INCONCLUSIVE altered"),
    "looks fail for 8 s": dict.fromkeys((COMPOSE, PARTS), "INCONCLUSIVE blank-failed"),
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB).words(), of(LAB, fault).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]


def changes(text, *pairs):
    """A command's answer, as somebody has changed it."""

    def said(world, command):
        told, code = world.platform.typed(shlex.split(command), world.scope.manifests)
        for old, new in pairs:
            told = told.replace(old, new)
        return told, code

    return {text: said}


COMMANDS = [
    ({"docker compose --file docker-compose.yml down": ("Removed", 0)}, {COMPOSE: "REFUTED"}),
    ({"kubectl delete --filename three-deployments.yaml": ("deleted", 0)}, {}),
    (
        {"docker compose --file docker-compose.yml down": ("Removed", 0), "kubectl delete": ("deleted", 0)},
        {COMPOSE: "INCONCLUSIVE standard-failed", PARTS: "INCONCLUSIVE blank-failed"},
    ),
    ({"docker exec": ("Error response from daemon: it is paused", 1)}, {COMPOSE: "INCONCLUSIVE look-failed"}),
    ({"kubectl exec web": ("error: unable to upgrade connection", 1)}, {PARTS: "INCONCLUSIVE no-receipt"}),
    (changes("kubectl get deployments", ("true", "false")), {PARTS: "INCONCLUSIVE standard-failed"}),
    ({"kubectl get deployments": ("", 0)}, {PARTS: "INCONCLUSIVE look-failed"}),
]


@pytest.mark.parametrize(("commands", "shows"), COMMANDS, ids=[" and ".join(c) for c, _ in COMMANDS])
def test_a_command_that_lies_shows_in_the_verdicts(commands, shows):
    found = run(catalog.lab(LAB), commands=commands).words()
    assert {id_: word for id_, word in found.items() if word != of(LAB).word(id_)} == shows


@pytest.mark.parametrize("lag_s", [1.0, 3.0])
def test_looks_that_lag_change_nothing(lag_s):
    assert run(catalog.lab(LAB), lag_s=lag_s).words() == of(LAB).words()


def test_runs_find_each_other_as_well_but_take_a_command_each():
    verdict = multicontainer.one_file_is_enough(of(LAB).cell(multicontainer.up_ask_down @ multicontainer.own_network))
    assert str(verdict.grade) == "REFUTED"
    assert verdict.sentence.endswith("for 5 commands")


# -- who owns whom

DEPLOYMENT = "Deployment d <none> <none> <none> 2"
FIRST, SECOND = "ReplicaSet r1 d true <none> 1", "ReplicaSet r2 d true <none> 2"
OLD, NEW = "Pod p1 r1 true 1 <none>", "Pod p2 r2 true 2 <none>"


def amiss(*rows):
    return multicontainer.amiss("\n".join(rows))


@pytest.mark.parametrize("pods", [[NEW], [OLD], [OLD, NEW]])
def test_of_two_versions_each_has_its_replicaset_whether_or_not_it_has_pods(pods):
    assert amiss(DEPLOYMENT, FIRST, SECOND, *pods) == ""


@pytest.mark.parametrize(
    "rows",
    [
        [NEW.replace("r2 true", "<none> <none>")],
        [DEPLOYMENT, FIRST, SECOND, NEW.replace("r2", "d")],
        [DEPLOYMENT, FIRST, SECOND, NEW.replace("r2", "r1")],
        [DEPLOYMENT, FIRST, SECOND, NEW.replace("true", "false")],
        [DEPLOYMENT, FIRST, SECOND.replace("d true", "<none> <none>"), NEW],
        [FIRST, SECOND, NEW],
    ],
    ids=[
        "nobody's",
        "the Deployment's",
        "another version's",
        "not controlled",
        "a loose ReplicaSet's",
        "no Deployment",
    ],
)
def test_pods_that_are_not_owned_as_claimed(rows):
    assert amiss(*rows).startswith("some Pods have no ReplicaSet")


@pytest.mark.parametrize(
    ("rows", "versions"), [([SECOND], "2"), ([FIRST, FIRST.replace("r1", "r3"), SECOND], "1, 1, 2")]
)
def test_a_version_without_a_replicaset_or_with_two(rows, versions):
    assert amiss(DEPLOYMENT, *rows, NEW) == f"the Deployment owns ReplicaSets of versions {versions}"


def test_where_no_pods_are_seen_nothing_is_said_of_them():
    with pytest.raises(NotShown, match="no Pods"):
        amiss(DEPLOYMENT, FIRST, SECOND)
