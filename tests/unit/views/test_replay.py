"""A recorded run shown again: in the order in which it was written, at its moments, with the same verdicts."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness import Arm, Lab, Trial, cluster, fails, holds, scenario
from harness.journal import FILE, Recording, recorded, salvaged
from harness.judging import catalog, register
from harness.lab import acts
from harness.lab.cell import Trials
from harness.model.entries import Planned, Told
from harness.model.lines import Fewer, Over
from harness.model.verdict import Verdict
from harness.views.board import Board
from harness.views.replay import Film, Projector, moments
from harness.views.show import Show
from tests.support.fake import VirtualClock
from tests.support.lines import (
    acted,
    began,
    ended,
    fewer,
    flat,
    looked,
    opened,
    over,
    planned,
    request,
    run,
    told,
    trial,
    trouble,
    waits,
)  # fmt: skip
from tests.support.recorded import run as run_lab

KNOWN = register.load(catalog.REGISTER)
CLAIM = "k8s-restarts-failed-containers"

lab = Lab("Does it come back?", "labs.selfhealing")


@scenario
def crash(t: Trial) -> None:
    """It crashes."""
    t.act(acts.crash, *t.steady(replicas=1))
    t.restored(within_s=5)


@scenario
def remove(t: Trial) -> None:
    """It is removed."""
    t.act(acts.remove, *t.steady(replicas=1))
    t.restored(within_s=5)


pod_never = Arm("Pod, restartPolicy Never", cluster, "pod-never.yaml")
deployment = Arm("Deployment", cluster, "deployment.yaml")


@lab.claim(CLAIM, blank=crash @ pod_never, standard=remove @ deployment)
def comes_back(crashed: Trials = crash @ deployment) -> Verdict:
    back = crashed.restored()
    return holds(f"back after {back}") if back else fails("it stayed away")


class Heard:
    """Takes what a show takes, and keeps when it did."""

    def __init__(self, now=lambda: 0.0) -> None:
        self.board, self._now = Board(), now
        self.lines, self.shown = [], 0
        self.findings = {}

    def hear(self, trial, one) -> None:
        self.board.hear(trial, one)
        self.lines.append((self._now(), trial, one))

    def verdict(self, finding) -> None:
        assert finding.id not in self.findings
        self.findings[finding.id] = (self.lines[-1], finding)

    def now(self) -> None:
        self.shown += 1


def recording(*lines) -> Recording:
    return Recording("run-1", {"labs": ["selfhealing"]}, flat(lines))


def replayed(made: Recording, labs=(), *, speed: float = 0.0):
    clock = VirtualClock()
    heard = Heard(lambda: clock.now() - 1000.0)
    Projector(clock, speed).play(Film(made, labs, KNOWN), heard)
    return heard, clock


@pytest.fixture(scope="module")
def bench():
    return run_lab(lab, "one restart is slow", trials=2)


# -- moments -------------------------------------------------------------------------------------------------------


def order(*lines) -> list[float]:
    lines = flat(lines)
    found = moments(lines)
    assert [(m.trial, m.one) for m in found] == lines
    return [m.at_s for m in found]


def test_lines_are_shown_in_the_order_in_which_they_were_written_none_before_its_time():
    lines = [run(), trial(began_s=10.0), acted("crash", 3.0), request(1.0), ended(at_s=4.0)]

    assert order(*lines) == [0.0, 0.0, 10.0, 13.0, 13.0, 14.0]


def test_trials_side_by_side_are_shown_side_by_side():
    lines = [trial("t001", began_s=1.0), trial("t002", began_s=2.0)]
    lines += [looked(at, trial=name) for at in (1.5, 3.0) for name in ("t001", "t002")]

    assert order(*lines)[4:] == [2.5, 3.5, 4.0, 5.0]


def test_lines_of_the_run_s_own_stand_at_its_time_also_where_they_name_a_trial():
    lines = [opened(at_s=2.0), trial(began_s=3.0), waits("a copy", at_s=5.5), fewer(3, at_s=6.0)]

    assert order(*lines) == [2.0, 2.0, 3.0, 5.5, 6.0]


def test_a_line_that_does_not_say_when_comes_with_those_before_it():
    lines = [trial(began_s=5.0), looked(1.0), trouble("x", trial="t001"), planned("t002", rerun=True), looked(2.0)]

    assert order(*lines) == [0.0, 5.0, 6.0, 6.0, 6.0, 7.0]


def test_of_a_trial_that_nobody_planned_the_lines_are_shown_as_they_come():
    assert order(run(), looked(3.0, trial="t9"), began("t8", 4.0)) == [0.0, 3.0, 4.0]


# -- the same program as a live run ---------------------------------------------------------------------------------


def test_a_run_that_is_replayed_tells_the_same_verdicts_after_the_same_lines(bench):
    made = recorded(bench.folder)
    heard, _ = replayed(made, [lab])

    assert list(heard.findings) == bench.told == [CLAIM]
    assert heard.findings[CLAIM][1].verdict == bench.verdicts[CLAIM]
    assert [(trial, one) for _, trial, one in heard.lines] == bench.lines


def test_it_looks_at_each_moment_as_it_did_live(bench):
    live, again = Board(), Board()
    film = Film(recorded(bench.folder), [lab], KNOWN)
    for (name, one), moment in zip(bench.lines, film.moments, strict=True):
        live.hear(name, one)
        again.hear(moment.trial, moment.one)
        assert (again.lanes, again.now_s, again.total, again.over) == (live.lanes, live.now_s, live.total, live.over)

    assert again.over == again.total > 0


def test_a_verdict_is_told_as_soon_as_it_was_decided_and_not_only_at_the_end(bench):
    heard, _ = replayed(recorded(bench.folder), [lab])
    ((_, _, last), _) = heard.findings[CLAIM]

    assert type(last).__name__ == "Ended"


def test_what_was_run_once_more_is_waited_for(monkeypatch):
    slow = run_lab(lab, "a look takes long", trials=1)
    heard, _ = replayed(recorded(slow.folder), [lab])

    assert any(isinstance(one, Planned) and one.rerun for _, _, one in heard.lines)
    assert any("is run once more" in str(what) for _, what in heard.board.news)
    assert heard.findings[CLAIM][1].verdict == slow.verdicts[CLAIM]
    assert heard.board.total == heard.board.over


def test_fewer_trials_than_planned_are_waited_for_no_longer():
    many = run_lab(lab, trials=5)
    heard, _ = replayed(recorded(many.folder), [lab])
    at = next(n for n, (_, _, one) in enumerate(heard.lines) if isinstance(one, Fewer))

    assert 0 < at < len(heard.lines)
    assert heard.findings[CLAIM][1].verdict == many.verdicts[CLAIM]
    assert heard.board.total == heard.board.over


def test_what_cannot_be_settled_is_told_when_the_run_is_over():
    broken = run_lab(lab, "nothing comes back", trials=1)
    heard, _ = replayed(recorded(broken.folder), [lab])

    assert list(heard.findings) == broken.told == [CLAIM]
    assert heard.findings[CLAIM][1].verdict.grade == "INCONCLUSIVE"


def test_a_run_for_some_claims_alone_tells_no_others(bench):
    made = recorded(bench.folder)
    made.facts["only"] = ["another"]

    assert replayed(made, [lab])[0].findings == {}


def test_nothing_is_judged_by_lines_that_contradict_each_other(bench):
    made = recorded(bench.folder)
    first = next(line for line in made.lines if isinstance(line[1], Planned))
    made.lines.insert(2, first)

    assert replayed(made, [lab])[0].findings == {}


@pytest.mark.parametrize("lines", [[told("x", trial="t9"), ended("t9")], [trial(lab="unheard of"), ended()]])
def test_trials_of_which_nothing_is_known_are_passed_over_as_when_it_is_judged(lines):
    heard, _ = replayed(recording(run(), *lines))

    assert heard.findings == {}
    assert any(isinstance(one, Told) or one for _, _, one in heard.lines)


# -- time ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0.5, 1.0, 8.0, 100.0])
def test_it_takes_as_long_as_it_did_divided_by_the_speed(bench, speed):
    made = recorded(bench.folder)
    heard, clock = replayed(made, [lab], speed=speed)
    happened = [m.at_s for m in moments(made.lines)]

    assert clock.now() - 1000.0 == pytest.approx(happened[-1] / speed)
    assert [at for at, _, _ in heard.lines] == pytest.approx([at / speed for at in happened])


def test_showing_that_takes_its_time_is_made_up_for():
    lines = [*trial(), *[looked(float(n)) for n in range(1, 11)]]
    clock = VirtualClock()
    heard = Heard()
    hear = heard.hear

    def slowly(name, one) -> None:
        clock.sleep(0.9)
        hear(name, one)

    heard.hear = slowly
    Projector(clock, 1.0).play(Film(recording(*lines), (), KNOWN), heard)

    assert clock.now() - 1000.0 == pytest.approx(10.9)


def test_without_a_speed_nobody_is_kept_waiting_and_each_moment_is_shown(bench):
    made = recorded(bench.folder)
    heard, clock = replayed(made, [lab])

    assert clock.now() == 1000.0
    assert heard.shown == len({m.at_s for m in moments(made.lines)} - {0.0})


def test_the_projector_s_clock_is_that_of_the_recording():
    clock = VirtualClock()
    projector = Projector(clock, 20.0)
    clock.sleep(2.0)

    assert projector.now_s() == pytest.approx(40.0)


# -- where nothing moves, and where something is damaged ------------------------------------------------------------


def plainly(made: Recording, labs=()) -> list[str]:
    file = io.StringIO()
    projector = Projector(VirtualClock(), 0)
    with Show(Console(file=file, width=200), projector.now_s, by_itself=False) as show:
        projector.play(Film(made, labs, KNOWN), show)
    return file.getvalue().splitlines()


def test_in_a_file_it_is_told_in_plain_lines_at_their_times(bench):
    said = plainly(recorded(bench.folder), [lab])

    assert said[0].startswith("    0.0 s  run ")
    assert said[1].strip().startswith("0.3 s  cluster opened in")
    assert sum(f"{CLAIM}: the article is right" in line for line in said) == 1
    assert said[-1].endswith("everything removed in 0.0 s")
    assert [float(line.split()[0]) for line in said] == sorted(float(line.split()[0]) for line in said)


def test_of_a_damaged_run_is_shown_what_can_be_read(bench, tmp_path):
    text = (bench.folder / FILE).read_text().split("\n")
    at = next(n for n, line in enumerate(text) if '"Acted"' in line)
    (tmp_path / FILE).write_text("\n".join([*text[:at], "{damaged", *text[at + 1 :]]))
    made = salvaged(tmp_path)

    assert f"line {at + 1}: JSONDecodeError" in made.trouble
    assert "everything removed" in plainly(made)[-1]


def test_of_a_run_that_was_killed_nothing_is_told_that_was_not_decided(bench, tmp_path):
    whole = (bench.folder / FILE).read_text()
    (tmp_path / FILE).write_text(whole[: whole.index('"kind": "Ended"')])
    said = plainly(salvaged(tmp_path), [lab])

    assert not any(CLAIM in line or "removed" in line for line in said)


@pytest.mark.parametrize("how", ["interrupted", "done"])
def test_only_a_run_that_came_to_its_end_settles_what_is_left(how):
    heard, _ = replayed(recording(run(), trial(cell="crash @ Deployment", lab="selfhealing"), over(how)), [lab])

    assert bool(heard.findings) is (how == "done")
    assert isinstance(heard.lines[-1][2], Over)
