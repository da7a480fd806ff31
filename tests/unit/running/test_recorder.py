"""What a trial writes down on a site in memory: acts with their receipts, what is typed, looks, clients."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness import Arm, Number, acts, apply, cluster, command, engine, update
from harness.lab.open_site import Answer
from harness.model.entries import Acted, Copy
from harness.running.beside import Beside
from harness.running.recorder import PROOF_S
from tests.support.one_trial import ALWAYS, NEVER, THREE, Changed, recorded

POD = Arm("Pod", cluster, "pod.yaml")
DEPLOYMENT = Arm("Deployment", cluster, "deployment.yaml")


def acting(how, *, tried=False, replicas=1):
    def plays(t):
        first, *_ = t.steady(replicas=replicas)
        (t.tries if tried else t.act)(how, first)

    return plays


# -- acts


@pytest.mark.parametrize("arm", [ALWAYS, NEVER, POD], ids=lambda a: a.recipe)
@pytest.mark.parametrize(
    ("how", "shows"),
    [
        (acts.crash, {"died"}),
        (acts.exit_0, {"died"}),
        (acts.hang, {"silent"}),
        (acts.unready, {"refuses"}),
        (acts.nothing, {"answers"}),
        (acts.remove, {"died", "gone"}),
    ],
    ids=lambda v: getattr(v, "name", ""),
)
def test_an_act_is_proved_by_what_is_seen_of_its_victim(how, shows, arm):
    made = recorded(acting(how), arm)
    act = made.of(Acted)[-1]
    seen = {c.what for c in made.of(Copy) if c.id in act.victims and c.at_s >= act.sent_s}
    assert made.reason == ""
    assert (act.name, act.leaves, act.tried, act.proved, act.no) == (how.name, how.leaves, False, True, "")
    assert seen & shows
    assert act.sent_s <= act.done_s <= act.at_s


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("acts do nothing", acts.crash),
        ("acts do nothing", acts.hang),
        ("acts hit another copy", acts.crash),
        ("answers by another instance", acts.crash),
    ],
)
@pytest.mark.parametrize("tried", [False, True])
def test_an_act_without_its_effect_ends_the_trial(fault, how, tried):
    """Also one that may be refused: it was not."""
    made = recorded(acting(how, tried=tried, replicas=3), THREE, fault)
    assert made.reason == "no-receipt"
    assert not made.of(Acted)[-1].proved


def test_a_victim_that_made_way_for_another_copy_was_not_acted_upon():
    assert recorded(acting(acts.crash, replicas=3), THREE, "replaced before the act").reason == "no-receipt"


def test_its_effect_is_waited_for_only_so_long_and_told():
    made = recorded(acting(acts.crash), ALWAYS, "acts do nothing")
    act = made.of(Acted)[-1]
    assert act.at_s - act.done_s == pytest.approx(PROOF_S, abs=0.5)
    (missing, waited_s, allowed_s) = made.told[-1]
    assert missing.startswith("the effect on ")
    assert (waited_s, allowed_s) == (pytest.approx(PROOF_S, abs=0.6), PROOF_S)


def test_an_effect_that_comes_late_counts():
    made = recorded(acting(acts.crash), NEVER, "acts come late")
    assert made.reason == ""
    assert 20.0 <= made.of(Acted)[-1].at_s - made.of(Acted)[-1].sent_s <= 20.5


def test_an_act_that_leaves_a_copy_silent_is_not_proved_by_its_end():
    def hangs_and_dies(signal, copy, how):
        return signal(copy, "kill")

    how = replace(acts.kill, leaves="silent", name="make silent")
    made = recorded(acting(how), NEVER, change=lambda here: Changed(here, signal=hangs_and_dies))
    assert made.reason == "no-receipt"


@pytest.mark.parametrize("tried", [False, True])
def test_what_the_platform_refuses_is_told_and_ends_the_trial_unless_it_was_only_tried(tried):
    made = recorded(acting(acts.crash, tried=tried), ALWAYS, "acts are refused")
    act = made.of(Acted)[-1]
    assert (act.no, act.proved, act.tried) == ("refused", False, tried)
    assert made.reason == ("" if tried else "no-receipt")
    if tried:
        assert made.trials.refusal(acts.crash) == "refused"


def test_an_answer_that_is_lost_is_a_no_though_it_was_done():
    assert recorded(acting(acts.crash), ALWAYS, "acts go unanswered").reason == "no-receipt"


def test_several_victims_are_hit_one_after_the_other_and_all_have_to_show():
    def plays(t):
        t.act(acts.stop, *t.steady(replicas=3))

    made = recorded(plays, THREE)
    act = made.of(Acted)[-1]
    assert made.reason == ""
    assert len(act.victims) == 3
    assert {c.id for c in made.of(Copy) if c.what == "died"} == set(act.victims)


def test_a_node_on_which_there_is_nobody_ends_the_trial():
    def plays(t):
        t.steady(replicas=1)
        t.act(acts.stop_node, "worker9")

    made = recorded(plays, POD)
    assert str(made.timeline.wrong) == "not-steady: no copy on worker9"
    assert len(made.of(Acted)) == 1


def test_whoever_looks_on_is_told_before_each_act_but_the_first():
    before = []
    recorded(acting(acts.crash), ALWAYS, beside=Beside(before=before.append))
    assert before == ["crash"]


# -- what is typed


def test_a_command_is_written_down_as_it_was_typed_with_what_it_said():
    def plays(t):
        t.steady(replicas=1)
        t.tries(command("docker version"))
        t.tries(command("docker info"))

    made = recorded(plays, ALWAYS, commands={"docker version": "27.0", "docker info": ("denied", 1)})
    up, said, failed = made.of(Acted)
    assert up.typed == ALWAYS.commands()
    assert (said.typed, said.said, said.code, said.no, said.proved) == (("docker version",), "27.0", 0, "", True)
    assert (failed.typed, failed.code, failed.no, failed.proved) == (("docker info",), 1, "1: denied", False)


def test_a_command_that_has_to_work_ends_the_trial_where_it_fails():
    def plays(t):
        t.steady(replicas=1)
        t.act(command("docker info"))

    made = recorded(plays, ALWAYS, commands={"docker info": ("denied", 1)})
    assert str(made.timeline.wrong) == "no-receipt: docker info: 1: denied"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "compose.yaml").write_text("services:\n  web: {image: 'dk-labs/web:1', cpus: 0.1}\n")
    (tmp_path / "next.yaml").write_text(
        "# the next one\nservices:\n  web:\n    image: 'dk-labs/web:1'\n    environment: {VERSION: '2'}\n"
    )
    (tmp_path / "more.yaml").write_text("services:\n  more: {image: 'dk-labs/web:1'}\n")
    (tmp_path / "watch.sh").write_text("# watch\nwhile sleep 1; do\nn=0\ndone\n")
    return tmp_path


def test_the_files_that_were_applied_are_counted(folder):
    def plays(t):
        t.steady(replicas=1)
        t.act(update("next"))
        t.until(Number(1, version="2"), within_s=10)
        t.act(apply("more.yaml"))
        t.until(Number(2), within_s=10)

    made = recorded(plays, Arm("a", engine, "compose.yaml watch.sh", {"next": "next.yaml"}), folder=folder)
    assert made.reason == ""
    assert [(a.name, a.files, a.lines, a.objects, a.program) for a in made.of(Acted)] == [
        ("up", ("compose.yaml", "watch.sh"), 2, 1, 3),
        ("update to next", ("next.yaml",), 4, 1, 0),
        ("apply more.yaml", ("more.yaml",), 2, 1, 0),
    ]
    assert str(made.trials.cost()) == "4 commands, 4 files, 8 lines, 3 objects and 3 lines of program"


def test_an_act_of_a_lab_s_own_is_recorded_like_any_other():
    odd = acts.Act("odd", lambda to, copy: Answer(f"{copy.name} is odd", 200, ()), "")
    made = recorded(acting(odd), DEPLOYMENT)
    act = made.of(Acted)[-1]
    assert (act.name, act.proved) == ("odd", True)
    assert act.said.endswith("is odd")
