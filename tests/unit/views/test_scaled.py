"""How many copies served over time, and under what load."""

from __future__ import annotations

import pytest

from harness.journal import recorded
from harness.judging import catalog, findings, register
from harness.lab.questions import Number, Restored
from harness.lab.timeline import Step, Timeline
from harness.model.entries import Asked, Asking, Receipt
from harness.views.scaled import Load, scaled
from tests.support.lines import acted, copy, serving, window

QUESTIONS = {q.label: q for q in (Number(1), Number(3), Number(3, or_more=True), Restored())}
UP = acted("up", 0.5, id_="r1", sent_s=0.1)
STEADY = window("1 copy that serves", 1.5, id_="r2", since="r1", must=True)
BEFORE = [UP, serving("a", 1.0), STEADY]
SCALE = acted("update to three", 2.2, id_="r3", sent_s=2.0)
THREE = window("3 copies that serve", 6.0, id_="r4", since="r3")
LOAD = "ask (per_s=5, judged=False)"


def timeline(*lines):
    """As the auditor would have made it."""
    entries = tuple(one for _, one in lines)
    steps = {e.id: Step(e, n, QUESTIONS.get(e.name)) for n, e in enumerate(entries) if isinstance(e, Receipt)}
    return Timeline(entries, 1, steps, None)


def loaded(*lines, ends_s=30.0):
    """One copy serves; a load is put on it at 10 s."""
    asking = "t001", Asking(at_s=10.1, client=LOAD, per_s=5, judged=False)
    asked = [] if ends_s is None else [("t001", Asked(at_s=ends_s, client=LOAD, sent=100))]
    return timeline(*BEFORE, asking, acted(LOAD, 10.2, id_="r3", sent_s=10.0), *lines, *asked)


def test_a_number_that_was_watched_for_is_told_from_the_act_on():
    found = scaled(timeline(*BEFORE, SCALE, serving("b", 3.0), serving("c", 4.5), THREE))

    assert (found.zero, found.begins_s, found.ends_s, found.loads) == ("update to three", 2.0, 6.0, ())
    assert found.steps == ((2.0, 1), (3.0, 2), (4.5, 3))
    assert found.numbers == [1, 2, 3]
    assert found.since(2.0).steps == ((0.0, 1), (1.0, 2), (2.5, 3))
    assert found.since(2.0).words == "1 at first, 3 at 2.5 s"


@pytest.mark.parametrize(
    "lines",
    [
        BEFORE,
        [*BEFORE, acted("crash", 2.2, id_="r3", victims=("a",)), window("restored", 6.0, id_="r4", since="r3")],
        [*BEFORE, SCALE, window("3 copies that serve", 6.0, id_="r4", since="r3", must=True)],
        [],
    ],
    ids=["steady", "a crash", "what has to be", "nothing"],
)
def test_where_the_number_is_not_the_point_there_is_nothing_to_draw(lines):
    assert scaled(timeline(*lines)) is None


def test_a_number_that_stays_is_told_too_for_as_long_as_it_was_watched_for():
    found = scaled(timeline(*BEFORE, SCALE, THREE)).since(2.0)

    assert (found.steps, found.ends_s) == (((0.0, 1),), 4.0)
    assert found.words == "1 all along"


def test_a_load_lasts_from_its_client_s_first_request_to_its_end():
    found = scaled(loaded(serving("b", 20.0), copy("gone", "b", 28.0))).since(10.0)

    (load,) = found.loads
    assert (round(load.from_s, 3), load.to_s, load.per_s) == (0.1, 20.0, 5)
    assert str(load) == "5 a second, 0.1 to 20.0 s"
    assert found.words == "1 at first, 2 at 10.0 s, 1 at 18.0 s"


def test_a_load_that_nobody_saw_end_lasts_as_long_as_the_recording():
    found = scaled(loaded(serving("b", 25.0), ends_s=None))

    assert found.loads == (Load(10.1, 25.0, 5),)


def test_a_client_whose_requests_are_judged_is_no_load():
    asking = "t001", Asking(at_s=10.1, client="ask", per_s=50)

    assert scaled(timeline(*BEFORE, asking, acted("ask", 10.2, id_="r3"))) is None


def test_of_many_turns_the_first_and_the_last_are_told():
    comes_and_goes = [line for n in range(10) for line in (serving(f"b{n}", 3.0 + n), copy("gone", f"b{n}", 3.5 + n))]
    found = scaled(timeline(*BEFORE, SCALE, *comes_and_goes, THREE)).since(2.0)

    assert found.words.startswith("1 at first, 2 at 1.0 s, 1 at 1.5 s, 2 at 2.0 s, ")
    assert found.words.endswith(", 14 more turns, 1 at 10.5 s")


def test_a_hundred_that_came_in_a_recorded_run_are_told_in_two_moments():
    run, lab = recorded(catalog.FOLDER / "recorded" / "setup-and-scale"), catalog.lab("setup-and-scale")
    _, docket = findings.judge([lab], run.lines, register.load(catalog.REGISTER))
    every = docket.recorded(lab.name).timelines
    (runs,), (small,) = every["begin @ a hundred runs"], every["begin @ a hundred runs, a network of 13 addresses"]

    found = scaled(runs).since(scaled(runs).begins_s)
    assert (found.zero, found.numbers) == ("up", list(range(101)))
    assert found.words.startswith("0 at first, 100 at ")
    assert max(scaled(small).numbers) == 12
