"""A lab as commands: every verb has one, bash can read them all, and each cell is in them once."""

from __future__ import annotations

import inspect
import shutil
import subprocess

import pytest

from harness import acts, catalog, typed
from harness.hands import hand
from harness.model.arm import Arm, Run
from harness.model.scenario import scenario
from harness.model.site import cluster, docker_host, engine, own_cluster, swarm
from harness.trial import Trial

NOT_VERBS = {"applied", "mark", "heard", "end_clients"}
"""What the runner says to a trial, not a scenario."""

SITES = {
    "run": Arm("here", engine, Run(copies=2)),
    "network": Arm("here", docker_host(), Run(copies=2, name="web", addresses=13)),
    "Compose": Arm("here", engine, "compose.yaml"),
    "stack": Arm("here", swarm(), "service.yaml"),
    "namespace": Arm("here", cluster, "deployment.yaml service.yaml"),
    "own": Arm("here", own_cluster(nodes=2), "deployment.yaml", at="worker"),
}


def verbs(of) -> dict[str, list[str]]:
    found = inspect.getmembers(of, lambda m: inspect.isfunction(m) and not m.__name__.startswith("_"))
    return {name: [p.kind.name for p in inspect.signature(how).parameters.values()] for name, how in found}


def test_every_verb_of_a_trial_can_be_typed_with_the_same_kinds_of_parameters():
    wanted = {name: kinds for name, kinds in verbs(Trial).items() if name not in NOT_VERBS}

    assert wanted
    assert {name: verbs(typed.Typist).get(name) for name in wanted} == wanted


def readable(script: str) -> str:
    """What bash has against it."""
    bash = shutil.which("bash") or pytest.skip("there is no bash")
    return subprocess.run([bash, "-n"], input=script, capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize("name", catalog.names())
def test_a_lab_is_a_script_that_bash_can_read_with_each_cell_once(name):
    lab = catalog.lab(name)
    script = "\n".join(typed.script(lab))

    assert readable(script) == ""
    told = [line for line in script.splitlines() if line.startswith("echo '== ")]
    assert [line.removeprefix("echo '== ").partition(", ")[0] for line in told] == [
        cell.cell.partition(", ")[0] for cell in lab.cells
    ]


@pytest.mark.parametrize("arm", SITES.values(), ids=list(SITES))
@pytest.mark.parametrize("how", [acts.crash, acts.remove, acts.hang])
def test_an_act_is_a_command_to_the_copy_on_every_kind_of_site(arm, how):
    @scenario
    def once(t):
        """Something is done to a copy."""
        first, *_ = t.steady(replicas=2)
        t.act(how, first)
        t.restored(within_s=8)

    lines = typed.commands(once @ arm)
    expected = {"crash": "ask POST '/crash?code=1'", "hang": "ask POST /hang", "remove": ("rm --force", "delete pod")}
    words = expected[how.__name__] if isinstance(expected[how.__name__], tuple) else (expected[how.__name__],)

    assert readable("\n".join(lines)) == ""
    assert sum('"${copies[0]}"' in line and any(word in line for word in words) for line in lines) == 1
    assert lines[-len(hand(arm).down) :] == list(hand(arm).down)


def test_files_that_are_added_are_named_with_the_first_ones_where_compose_would_drop_those():
    @scenario
    def more(t):
        """A file is added."""
        t.apply("more.yaml")

    (added,) = [line for line in typed.commands(more @ SITES["Compose"]) if "more.yaml" in line]
    (applied,) = [line for line in typed.commands(more @ SITES["namespace"]) if "more.yaml" in line]

    assert "--file compose.yaml --file more.yaml up" in added
    assert applied.endswith("apply --filename more.yaml")


def test_who_begins_with_nothing_is_not_brought_up_beforehand():
    @scenario(empty=True)
    def begin(t):
        """It is started."""
        t.start()

    up = hand(SITES["Compose"]).up

    assert [line for line in typed.commands(begin @ SITES["Compose"]) if line in up] == list(up)
