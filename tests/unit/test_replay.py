"""A recorded run shown again: in the order in which it happened, at its moments, with the same verdicts."""

from __future__ import annotations

import io
import json
import shutil

import pytest
from rich.console import Console

from harness import bench, catalog, journal, outcome
from harness.model.errors import Problem
from harness.replay import Film, Projector, moments
from harness.replay import wanted as counted
from tests.contract.fake import VirtualClock
from tests.unit import crashes
from tests.unit.crashes import away, back
from tests.unit.lines import end, entry, nothing_said, run, trial, wait, wanted
from tests.unit.replaying import KNOWN, Told, labs_of, lines_of, replayed

SMALL = catalog.FOLDER / "recorded" / "storage"


# -- moments -------------------------------------------------------------------------------------------------------


def order(*lines) -> list[float]:
    found = moments(lines)
    assert sorted(map(id, lines)) == sorted(id(m.line) for m in found)
    return [m.at_s for m in found]


def test_what_was_written_late_is_shown_when_it_happened():
    lines = [run(), trial(began_s=10.0), entry("act", "crash", 3.0), entry("request", "200", 1.0), end(at_s=4.0)]

    assert order(*lines) == [0.0, 10.0, 11.0, 13.0, 14.0]
    assert [m.line["what"] for m in moments(lines) if "what" in m.line] == ["200", "crash", "end"]


def test_trials_side_by_side_are_shown_side_by_side():
    lines = [trial("t001", began_s=1.0), trial("t002", began_s=2.0)]
    lines += [entry("note", f"{name}@{at}", at, trial=name) for name in ("t001", "t002") for at in (1.0, 3.0)]

    assert [m.line["what"] for m in moments(lines)[2:]] == ["t001@1.0", "t002@1.0", "t001@3.0", "t002@3.0"]


def test_lines_of_the_run_s_own_stand_at_its_time():
    opened = {"type": "site", "site": "cluster", "began_s": 2.0, "took_s": 4.0}

    assert order(opened, wanted(3, at_s=1.0), wait("a copy", at_s=5.5), trial(began_s=3.0)) == [1.0, 3.0, 5.5, 6.0]


def test_a_line_that_has_no_time_comes_after_those_before_it():
    lines = [trial(began_s=5.0), {"type": "trouble", "trial": "t001", "text": "x"}, entry("note", "note", 1.0)]

    assert order(*lines) == [5.0, 5.0, 6.0]
    assert order(trial(began_s=5.0), entry("note", "note", 2.0), {"type": "end", "how": "done"}) == [5.0, 7.0, 7.0]


def test_what_happened_at_once_keeps_its_order():
    lines = [trial(), *[entry("note", str(n), 1.0) for n in range(20)]]

    assert [m.line["what"] for m in moments(lines)[1:]] == [str(n) for n in range(20)]


# -- what was planned ---------------------------------------------------------------------------------------------


def test_of_a_journal_that_does_not_say_what_was_planned_it_is_counted():
    lines = [run(), trial("t001"), trial("t002", n=2), trial("t003", "hang @ web"), end("t001")]
    told, _ = replayed(lines)

    assert told.board.wanted == {("small", "crash @ web"): 2, ("small", "hang @ web"): 1}
    assert [line["type"] for _, line in told.lines[:3]] == ["wanted", "wanted", "run"]


def test_of_a_journal_that_says_what_was_planned_it_is_taken_from_there():
    told, _ = replayed([run(), wanted(5), trial(), end(), wanted(3, at_s=20.0)])

    assert told.board.total == 3
    assert [line["n"] for _, line in told.lines if line["type"] == "wanted"] == [5, 3]


def test_verdicts_are_told_by_what_was_planned_and_by_what_that_was_lowered_to():
    head, *rest = lines_of(SMALL)
    lines = [line for line in rest if line["type"] != "wanted"]
    planned = counted(lines)
    labs = labs_of(SMALL)
    before = [line for line, _ in replayed([head, *lines], labs)[0].findings.values()]
    more = [wanted(n + 2, cell, lab=lab) for (lab, cell), n in planned.items()]
    fewer = [wanted(n, cell, lab=lab, at_s=15.0) for (lab, cell), n in planned.items()]

    assert replayed([head, *more, *lines], labs)[0].findings == {}
    assert [line for line, _ in replayed([head, *more, *fewer, *lines], labs)[0].findings.values()] == before


@pytest.mark.parametrize("lines", [[entry("note", "x", trial="t9"), end("t9")], [trial(lab="unheard of"), end()]])
def test_trials_of_which_nothing_is_known_are_passed_over_as_when_it_is_judged(lines):
    told, _ = replayed([run(), *lines])

    assert told.findings == {}


