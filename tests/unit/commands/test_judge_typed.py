"""Recorded runs, sound and odd ones, handed to the commands as a person types them: what is told, and exit codes."""

from __future__ import annotations

import json

import pytest

from harness import journal
from harness.commands import outputs
from harness.judging import catalog
from harness.model.lines import SCHEMA
from tests.support import recorded
from tests.support.cli import labs
from tests.support.folders import changed, folder, saying, text, written
from tests.support.own_labs import own_labs

STORAGE = "docker-volumes-persist"
EACH = [("judge",), ("explain", STORAGE), ("replay",), ("compare", ".")]
"""Commands that are handed a run's folder as the last argument."""


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """A working folder without runs."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv(outputs.SUMMARY, raising=False)


def judged(of):
    """The verdicts that `labs judge` finds there, and its exit code."""
    told = labs("judge", str(of), "--json", "-")
    return {c["id"]: (c["verdict"], c["reason"]) for c in json.loads(told.out)["claims"]}, told


# -- judge


def test_what_is_as_expected_is_0_and_told_in_the_readers_words():
    told = labs("judge", str(folder("storage")))
    assert (told.code, told.out) == (0, "")
    assert f"{STORAGE}                  the article is right  (as expected)" in told.err
    assert "Nothing was left behind. Recorded in " in told.err


def test_what_is_open_is_3(tmp_path):
    lost = changed(tmp_path / "r", lambda t: t.replace('"kind": "Told"', '"kind": "Told", "no": "timeout"'))
    verdicts, told = judged(lost)
    assert told.code == 3
    assert verdicts[STORAGE][0] == "INCONCLUSIVE"


def lost(journal_text):
    """What was written to the named volume is gone."""
    lines = [json.loads(line) for line in journal_text.splitlines()]
    hit = {one["trial"] for one in lines if one["kind"] == "Planned" and "named volume" in one["cell"]}
    for one in lines:
        if one["kind"] == "Told" and one["trial"] in hit:
            one["said"] = "none"
    return "".join(json.dumps(one) + "\n" for one in lines)


def test_what_differs_is_1(tmp_path):
    told = labs("judge", str(changed(tmp_path / "r", lost)))
    assert told.code == 1
    assert f"{STORAGE}                  the article is wrong  (surprising" in told.err


def test_what_is_left_behind_is_6(tmp_path):
    left = changed(
        tmp_path / "r", lambda t: t.replace('"kind": "Over",', '"kind": "Over", "left": ["network dkl-1"],')
    )
    told = labs("judge", str(left))
    assert told.code == 6
    assert "Left behind: network dkl-1." in told.err


def test_several_runs_are_taken_together_and_one_that_is_named_twice_counts_once():
    one, other = str(folder("storage")), str(folder("networking"))
    both = json.loads(labs("judge", one, other, one, "--json", "-").out)
    assert {c["id"] for c in both["claims"]} == {STORAGE, "docker-network-needs-config"}
    alone = json.loads(labs("judge", one, one, "--json", "-").out)
    assert [c["verdict"] for c in alone["claims"]] == ["CONFIRMED"]


def test_two_runs_of_one_lab_are_judged_together():
    again = recorded.run(catalog.lab("storage"), seed=3)
    told = labs("judge", str(folder("storage")), str(again.folder), "--json", "-")
    assert [c["verdict"] for c in json.loads(told.out)["claims"]] == ["CONFIRMED"]
    assert told.code == 0


RARE = '''
"""What can this host not do?"""

from harness import Arm, Lab, Trials, Verdict, engine, holds, scenario

lab = Lab(__doc__, __name__)
rare = Arm("rare", engine, "docker run --detach dk-labs/web:1", lacks="swap accounting")


@scenario
def look(t):
    """It is looked at."""


@lab.claim("needs-swap", blank=look @ rare, standard=look @ rare)
def works(looked: Trials = look @ rare) -> Verdict:
    return holds("it works")
'''
CLAIM = """
[[claim]]
id = "needs-swap"
lab = "rare"
topic = "memory"
sources = ["S1 table, row Memory: swap"]
sentence = "It needs swap."
expected = "CONFIRMED"
why = "It says so."
"""


@pytest.fixture
def lacking(tmp_path, monkeypatch):
    """A run on a host that could not try what its lab needs."""
    for write in own_labs(tmp_path, monkeypatch):
        write(rare=RARE)
        (tmp_path / "claims.toml").write_text(CLAIM)
        monkeypatch.setattr(catalog, "REGISTER", tmp_path / "claims.toml")
        head = text_of_run(labs=["rare"], lacking=["swap accounting"])
        yield written(tmp_path / "r", head)


def text_of_run(**facts):
    line = {"kind": "Run", "schema": SCHEMA, "run": "run-1", "facts": facts}
    return json.dumps(line) + "\n"


def test_what_this_host_cannot_try_is_no_pass_unless_it_is_allowed_by_name(lacking):
    told = labs("judge", str(lacking))
    assert told.code == 1
    assert "this host lacks swap accounting" in told.err
    assert labs("judge", str(lacking), "--allow-unavailable", "another").code == 1
    assert labs("judge", str(lacking), "--allow-unavailable", "needs-swap").code == 0


def test_what_it_could_try_and_did_not_is_open_whatever_is_allowed(tmp_path):
    none = written(tmp_path / "r", text_of_run(labs=["storage"]))
    told = labs("judge", str(none), "--allow-unavailable", STORAGE)
    assert told.code == 3


# -- runs that are odd


@pytest.mark.parametrize("facts", [{"lacking": 7}, {"lacking": "swap"}, {"lacking": {"swap": 1}}, {"lacking": [1]}])
def test_a_run_that_does_not_say_properly_what_its_host_lacks_is_judged_as_if_it_lacked_nothing(tmp_path, facts):
    odd = written(tmp_path / "r", saying(text("storage"), **facts))
    verdicts, told = judged(odd)
    assert (verdicts[STORAGE][0], told.code) == ("CONFIRMED", 0)
    assert labs("explain", STORAGE, str(odd)).code == 0


@pytest.mark.parametrize("names", [7, "storage", None, [1], []])
def test_a_run_that_does_not_say_its_labs_has_those_that_it_recorded(tmp_path, names):
    odd = written(tmp_path / "r", saying(text("storage"), labs=names))
    assert judged(odd)[0][STORAGE][0] == "CONFIRMED"


def test_a_run_of_no_lab_at_all_is_told(tmp_path):
    none = written(tmp_path / "r", text_of_run(labs=7))
    told = labs("judge", str(none))
    assert told.code == 4
    assert told.err.endswith("it names no lab, and no lab's trials are in it. Try: another run: ls runs/\n")


def test_a_run_of_a_lab_that_is_gone_is_told(tmp_path):
    other = written(tmp_path / "r", saying(text("storage"), labs=["yesterday"]))
    told = labs("judge", str(other))
    assert (told.code, told.err.count("\n")) == (4, 1)
    assert "Looking for lab 'yesterday'" in told.err


def newer(journal_text):
    return journal_text.replace(SCHEMA, "labs.journal/9")


@pytest.mark.parametrize("command", [("judge",), ("compare", ".")], ids=lambda c: c[0])
def test_a_run_of_a_newer_version_is_called_that_and_not_damaged(tmp_path, command):
    run = changed(tmp_path / "r", newer)
    arguments = ("compare", str(run), str(run)) if command[0] == "compare" else (*command, str(run))
    told = labs(*arguments)
    assert told.code == 4
    assert "schema labs.journal/9" in told.err
    assert "the version of labs that recorded it" in told.err
    assert "amaged" not in told.err


@pytest.mark.parametrize("command", [("explain", STORAGE), ("replay",)], ids=lambda c: c[0])
def test_also_where_the_rest_of_it_is_shown(tmp_path, command):
    told = labs(*command, str(changed(tmp_path / "r", newer)))
    assert told.code == 4
    assert "schema labs.journal/9" in told.out + told.err
    assert "amaged" not in told.out + told.err


@pytest.mark.parametrize("command", EACH, ids=lambda c: c[0])
def test_a_folder_without_a_run_is_told(command):
    told = labs(*command, "nowhere")
    assert told.code == 4
    assert "No such file or directory" in told.err


def test_of_a_damaged_run_nothing_is_judged(tmp_path):
    odd = changed(tmp_path / "r", lambda t: t.replace('"kind": "Acted"', '"kind": "Acted', 1))
    told = labs("judge", str(odd))
    assert told.code == 4
    assert f"{journal.FILE}, line " in told.err
    told = labs("explain", STORAGE, str(odd))
    assert told.code == 0
    assert "Damaged, so nothing is judged: " in told.out
    assert "CONFIRMED" not in told.out.replace("expected   CONFIRMED", "")
    assert labs("replay", str(odd)).code == 4


# -- replay


def test_a_recorded_run_is_shown_as_it_went_and_judged():
    told = labs("replay", str(folder("storage")))
    assert told.code == 0
    assert "the article is right  (as expected)" in told.err
