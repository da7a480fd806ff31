"""When a verdict is told: as soon as nothing that is still to come can change it, and once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness import Verdict, engine, fails, holds, verdict_of
from harness.model.entries import Looked
from harness.model.lines import Fewer, Trouble, Waits
from tests.support.hearing import Hearing
from tests.support.trials import away, back, cell, cut_off, head, returns, small

LINUX = "Linux 9"
TESTED, OTHER, RARE = (
    cell("tested"),
    cell("other"),
    cell("rare", replace(engine, name="rare", needs=frozenset({LINUX}))),
)
BLANK, STANDARD, ONE = cell("blank"), cell("standard"), cell("without one")
C, D = verdict_of("c"), verdict_of("d")


def lab(*claims, name="small"):
    """By default one claim over what is tested."""
    made = small(name)
    for id_, tested, more in reversed(claims or [("c", TESTED, {})]):  # as decorators are applied
        made.claim(id_, **{"tested": tested, "blank": BLANK, "standard": STANDARD} | more)(returns)
    return made


def test_what_holds_is_told_with_its_blank_and_does_not_wait_for_the_standard():
    assert Hearing(lab()).told((TESTED, back()), (BLANK, away())) == [[], ["c CONFIRMED"]]


def test_what_fails_is_told_with_its_standard_and_does_not_wait_for_the_blank():
    assert Hearing(lab()).told((TESTED, away()), (STANDARD, back())) == [[], ["c REFUTED"]]


def test_in_whichever_order_they_end():
    assert Hearing(lab()).told((BLANK, away()), (STANDARD, back()), (TESTED, back())) == [[], [], ["c CONFIRMED"]]


def test_a_cell_counts_once_its_last_repetition_has_ended():
    filed = [(BLANK, away()), (TESTED, back()), (TESTED, back()), (BLANK, away())]
    assert Hearing(lab(), wanted=2).told(*filed) == [[], [], [], ["c CONFIRMED"]]


def test_a_verdict_is_told_once():
    of = Hearing(lab())
    assert of.told((TESTED, back()), (BLANK, away()), (STANDARD, back())) == [[], ["c CONFIRMED"], []]
    assert of.settled(over=True) == []
    assert list(of.docket.settled) == ["c"]


def test_what_is_left_open_is_told_when_nothing_more_is_to_come():
    filed = [(TESTED, cut_off()), (BLANK, away()), (STANDARD, back())]
    of = Hearing(lab())
    assert of.told(*filed) == [[], [], []]
    assert of.settled(over=True) == ["c INCONCLUSIVE"]
    assert of.docket.verdicts["c"].reason == "lines-lost"


def test_a_trial_that_broke_off_is_told_when_all_have_ended():
    broke = [*away()[:-1], replace(away()[-1], wrong="broke-off: KeyError")]
    assert Hearing(lab()).told((TESTED, broke), (BLANK, away()), (STANDARD, back())) == [[], [], ["c INCONCLUSIVE"]]


def test_a_condition_is_waited_for():
    of = Hearing(lab(("c", TESTED, {"given": {"one": ONE}})))
    assert of.told((TESTED, back()), (BLANK, away()), (ONE, away())) == [[], [], ["c CONDITIONAL"]]


def test_all_parts_of_a_claim_are_told_together():
    of = Hearing(lab(("e", TESTED, {"part": "a"}), ("e", OTHER, {"part": "b"})))
    assert of.told((TESTED, back()), (BLANK, away()), (OTHER, back())) == [[], [], ["e CONFIRMED"]]
    assert list(of.docket.settled["e"].parts) == ["a", "b"]


def test_two_claims_that_rest_on_the_same_cell_may_be_told_at_once():
    of = Hearing(lab(("c", TESTED, {}), ("d", OTHER, {})))
    assert of.told((TESTED, back()), (OTHER, back()), (BLANK, away())) == [[], [], ["c CONFIRMED", "d CONFIRMED"]]


def test_only_claims_that_were_asked_for_are_told():
    of = Hearing(lab(("c", TESTED, {}), ("d", OTHER, {})), only=frozenset({"d"}))
    assert of.told((TESTED, back()), (BLANK, away()), (OTHER, back())) == [[], [], ["d CONFIRMED"]]
    assert of.settled(over=True) == []


def test_of_what_was_never_run_nothing_is_told_before_the_end():
    of = Hearing(lab(("c", TESTED, {}), ("d", OTHER, {})), but={"other": 0})
    assert of.told((TESTED, back()), (BLANK, away()), (STANDARD, back())) == [[], ["c CONFIRMED"], ["d INCONCLUSIVE"]]
    assert of.docket.verdicts["d"].reason == "no-trial"


def test_what_this_host_lacks_is_said():
    of = Hearing(lab(("c", RARE, {})), but={"rare": 0}, lacking=frozenset({LINUX}))
    assert of.told((BLANK, away()), (STANDARD, back())) == [[], ["c UNAVAILABLE"]]


def test_where_nothing_at_all_can_be_run_it_is_said_at_the_end():
    of = Hearing(lab(("c", RARE, {})), wanted=0, lacking=frozenset({LINUX}))
    assert of.settled() == []
    assert of.settled(over=True) == ["c UNAVAILABLE"]


def test_cells_of_one_name_in_two_labs_are_not_taken_for_one_another():
    of = Hearing(lab(), lab(("d", TESTED, {}), name="other"))
    assert of.told((TESTED, back()), (STANDARD, away())) == [[], []]
    assert of.ends(BLANK, away(), "other") == []
    assert of.ends(BLANK, away()) == ["c CONFIRMED"]


# -- windows that may still turn out too short


def alike(site=engine):
    tested, standard, blank = (cell(name, site) for name in ("tested", "standard", "blank"))
    return lab(("c", tested, {"blank": blank, "standard": standard})), tested, standard, blank


def test_a_verdict_is_not_told_while_a_trial_alike_may_still_lengthen_its_window():
    one, tested, standard, blank = alike()
    of = Hearing(one)
    assert of.told((tested, away()), (standard, back())) == [[], []]
    assert of.told((blank, away())) == [["c REFUTED"]]


def test_nor_one_that_holds():
    one, tested, standard, blank = alike()
    of = Hearing(one)
    assert of.told((tested, back()), (blank, away()), (standard, back())) == [[], [], ["c CONFIRMED"]]


# -- fewer than were planned


def test_that_fewer_are_to_come_than_were_planned_is_told_by_a_line():
    of = Hearing(lab(), wanted=5)
    assert of.told((TESTED, back()), (BLANK, away()), (TESTED, back()), (BLANK, away())) == [[]] * 4
    of.docket.hear("", Fewer(lab="small", cell=TESTED.cell, of=2))
    assert of.settled() == []
    of.docket.hear("", Fewer(lab="small", cell=BLANK.cell, of=3))
    assert of.told((BLANK, away())) == [["c CONFIRMED"]]
    assert of.docket.wanted["small"][TESTED.cell] == 2


def test_what_has_begun_of_them_is_waited_for_all_the_same():
    of = Hearing(lab(), but={"tested": 2})
    first, second = of._ids["small", TESTED.cell]
    of.hear(second, back()[:3])
    of.docket.hear("", Fewer(lab="small", cell=TESTED.cell, of=1))
    of.hear(first, back())
    assert of.told((BLANK, away())) == [[]]
    of.hear(second, back()[3:])
    assert of.settled() == ["c CONFIRMED"]


# -- lines that contradict one another


def test_a_trial_that_is_planned_twice_is_trouble():
    of = Hearing(lab())
    of.plan(TESTED, 1)
    assert of.docket.trouble == ["crash @ tested #1 was planned twice"]


def test_two_trials_of_one_name_are_trouble():
    of = Hearing(lab())
    id_ = of._ids["small", TESTED.cell][0]
    of.docket.hear(id_, replace(of.docket._planned[f"run-1/{id_}"], number=2))
    assert of.docket.trouble == [f"two trials are called {id_}"]


def test_lines_after_a_trials_end_are_trouble():
    of = Hearing(lab())
    id_ = of._ids["small", TESTED.cell][0]
    of.hear(id_, back())
    of.docket.hear(id_, Looked(at_s=99.0, serving=1))
    assert of.docket.trouble == [f"{id_} has lines after its end"]


def test_a_line_that_is_told_twice_shows_in_its_trial():
    of = Hearing(lab())
    entries = back()
    assert of.told((TESTED, [entries[0], *entries]), (BLANK, away()), (STANDARD, back()))[-1] == ["c INCONCLUSIVE"]
    assert of.docket.verdicts["c"].reason == "lines-lost"


def test_what_passes_by_is_no_part_of_a_recording():
    of = Hearing(lab())
    entries = list(back())
    passing = [Waits(missing="1 of 1 still missing"), Trouble(text="odd")]
    told = of.told((TESTED, [*entries[:5], *passing, *entries[5:], *passing]), (BLANK, away()))
    assert (told, of.docket.trouble) == ([[], ["c CONFIRMED"]], [])


@pytest.mark.parametrize("undeclared", [cell("nobody's"), replace(TESTED, arm=replace(TESTED.arm, name="tested "))])
def test_a_trial_of_what_no_lab_declares_is_left_out(undeclared):
    of = Hearing(lab())
    of.hear(of.plan(undeclared), back())
    of.hear(of.plan(TESTED, lab="another"), away())
    assert of.told((TESTED, back()), (BLANK, away())) == [[], ["c CONFIRMED"]]
    assert of.docket.trouble == []
    assert list(of.docket.timelines) == ["small"]


def test_lines_of_a_trial_that_nobody_planned_count_for_nothing():
    of = Hearing(lab())
    of.hear("t999", away())
    assert of.told((TESTED, back()), (BLANK, away())) == [[], ["c CONFIRMED"]]


def test_the_same_trials_of_two_runs_are_two():
    of = Hearing(lab())
    of.told((TESTED, back()), (BLANK, away()))
    of.docket.hear(*head("run-2"))
    of.hear(of.plan(TESTED), back())
    assert of.docket.trouble == []
    assert of.docket.wanted["small"][TESTED.cell] == 2
    of.settled(over=True)
    assert [t.which for t in of.docket.timelines["small"][TESTED.cell]] == [("run-1", 1), ("run-2", 1)]


def test_two_runs_are_judged_together():
    of = Hearing(lab())
    for cell_, entries in ((TESTED, back()), (BLANK, away()), (STANDARD, back())):
        of.hear(of._ids["small", cell_.cell].pop(0), entries)
    of.docket.hear(*head("run-2"))
    for cell_, entries in ((TESTED, back(2.0)), (BLANK, away(10.2)), (STANDARD, back())):
        of.hear(of.plan(cell_), entries)
    assert of.settled(over=True) == ["c CONFIRMED"]
    assert of.docket.verdicts["c"].sentence == "back after 1.5 s (1.0 to 2.0, 2 times)"


# -- claims that follow from others


def both(one: Verdict = C, other: Verdict = D) -> Verdict:
    return holds("both") if one.grade is other.grade else fails("not both")


def summary():
    made = small("summary")
    made.claim("s")(both)
    return made


def test_a_derived_claim_is_told_with_the_last_one_that_it_follows_from():
    of = Hearing(summary(), lab(), lab(("d", OTHER, {}), name="other"))
    assert of.told((TESTED, back()), (BLANK, away())) == [[], ["c CONFIRMED"]]
    assert of.ends(OTHER, away(), "other") == []
    assert of.ends(STANDARD, back(), "other") == ["d REFUTED", "s REFUTED"]


def test_verdicts_over_claims_of_labs_that_were_not_run_can_be_brought():
    of = Hearing(summary(), lab(), known={"d": holds("x")})
    assert of.told((TESTED, back()), (BLANK, away())) == [[], ["c CONFIRMED", "s CONFIRMED"]]


def test_without_one_of_them_it_is_open():
    of = Hearing(summary(), lab())
    assert of.told((TESTED, back()), (BLANK, away())) == [[], ["c CONFIRMED"]]
    assert of.settled(over=True) == ["s INCONCLUSIVE"]
    assert of.docket.verdicts["s"].sentence == "d is not judged"