def test_what_was_run_once_more_is_waited_for_and_told_in_between():
    def of(name: str, cell: str, timeline, began_s: float) -> list:
        cell = f"crash @ {cell}"
        entries = [
            {"type": "entry", "trial": name, "at_s": e.at_s, "kind": e.kind, "who": e.who, "what": e.what}
            | {"facts": dict(e.facts)}
            for e in timeline.entries
        ]
        return [trial(name, cell, n=1, began_s=began_s), *entries]

    lab = crashes.lab()
    short = of("t001", "tested", away(), 0.0)
    others = [line for n, c in ((2, "standard"), (3, "blank")) for line in of(f"t00{n}", c, back(4.0), 0.0)]
    again = {"type": "again", "at_s": 61.0, "lab": "small", "cell": "crash @ tested", "n": 1, "why": "too short"}
    more = [again, wanted(2, "crash @ tested", at_s=61.0), *of("t004", "tested", away(waited_s=15.1), 62.0)]
    planned = [wanted(1, f"crash @ {name}") for name in ("tested", "standard", "blank")]
    told, _ = replayed([run(), *planned, *short, *others, *more], [lab], known=crashes.KNOWN)

    ((line, finding),) = told.findings.values()
    assert (finding.verdict.grade, line["trial"]) == ("REFUTED", "t004")
    assert (61.0, "crash @ tested is run once more: too short") in told.board.news
    assert told.board.total == told.board.over == 4


# -- time ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0.5, 1.0, 8.0, 100.0])
def test_it_takes_as_long_as_it_did_divided_by_the_speed(speed):
    lines = lines_of(SMALL)
    told, clock = replayed(lines, labs_of(SMALL), speed=speed)
    last_s = moments(lines)[-1].at_s

    assert clock.now() - 1000.0 == pytest.approx(last_s / speed)
    happened = [m.at_s for m in moments(lines)]
    assert [at for at, _ in told.lines][-len(happened) :] == pytest.approx([at / speed for at in happened])


def test_showing_that_takes_its_time_is_made_up_for():
    lines = [trial(), *[entry("note", "x", float(n)) for n in range(1, 11)]]
    clock = VirtualClock()
    told = Told()
    take = told.take

    def slowly(line) -> None:
        clock.time += 0.9
        take(line)

    told.take = slowly
    Projector(clock, 1.0).play(Film(lines, (), KNOWN), told)

    assert clock.now() - 1000.0 == pytest.approx(10.9)


def test_without_a_speed_nobody_is_kept_waiting_and_each_moment_is_shown():
    lines = lines_of(SMALL)
    told, clock = replayed(lines, labs_of(SMALL))

    assert clock.now() == 1000.0
    assert told.shown == len({m.at_s for m in moments(lines)} - {0.0})


def test_the_projector_s_clock_is_that_of_the_recording():
    clock = VirtualClock()
    projector = Projector(clock, 20.0)
    clock.sleep(2.0)

    assert projector.now_s() == pytest.approx(40.0)


# -- as the command does it ----------------------------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A recorded run that can be damaged."""
    nothing_said(monkeypatch)
    shutil.copy(SMALL / journal.FILE, tmp_path)
    return tmp_path


def shown(folder) -> tuple[int, str]:
    file = io.StringIO()
    code = bench.replay(Console(file=file, width=200), folder, speed=20)
    return code, file.getvalue()


def test_where_no_picture_can_be_shown_it_is_shown_at_once_and_judged(copied):
    code, told = shown(copied)
    judged = io.StringIO()
    bench.judge(Console(file=judged, width=200), [copied])

    assert code == 0
    assert told.endswith(judged.getvalue())
    assert told.count("docker-volumes-persist: the article is right") == 1
    assert told.index("engine opened") < told.index("docker-volumes-persist: ")


def test_damage_in_the_middle_is_told_in_one_line_after_what_could_be_read(copied):
    text = (copied / journal.FILE).read_text().split("\n")
    at = next(n for n, line in enumerate(text) if '"kind": "act"' in line)
    (copied / journal.FILE).write_text("\n".join([*text[:at], "{damaged", *text[at + 1 :]]))
    code, told = shown(copied)

    assert code == outcome.COULD_NOT_RUN
    assert "engine opened" in told
    assert "everything removed" in told or "docker-volumes-persist" not in told
    assert f"line {at + 1}: JSONDecodeError" in told.splitlines()[-1]
    assert told.splitlines()[-1].startswith(f"Damaged, so nothing is judged: {journal.FILE}")


def test_a_last_line_that_was_cut_short_is_what_a_killed_run_leaves(copied):
    whole = (copied / journal.FILE).read_text()
    (copied / journal.FILE).write_text(whole[: whole.index('"what": "end"')])
    code, told = shown(copied)

    assert code == outcome.OPEN
    assert "docker-volumes-persist: " not in told
    assert "not settled" in told


def test_an_empty_journal_is_told_as_that(copied):
    (copied / journal.FILE).write_text("")

    with pytest.raises(Problem, match="does not say which run it is"):
        shown(copied)


def test_a_journal_without_its_head_is_shown_and_told_as_that(copied):
    (copied / journal.FILE).write_text("".join(json.dumps(line) + "\n" for line in (trial(), end())))
    code, told = shown(copied)

    assert code == outcome.COULD_NOT_RUN
    assert "does not say which run it is" in told.splitlines()[-1]
