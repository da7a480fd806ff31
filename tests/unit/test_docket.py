"""When a verdict is told: as soon as nothing that is still to come can change it, and once."""

from __future__ import annotations

from collections import Counter

from harness.docket import Docket
from harness.model.arm import Arm, Run
from harness.model.claim import Lab
from harness.model.scenario import Scenario, Trials
from harness.model.site import Kind, Site, engine
from harness.model.verdict import Grade, Verdict, fails, holds
from harness.register import Claim, Part, Register
from tests.unit import crashes
from tests.unit.crashes import away, back, cut_off

CRASH = Scenario("crash", "It crashes.", lambda _t: None)
LINUX = "Linux 9"


def cell(name: str, needs: str = "", site: Site | None = None) -> Trials:
    """On a site of its own, so that no trial is alike to one of another cell's."""
    return CRASH @ Arm(name, site or Site(f"where {name} is", Kind.ENGINE), Run(), needs=needs)


TESTED, OTHER, RARE = cell("tested"), cell("other"), cell("rare", LINUX)
BLANK, STANDARD, ONE = cell("blank"), cell("standard"), cell("without one")


def returns(crashed: Trials = TESTED) -> Verdict:
    span = crashed.restored()
    return holds("it came back") if span else fails("it stayed away")


def returns_too(crashed: Trials = OTHER) -> Verdict:
    return returns(crashed)


def returns_rarely(crashed: Trials = RARE) -> Verdict:
    return returns(crashed)


def small(*claims) -> Lab:
    lab = Lab("Does it come back?")
    lab.name = "small"
    for id_, judge, more in claims:
        lab.claim(id_, **{"blank": BLANK, "standard": STANDARD} | more)(judge)
    return lab


def entry(id_: str, *parts: str) -> Claim:
    built = tuple(Part(name, "It comes back.", Grade.CONFIRMED) for name in parts)
    return Claim(id_, "small", "topic", ("s",), "It comes back.", Grade.CONFIRMED, "why", parts=built)


KNOWN = Register((entry("c"), entry("d"), entry("e", "a", "b")))


def docket(*claims, wanted: int = 1, lab: Lab | None = None, **more) -> Docket:
    lab = lab or small(*(claims or [("c", returns, {})]))
    return Docket([lab], KNOWN, Counter({("small", t.cell): wanted for c in lab.claims for t in c.trials}), **more)


def told(of: Docket, *filed, lab: str = "small") -> list[list[str]]:
    """For each trial, as it ends, what is told then."""
    return [[f"{f.id} {f.verdict.grade}" for f in of.file(lab, c.cell, timeline)] for c, timeline in filed]


def test_what_holds_is_told_with_its_blank_and_does_not_wait_for_the_standard():
    assert told(docket(), (TESTED, back()), (BLANK, away())) == [[], ["c CONFIRMED"]]


def test_what_fails_is_told_with_its_standard_and_does_not_wait_for_the_blank():
    assert told(docket(), (TESTED, away()), (STANDARD, back())) == [[], ["c REFUTED"]]


def test_in_whichever_order_they_end():
    assert told(docket(), (BLANK, away()), (STANDARD, back()), (TESTED, back())) == [[], [], ["c CONFIRMED"]]


def test_a_cell_counts_once_its_last_repetition_has_ended():
    filed = [(BLANK, away()), (TESTED, back()), (TESTED, back()), (BLANK, away())]

    assert told(docket(wanted=2), *filed) == [[], [], [], ["c CONFIRMED"]]


def test_a_verdict_is_told_once():
    of = docket()
    filed = [(TESTED, back()), (BLANK, away()), (STANDARD, back()), (STANDARD, away())]

    assert told(of, *filed) == [[], ["c CONFIRMED"], [], []]
    assert list(of.findings) == ["c"]


def test_what_is_left_open_is_told_when_nothing_more_is_to_come():
    filed = [(TESTED, cut_off()), (BLANK, away()), (STANDARD, back())]

    assert told(docket(), *filed) == [[], [], ["c INCONCLUSIVE"]]


def test_a_condition_is_waited_for():
    of = docket(("c", returns, {"given": {"one": ONE}}))

    assert told(of, (TESTED, back()), (BLANK, away()), (ONE, away())) == [[], [], ["c CONDITIONAL"]]


def test_all_parts_of_a_claim_are_told_together():
    of = docket(("e", returns, {"part": "a"}), ("e", returns_too, {"part": "b"}))

    assert told(of, (TESTED, back()), (BLANK, away()), (OTHER, back())) == [[], [], ["e CONFIRMED"]]
    assert set(of.findings["e"].parts) == {"a", "b"}


def test_two_claims_that_rest_on_the_same_cell_may_be_told_at_once():
    of = docket(("c", returns, {}), ("d", returns_too, {}))
    filed = [(TESTED, back()), (OTHER, back()), (BLANK, away())]

    assert told(of, *filed) == [[], [], ["c CONFIRMED", "d CONFIRMED"]]


def test_a_claim_of_whose_cells_one_is_not_run_at_all_is_left_out():
    of = docket(("c", returns, {}), ("d", returns_too, {}))
    del of.wanted["small", OTHER.cell]
    filed = [(TESTED, back()), (BLANK, away()), (STANDARD, back())]

    assert told(of, *filed) == [[], ["c CONFIRMED"], []]


def test_so_is_one_that_could_be_settled_without_that_cell():
    of = docket()
    del of.wanted["small", STANDARD.cell]

    assert told(of, (TESTED, back()), (BLANK, away())) == [[], []]


