"""Clients: whether all copies got a fair part of the requests, what that took, and a load that nobody judges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness import acts
from harness.model.arm import Arm
from harness.model.reading import check
from harness.model.requests import fair
from harness.model.scenario import Cost
from harness.model.site import engine
from harness.model.timeline import Kind
from harness.model.verdict import NotShown
from tests.contract.fake import FakeClient, FakePlace, Policy
from tests.unit.recording import Recorded, but, reason, record, without

if TYPE_CHECKING:
    from harness.trial import Trial

FILES = Arm("here", engine, "compose.yaml")
COMPOSE = """
# three of them
services:
  web: {image: dk-labs/web:1}
  proxy: {image: dk-labs/web:1}

networks:
  front: {}
"""
POD = "kind: Pod\nmetadata: {name: more}\n"


def asked(*, requests: int = 300, copies: int = 3, per_s: float = 100.0, before=lambda _t: None, **kinds) -> Recorded:
    def do(t: Trial):
        t.steady(replicas=3)
        t.client(per_s=per_s)
        before(t)
        return t.shared(requests=requests, copies=copies)

    return record(do, copies=3, **kinds)


class Sticky(FakePlace):
    """One copy gets every request."""

    def asked(self, scope, when):
        first = next(iter(self._worlds[scope.trial].copies.values()))
        return first.instance, "200", ""


class Skewed(FakePlace):
    """One of the three gets every tenth request, which is less than a sixth."""

    def asked(self, scope, when):
        first, second, third = self._worlds[scope.trial].copies.values()
        turn = next(self._turns)
        return (third if turn % 10 == 0 else first if turn % 2 else second).instance, "200", ""


def failing(*errors: str):
    """Every request fails, with each of these in turn."""

    class Failing(FakePlace):
        def asked(self, scope, when):
            return "", "", errors[next(self._turns) % len(errors)]

    return Failing


# -- who got a fair part -------------------------------------------------------------------------------------------


def test_three_copies_in_turn_share_the_requests():
    made = asked()

    check(made.timeline, "x")
    assert made.answer is True
    assert made.trials.sharing() == 3
    assert made.trials.shares() == ((pytest.approx(1 / 3, abs=0.01),) * 3,)
    assert made.trials.watched_for == "shared"


def test_one_copy_that_answers_all_shares_with_nobody():
    made = asked(place=Sticky)

    assert made.answer is False
    assert made.trials.sharing() == 1


def test_a_copy_that_gets_less_than_half_of_an_even_share_does_not_share():
    made = asked(place=Skewed)

    assert made.answer is False
    assert made.trials.sharing() == 2
    assert len(made.trials.shares()[0]) == 3


def test_a_copy_that_answers_with_errors_does_not_share():
    def do(t: Trial):
        first, *_ = t.steady(replicas=3)
        t.act(acts.unready, first)
        t.client(per_s=100)
        return t.shared(requests=300, copies=3)

    made = record(do, copies=3)

    assert made.answer is False
    assert made.trials.sharing() == 2
    assert made.trials.failed() == pytest.approx(1 / 3, abs=0.01)


def test_what_nobody_answered_counts_for_the_share_of_those_who_did():
    class Lossy(FakePlace):
        """Three of five requests are lost: of 600 each copy answers 80, where a sixth is 100."""

        def asked(self, scope, when):
            turn = next(self._turns)
            copies = list(self._worlds[scope.trial].copies.values())
            return ("", "", "timeout") if turn % 5 > 1 else (copies[turn % 3].instance, "200", "")

    made = asked(requests=600, place=Lossy)

    assert made.answer is False
    assert made.trials.sharing() == 0


@pytest.mark.parametrize(
    ("counts", "copies", "requests", "found"),
    [
        ({"a": 150, "b": 100, "c": 50}, 3, 300, 3),
        ({"a": 151, "b": 100, "c": 49}, 3, 300, 2),
        ({"a": 300}, 3, 300, 1),
        ({"a": 300}, 1, 300, 1),
        ({"a": 100, "b": 100, "c": 99}, 3, 600, 2),  # the others of the 600 were not answered
        ({"a": 49, "b": 49, "c": 49}, 3, 300, 0),
        ({"a": 100, "": 200}, 3, 300, 1),  # who did not say its name is nobody
        ({}, 3, 300, 0),
    ],
)
def test_a_fair_part_is_half_of_an_even_share_of_all_that_were_sent(counts, copies, requests, found):
    by = [who for who, count in counts.items() for _ in range(count)]

    assert fair(by, copies, requests) == found


@pytest.mark.parametrize("per_s", [5.0, 100.0])
def test_it_waits_for_as_many_requests_as_were_asked_for_and_no_longer(per_s):
    made = asked(per_s=per_s)

    assert 300 <= len(list(made.timeline.of(Kind.REQUEST))) <= 320
    assert made.window.number("waited_s") == pytest.approx(300 / per_s, abs=0.2)


def test_a_client_is_over_when_it_has_asked_enough():
    def do(t: Trial):
        t.steady(replicas=3)
        t.client(per_s=100)
        t.shared(requests=300, copies=3)
        t.hold(5)

    made = record(do, copies=3)
    last = max(e.at_s for e in made.timeline.of(Kind.REQUEST))

    assert made.trials.sharing() == 3
    assert last <= made.window.at_s
    assert [e.who for e in made.timeline.of(Kind.MARK, "ends")] == ["client"]


def test_who_asks_from_outside_says_so():
    def do(t: Trial):
        t.steady(replicas=3)
        t.client(per_s=100, outside=True)
        t.shared(requests=300, copies=3)

    outside, inside = record(do, copies=3), asked()

    assert [c.ask.outside for c in (*outside.place.clients, *inside.place.clients)] == [True, False]
    assert outside.timeline.first(Kind.MARK, "begins").facts["from"] == "outside"
    assert "from" not in inside.timeline.first(Kind.MARK, "begins").facts


# -- what cannot be told -------------------------------------------------------------------------------------------


def test_fewer_requests_tell_nothing():
    made = asked(requests=299, per_s=50.0)
    assert made.answer is True
    assert len(list(made.timeline.of(Kind.REQUEST))) < 310
    few = asked(requests=150)

    assert reason(few.trials.sharing) == "too-few-requests"


def test_a_client_that_falls_silent_is_waited_for_only_so_long_and_tells_nothing():
    class Tired(FakeClient):
        def catch_up(self, now):
            super().catch_up(min(now, self._began + 2.0))

    class Tiring(FakePlace):
        def client(self, scope, ask, hear):
            self.clients.append(Tired(self, scope, ask, hear))
            return self.clients[-1]

    made = asked(place=Tiring)

    assert 10.0 <= made.window.number("waited_s") <= 20.0
    assert any("of 300 requests" in e.facts.get("text", "") for e in made.timeline.of(Kind.NOTE))
    assert reason(made.trials.sharing) == "too-few-requests"


def test_a_client_that_breaks_off_tells_nothing():
    class Broken(FakeClient):
        def stop(self):
            self.catch_up(self._place.clock.now())
            self._place.clients.remove(self)

    class Breaking(FakePlace):
        def client(self, scope, ask, hear):
            self.clients.append(Broken(self, scope, ask, hear))
            return self.clients[-1]

    made = asked(place=Breaking)

    assert made.timeline.first(Kind.MARK, "ends").facts == {"why": "it broke off"}
    assert reason(made.trials.sharing) == "client-broke-off"


def test_a_name_that_leads_to_nobody_is_shared_by_none():
    made = asked(place=failing("resolve"))

    assert made.answer is False
    assert made.trials.sharing() == 0
    assert made.trials.failed() == 1.0


@pytest.mark.parametrize("errors", [("refused",), ("timeout",), ("resolve", "refused")])
def test_that_nobody_answers_for_another_reason_is_not_that_the_name_leads_to_nobody(errors):
    assert reason(asked(place=failing(*errors)).trials.sharing) == "nobody-answered"


@pytest.mark.parametrize("place", [FakePlace, Sticky, Skewed, failing("resolve")])
def test_a_trial_that_contradicts_its_own_requests_tells_nothing(place):
    made = asked(place=place)
    other = "no" if made.answer else "yes"

    assert reason(made.falsified(but(Kind.MARK, "window", {"met": other})).sharing) == "contradiction"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (without(Kind.REQUEST, "200", nth=7), "client-broke-off"),
        (without(Kind.MARK, "ends"), "client-broke-off"),
        (without(Kind.MARK, "window"), "no-window"),
        (lambda e: replace(e, at_s=e.at_s + 1.2) if e.kind is Kind.REQUEST and e.at_s > 2 else e, "client-silent"),
        (lambda e: replace(e, what="500") if e.kind is Kind.REQUEST else e, "nobody-answered"),
        (but(Kind.REQUEST, "200", {"by": "process-1"}), "contradiction"),
        (without(Kind.MARK, "end"), "broke-off"),
    ],
)
def test_one_falsified_fact_opens_who_shared(change, expected):
    assert reason(asked().falsified(change).sharing) == expected


def test_trials_in_which_not_as_many_shared_answer_nothing():
    three, one = asked(), asked(place=Sticky)

    assert reason(replace(three.trials, timelines=(three.timeline, one.timeline)).sharing) == "trials-differ"
    assert replace(three.trials, timelines=(three.timeline, three.timeline)).sharing() == 3


# -- what it took --------------------------------------------------------------------------------------------------


def costing(folder, *, before=lambda _t: None, **kinds) -> Recorded:
    (folder / "compose.yaml").write_text(COMPOSE)
    (folder / "more.yaml").write_text(POD)
    return asked(arm=FILES, folder=folder, before=before, **kinds)


def test_what_it_took_is_the_command_and_the_files_of_the_arm(tmp_path):
    assert costing(tmp_path).trials.cost() == Cost(commands=1, files=1, lines=5, objects=3)


def test_flags_are_commands_and_no_files():
    assert asked().trials.cost() == Cost(commands=1, files=0, lines=0, objects=0)


def test_what_was_typed_and_applied_on_the_way_is_counted_and_a_file_only_once(tmp_path):
    def more(t: Trial):
        t.by_hand("docker network ls")
        t.apply("more.yaml")
        t.apply("more.yaml", "compose.yaml")

    assert costing(tmp_path, before=more).trials.cost() == Cost(commands=4, files=2, lines=7, objects=4)


@pytest.mark.parametrize("place", [Sticky, failing("resolve")])
def test_what_was_not_reached_has_no_cost(tmp_path, place):
    assert reason(costing(tmp_path, place=place).trials.cost) == "no-goal"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (but(Kind.MARK, "window", {"met": "no"}), "contradiction"),
        (without(Kind.MARK, "window"), "no-window"),
        (without(Kind.MARK, "by-hand"), "no-commands"),
        (without(Kind.REQUEST, "200", nth=7), "client-broke-off"),
        (without(Kind.MARK, "end"), "broke-off"),
    ],
)
def test_one_falsified_fact_opens_what_it_took(tmp_path, change, expected):
    assert reason(costing(tmp_path).falsified(change).cost) == expected


def test_what_only_says_that_it_was_reached_has_no_cost(tmp_path):
    made = costing(tmp_path, place=Sticky)

    assert reason(made.falsified(but(Kind.MARK, "window", {"met": "yes"})).cost) == "contradiction"


def test_trials_that_did_not_take_the_same_answer_nothing(tmp_path):
    one, other = costing(tmp_path), costing(tmp_path, before=lambda t: t.by_hand("docker network ls"))

    assert reason(replace(one.trials, timelines=(one.timeline, other.timeline)).cost) == "trials-differ"
    assert replace(one.trials, timelines=(one.timeline, one.timeline)).cost() == one.trials.cost()


# -- a load --------------------------------------------------------------------------------------------------------


def marks(made: Recorded, what: str) -> dict[str, dict[str, str]]:
    return {e.who: dict(e.facts) for e in made.timeline.of(Kind.MARK, what)}


def test_a_load_makes_work_and_its_requests_are_not_judged():
    made = asked(before=lambda t: t.load(per_s=10, cpu_ms=20))
    begins, ends = marks(made, "begins"), marks(made, "ends")

    assert (begins["client"]["path"], begins["load"]["path"]) == ("/", "/burn?ms=20")
    assert begins["load"]["per_s"] == "10"
    assert int(ends["load"]["sent"]) >= 30
    assert len(list(made.timeline.of(Kind.REQUEST))) == int(ends["client"]["sent"])
    assert made.trials.sharing() == 3


@pytest.mark.parametrize(("per_s", "load_per_s"), [(5.0, 200.0), (100.0, 1.0)])
def test_the_pace_of_a_load_is_not_the_clients(per_s, load_per_s):
    made = asked(per_s=per_s, before=lambda t: t.load(per_s=load_per_s, cpu_ms=1))

    assert made.answer is True
    assert made.window.number("waited_s") == pytest.approx(300 / per_s, abs=0.5)
    assert made.trials.sharing() == 3


def test_a_load_ends_when_it_is_told_and_the_client_goes_on():
    def do(t: Trial):
        t.steady(replicas=3)
        t.client(per_s=10)
        t.load(per_s=10, cpu_ms=20)
        t.hold(2)
        t.end_load()
        t.hold(3)
        t.end_load()

    made = record(do, copies=3)
    ends = marks(made, "ends")
    at = {e.who: e.at_s for e in made.timeline.of(Kind.MARK, "ends")}

    assert len(list(made.timeline.of(Kind.MARK, "ends"))) == 2
    assert int(ends["load"]["sent"]) == pytest.approx(20, abs=3)
    assert int(ends["client"]["sent"]) == pytest.approx(50, abs=3)
    assert at["client"] - at["load"] >= 3.0


def test_a_load_that_nobody_ended_ends_with_the_trial():
    made = record(lambda t: (t.steady(replicas=1), t.load(per_s=10, cpu_ms=20), t.hold(2)))

    assert list(marks(made, "ends")) == ["load"]
    assert reason(made.trials.failed) == "client-broke-off"  # there was no client


def test_what_a_load_meets_is_no_outage():
    class Overworked(FakePlace):
        """It answers who wants nothing of it."""

        def client(self, scope, ask, hear):
            if ask.path == "/":
                return super().client(scope, ask, hear)
            self.clients.append(FakeClient(failing("timeout")(self.clock), scope, ask, hear))
            return self.clients[-1]

    made = asked(place=Overworked, before=lambda t: t.load(per_s=50, cpu_ms=20))

    assert int(marks(made, "ends")["load"]["failed"]) > 100
    assert made.trials.failed() == 0.0
    assert made.trials.outage().slowest_s == 0.0


def test_a_load_has_a_receipt_and_one_whose_client_broke_off_has_none():
    class Broken(FakePlace):
        def client(self, scope, ask, hear):
            made = super().client(scope, ask, hear)
            made.stop = lambda: None
            return made

    made = record(lambda t: (t.steady(replicas=1), t.load(per_s=10, cpu_ms=20), t.hold(2)))
    (receipt,) = made.timeline.of(Kind.ACT)
    broken = record(lambda t: (t.steady(replicas=1), t.load(per_s=10, cpu_ms=20), t.hold(2)), place=Broken)

    assert (receipt.what, receipt.facts["ok"]) == ("load", "yes")
    check(made.timeline, "x")
    assert reason(lambda: check(broken.timeline, "x")) == "no-receipt"


# -- the client's moments ------------------------------------------------------------------------------------------


def crashed_while_asked(*, load: bool = False, **kinds) -> Recorded:
    def do(t: Trial):
        (first,) = t.steady(replicas=1)
        t.client(per_s=50)
        if load:
            t.load(per_s=5, cpu_ms=1)
        t.hold(2)
        t.act(acts.crash, first)
        t.restored(within_s=10)
        t.hold(2)

    return record(do, **kinds)


@pytest.mark.parametrize("load", [False, True])
def test_the_client_fails_after_the_act_and_is_answered_when_a_copy_is_back(load):
    made = crashed_while_asked(load=load, policy=Policy(restarts_after_s=1.5))
    first, again = made.trials.first_failure(), made.trials.first_success()

    assert first.median_s == pytest.approx(0.02, abs=0.03)
    assert again.median_s == pytest.approx(1.55, abs=0.05)
    assert again.median_s - first.median_s == pytest.approx(made.trials.outage().median_s)


def test_where_nobody_comes_back_the_client_is_never_answered_again():
    made = crashed_while_asked()

    assert made.trials.first_failure().median_s < 0.1
    assert made.trials.first_success() is None


def test_where_none_failed_there_is_no_first_failure():
    def well(t: Trial):
        (first,) = t.steady(replicas=1)
        t.client(per_s=50)
        t.act(acts.nothing, first)
        t.hold(2)

    made = record(well)

    assert (made.trials.first_failure(), made.trials.first_success()) == (None, None)


def test_failures_in_some_trials_alone_answer_nothing():
    both = replace(
        crashed_while_asked().trials,
        timelines=(crashed_while_asked().timeline, crashed_while_asked(policy=Policy(restarts_after_s=1.5)).timeline),
    )

    assert len(both.first_failure().each_s) == 2
    with pytest.raises(NotShown, match="answered again in 1 of 2"):
        both.first_success()