def test_only_claims_that_were_asked_for_are_told():
    of = docket(("c", returns, {}), ("d", returns_too, {}), only=frozenset({"d"}))

    assert told(of, (TESTED, back()), (BLANK, away()), (OTHER, back())) == [[], [], ["d CONFIRMED"]]


def test_that_fewer_are_to_come_than_were_planned_is_known_at_the_next_end():
    of = docket(wanted=5)
    filed = [(TESTED, back()), *[(BLANK, away())] * 3]
    assert told(of, *filed) == [[]] * 4

    of.wanted["small", TESTED.cell] = 1
    of.wanted["small", BLANK.cell] = 4
    assert told(of, (BLANK, away())) == [["c CONFIRMED"]]


def test_what_this_host_lacks_is_said_where_it_is_judged_nevertheless():
    of = docket(("c", returns_rarely, {}), lacking=frozenset({LINUX}))

    assert told(of, (BLANK, away()), (STANDARD, back()), (RARE, back())) == [[], [], ["c UNAVAILABLE"]]


def test_cells_of_one_name_in_two_labs_are_not_taken_for_one_another():
    lab, other = small(("c", returns, {})), small(("d", returns, {}))
    other.name = "other"
    wanted = Counter({(name, t.cell): 1 for name in ("small", "other") for t in (TESTED, BLANK, STANDARD)})
    of = Docket([lab, other], KNOWN, wanted)

    assert told(of, (TESTED, back()), (STANDARD, away())) == [[], []]
    assert told(of, (BLANK, away()), lab="other") == [[]]
    assert told(of, (BLANK, away())) == [["c CONFIRMED"]]


def test_what_failed_waits_for_trials_alike_whose_success_may_lengthen_its_window():
    tested, standard, blank = (cell(name, site=engine) for name in ("tested", "standard", "blank"))
    lab = small(("c", returns, {"tested": tested, "standard": standard, "blank": blank}))
    of = docket(lab=lab)

    assert told(of, (tested, away()), (standard, back())) == [[], []]
    assert told(of, (blank, away())) == [["c REFUTED"]]


# -- watched for too short a time ------------------------------------------------------------------------------------


def alike(**more) -> Docket:
    return docket(lab=crashes.lab(), **more)


def asked(of: Docket) -> list[tuple[str, tuple[int, ...]]]:
    found = [(again.cell.cell.removeprefix("crash @ "), again.numbers) for again in of.again]
    of.again.clear()
    return found


SLOW = back(4.0, number=1)
"""Five times as long as this took is 15 s."""

ENDED = [(STANDARD, SLOW), (BLANK, back(number=1))]


def test_what_was_watched_for_too_short_a_time_is_asked_for_once_more_and_then_told():
    of = alike(wanted=2)
    filed = [(TESTED, away(number=n)) for n in (1, 2)]
    assert told(of, *filed, *ENDED, (STANDARD, back(number=2)), (BLANK, back(number=2))) == [[]] * 6
    assert asked(of) == [("tested", (1, 2))]
    assert of.wanted["small", TESTED.cell] == 4

    longer = [(TESTED, away(number=n, waited_s=15.1)) for n in (2, 1)]
    assert told(of, *longer) == [[], ["c REFUTED"]]
    assert asked(of) == []


def test_only_those_that_were_too_short_are():
    of = alike(wanted=2)
    filed = [(TESTED, away(number=1)), (TESTED, away(number=2, waited_s=16.0))]
    told(of, *filed, *ENDED, (STANDARD, back(number=2)), (BLANK, back(number=2)))

    assert asked(of) == [("tested", (1,))]


def test_where_it_came_once_nothing_is_run_again_that_could_hide_that_it_did_not_elsewhere():
    of = alike(wanted=2)
    filed = [(TESTED, away(number=1)), (TESTED, back(number=2))]

    assert told(of, *filed, *ENDED, (STANDARD, back(number=2)), (BLANK, back(number=2)))[-1] == ["c INCONCLUSIVE"]
    assert asked(of) == []


def test_nor_is_what_broke_off():
    of = alike()

    assert told(of, (TESTED, cut_off()), *ENDED)[-1] == ["c INCONCLUSIVE"]
    assert asked(of) == []


def test_after_two_times_it_is_left_open():
    of = alike()
    filed = [(TESTED, away(number=1)), *ENDED]

    assert told(of, *filed, (TESTED, away(number=1)), (TESTED, away(number=1))) == [[]] * 4 + [["c INCONCLUSIVE"]]
    assert asked(of) == [("tested", (1,))] * 2


def test_with_no_repetitions_it_is_told_at_once():
    assert told(alike(again=0), (TESTED, away(number=1)), *ENDED) == [[], [], ["c INCONCLUSIVE"]]


def test_a_trial_whose_number_is_not_known_cannot_be_run_again():
    of = alike()

    assert told(of, (TESTED, away()), *ENDED) == [[], [], ["c INCONCLUSIVE"]]
    assert asked(of) == []


def test_two_claims_that_rest_on_one_cell_ask_for_it_once():
    tested, standard, blank = (cell(name, site=engine) for name in ("tested", "standard", "blank"))
    both = {"tested": tested, "standard": standard, "blank": blank}
    of = docket(lab=small(("c", returns, both), ("d", returns_too, both)))
    told(of, (TESTED, away(number=1)), *ENDED)

    assert asked(of) == [("tested", (1,))]
    assert told(of, (TESTED, away(number=1, waited_s=15.1))) == [["c REFUTED", "d REFUTED"]]
