"""Hosts of a lab's own that are stopped, paused and begun again: who was on them, and what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness import acts
from harness.model.arm import Arm, Run
from harness.model.errors import Problem
from harness.model.reading import check
from harness.model.site import cluster, docker_host, engine, own_cluster, swarm
from harness.model.timeline import Kind
from harness.sites.place import Unanswered
from harness.trial import NotSteady
from harness.watch import EVERY_S
from tests.contract.fake import FakePlace, Policy
from tests.unit.recording import Recorded, but, reason, record, resolution, without

if TYPE_CHECKING:
    from harness.trial import Trial

HOST = Arm("here", docker_host(), Run(restart="always", copies=3))
AGAIN = Policy(restarts_after_s=1.0)
ENDING = [("stop", "resume"), ("stop_engine", "start_engine")]
STRIKES = ["stop", "pause", "stop_engine"]
NAMES = {"stop": "stop-node", "pause": "pause-node", "stop_engine": "stop-engine"}


def struck(how: str, back: str = "", *, after_s: float = 0.0, **kinds) -> Recorded:
    """All that is on the host is struck, and the host begun again after a while, or never."""

    def do(t: Trial):
        t.steady(replicas=3)
        getattr(t, how)("h1")
        if after_s:
            t.hold(after_s)
        if back:
            getattr(t, back)("h1")
        return t.restored(within_s=10.0)

    return record(do, **({"arm": HOST, "alone": True, "copies": 3} | kinds))


def outage(made: Recorded) -> float:
    """How long it really was away."""
    return max(end for _, end in made.place.outages) - min(begin for begin, _ in made.place.outages)


def waited(made: Recorded) -> float:
    return made.window.number("waited_s")


def victims(made: Recorded) -> dict[str, dict[str, str]]:
    return {e.who: {**e.facts, "what": e.what} for e in made.timeline.of(Kind.ACT) if "id" in e.facts}


# -- what was on the host ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", STRIKES)
def test_a_host_that_is_struck_strikes_each_copy_on_it_and_each_is_seen_to_be_silent(how):
    made = struck(how)
    steady = made.timeline.first(Kind.MARK, "steady")
    (order,) = (e for e in made.timeline.of(Kind.ACT) if e.who == "platform")
    silent = {e.facts["id"]: e for e in made.timeline.of(Kind.EVENT, "silent")}

    check(made.timeline, "x")
    assert {v["what"] for v in victims(made).values()} == {order.what} == {NAMES[how]}
    assert {v["id"] for v in victims(made).values()} == set(steady.facts["ids"].split()) == set(silent)
    assert {v["node"] for v in victims(made).values()} == {"h1"}
    assert {v["sent_s"] for v in victims(made).values()} == {order.facts["sent_s"]}
    assert all(e.at_s >= order.number("sent_s") for e in silent.values())


def test_only_the_copies_that_the_host_holds_are_struck():
    class Two(FakePlace):
        """The second and third copy are on another host."""

        def holds(self, node, replica):
            return super().holds(node, replica) and replica.name == "web-1"

    made = struck("pause", place=Two)

    assert list(victims(made)) == ["web-1"]
    assert made.timeline.first(Kind.EVENT, "silent").who == "web-1"


def test_a_site_that_tells_of_the_end_of_what_was_on_a_host_gives_the_receipt_as_well():
    class Knowing(FakePlace):
        """As the manager of a Swarm, which knows what became of another host's containers."""

        def look(self, scope):
            down, self.down = self.down, False
            try:
                return super().look(scope)
            finally:
                self.down = down

    made = struck("stop", place=Knowing)

    assert made.timeline.first(Kind.EVENT, "silent") is None
    assert {e.facts["code"] for e in made.timeline.of(Kind.EVENT, "died")} == {"137"}
    assert made.trials.restored() is None


@pytest.mark.parametrize("how", STRIKES)
def test_copies_that_go_on_answering_were_not_struck(how):
    class Deaf(FakePlace):
        def power(self, scope, node, how):
            return f"said {how} and did nothing"

    made = struck(how, place=Deaf)

    assert any("still missing" in e.facts.get("text", "") for e in made.timeline.of(Kind.NOTE))
    assert reason(made.trials.restored) == "no-receipt"


@pytest.mark.parametrize("how", STRIKES)
def test_a_host_that_could_not_be_struck_is_no_receipt(how):
    class Stubborn(FakePlace):
        def power(self, scope, node, how):
            raise OSError("no such container")

    assert reason(struck(how, place=Stubborn).trials.restored) == "no-receipt"


# -- what comes back -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("how", "back"), ENDING)
@pytest.mark.parametrize("after_s", [0.0, 4.0])
def test_copies_that_begin_again_with_their_host_are_restored_from_the_strike_on(how, back, after_s):
    made = struck(how, back, after_s=after_s, policy=AGAIN)
    (took,) = made.trials.restored().each_s

    check(made.timeline, "x")
    assert made.answer is True
    assert made.trials.in_place()
    assert outage(made) - 0.01 <= took <= outage(made) + resolution(0.0)
    assert after_s + 1.0 <= took <= after_s + 2.0
    assert made.pace.slowest_s == pytest.approx(took, abs=0.1)


@pytest.mark.parametrize(("how", "back"), ENDING)
def test_copies_that_nobody_starts_stay_away_though_their_host_is_back(how, back):
    made = struck(how, back)

    check(made.timeline, "x")
    assert made.answer is False
    assert made.trials.restored() is None
    assert 10.0 <= waited(made) <= 10.0 + EVERY_S
    assert {e.facts["id"] for e in made.timeline.of(Kind.EVENT, "died")} == {v["id"] for v in victims(made).values()}


@pytest.mark.parametrize("how", STRIKES)
def test_on_a_host_that_stays_away_nothing_begins_again(how):
    made = struck(how, policy=AGAIN)

    assert made.answer is False
    assert made.trials.restored() is None
    assert waited(made) >= 10.0
    assert {e.facts["value"] for e in made.timeline.of(Kind.SAMPLE)} == {"0"}


def test_a_host_that_was_paused_goes_on_with_the_same_processes_which_is_no_return():
    made = struck("pause", "resume", policy=AGAIN)

    assert made.answer is False
    assert made.trials.restored() is None
    assert list(made.timeline.of(Kind.EVENT, "died")) == []
    assert {e.facts["value"] for e in made.timeline.of(Kind.SAMPLE)} == {"3"}


def test_a_crash_whose_restart_the_pause_of_its_host_came_before_is_made_good_after_it():
    def do(t: Trial):
        first, *_ = t.steady(replicas=3)
        t.act(acts.crash, first)
        t.pause("h1")
        t.hold(5.0)
        t.resume("h1")
        t.hold(2.0)
        return [r.name for r in t.place.look(t.scope) if r.ready]

    made = record(do, arm=HOST, alone=True, copies=3, policy=AGAIN)

    assert len(made.answer) == 3
    assert [e.facts["id"] for e in made.timeline.of(Kind.EVENT, "serving")][3:] == ["thing-1/2"]


def test_whoever_asks_from_outside_sees_the_host_away():
    def do(t: Trial):
        t.steady(replicas=3)
        t.client(per_s=20, outside=True)
        t.hold(1.0)
        t.stop("h1")
        t.hold(3.0)
        t.resume("h1")
        t.restored(within_s=10.0)
        t.hold(1.0)

    made = record(do, arm=HOST, alone=True, copies=3, policy=AGAIN)
    (away,) = made.trials.outage().each_s

    assert away == pytest.approx(outage(made), abs=2 / 20)
    assert 0.0 < made.trials.failed() < 1.0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (without(Kind.ACT, "stop-node", nth=2), "no-receipt"),  # its end is one that nobody acted upon
        (but(Kind.ACT, "stop-node", {"ok": "no"}, nth=0), "no-receipt"),
        (but(Kind.MARK, "window", {"met": "yes"}), "contradiction"),
        (but(Kind.MARK, "window", {"waited_s": "9.9"}), "window-too-short"),
        (without(Kind.SAMPLE, "serving"), "too-few-samples"),
    ],
)
def test_one_falsified_fact_opens_whether_a_host_took_its_copies_with_it(change, expected):
    assert reason(struck("stop", "resume").falsified(change).restored) == expected


@pytest.mark.parametrize("how", STRIKES)
@pytest.mark.parametrize("nth", [0, 1, 2])
def test_each_copy_on_a_host_that_stays_away_needs_its_silence(how, nth):
    made = struck(how)

    assert reason(made.falsified(without(Kind.EVENT, "silent", nth=nth)).restored) == "no-receipt"


@pytest.mark.parametrize(("words", "receipt"), [(("silent",), True), (("died",), True), (("silent", "died"), False)])
def test_silence_or_an_end_is_the_receipt_of_a_host_that_was_struck(words, receipt):
    made = struck("stop", "resume")
    less = made.falsified(*(without(Kind.EVENT, word) for word in words))

    if receipt:
        assert less.restored() is None
    else:
        assert reason(less.restored) == "no-receipt"


# -- what may be broken --------------------------------------------------------------------------------------------


def calls(t: Trial) -> dict[str, object]:
    return {
        "stop": lambda: t.stop("h1"),
        "pause": lambda: t.pause("h1"),
        "stop_engine": lambda: t.stop_engine("h1"),
        "resume": lambda: t.resume("h1"),
        "start_engine": lambda: t.start_engine("h1"),
        "shell": lambda: t.shell("true", on="h1"),
        "take_away": lambda: t.take_away("kube-proxy", of="h1"),
        "reach": lambda: t.reach("web", within_s=1.0),
    }


VERBS = [*calls(None)]


class Untouched(FakePlace):
    """Nothing may be done to it."""

    def power(self, scope, node, how):
        raise AssertionError(how)

    shell = power


def refused(verb: str, match: str, **kinds) -> Recorded:
    def do(t: Trial):
        t.steady(replicas=1)
        with pytest.raises(TypeError, match=match):
            calls(t)[verb]()

    made = record(do, place=Untouched, **kinds)
    assert list(made.timeline.of(Kind.ACT)) == list(made.timeline.of(Kind.TRY)) == []
    return made


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("site", [engine, cluster])
def test_nothing_of_a_shared_site_may_be_broken_even_by_a_trial_that_is_alone(site, verb):
    match = "not a cluster of the lab's own" if verb in ("take_away", "reach") else f"{site.name} is shared"

    refused(verb, match, arm=Arm("here", site, Run()), alone=True)


@pytest.mark.parametrize("verb", STRIKES)
@pytest.mark.parametrize("site", [docker_host(), swarm()])
def test_a_host_on_which_others_are_may_not_be_struck(site, verb):
    refused(verb, r"say @scenario\(alone=True\)", arm=Arm("here", site, Run()))


class Deaf(FakePlace):
    """No Service answers there."""

    def reach(self, scope, service):
        raise Unanswered("timeout")


def test_a_service_that_never_answered_is_no_ground_to_take_anything_away():
    def do(t: Trial):
        t.steady(replicas=1)
        with pytest.raises(NotSteady, match="old did not answer before anything was done"):
            t.reach("old", within_s=1.0)

    record(do, place=Deaf, arm=Arm("here", own_cluster(), Run()))


@pytest.mark.parametrize("verb", ["take_away", "reach"])
@pytest.mark.parametrize("site", [docker_host(), swarm()])
def test_a_host_has_no_parts_and_no_services(site, verb):
    refused(verb, "not a cluster of the lab's own", arm=Arm("here", site, Run()), alone=True)


def test_on_a_cluster_of_the_labs_own_every_trial_is_alone():
    made = struck("stop", arm=Arm("here", own_cluster(2), Run()), alone=False)

    assert len(victims(made)) == 3


@pytest.mark.parametrize("verb", ["stop", "pause", "stop_engine"])
def test_a_host_that_is_not_there_cannot_be_struck(verb):
    with pytest.raises(Problem, match="h9"):
        record(lambda t: (t.steady(replicas=1), getattr(t, verb)("h9")), arm=HOST, alone=True)


# -- a command on a host -------------------------------------------------------------------------------------------


def commanded(command: str) -> Recorded:
    def do(t: Trial):
        t.steady(replicas=1)
        t.shell(command, on="h1")

    return record(do, arm=HOST)


def test_a_command_on_a_host_is_an_act_with_what_it_printed():
    made = commanded("hostname")
    (act,) = made.timeline.of(Kind.ACT)

    check(made.timeline, "x")
    assert (act.who, act.what, act.facts["ok"], act.facts["said"]) == ("platform", "shell", "yes", "hostname on h1")
    assert victims(made) == {}


def test_a_command_that_fails_is_no_receipt():
    made = commanded("false")
    (act,) = made.timeline.of(Kind.ACT)

    assert act.facts["ok"] == "no"
    assert "ended with code 1" in act.facts["why"]
    assert len(list(made.timeline.of(Kind.MARK, "by-hand"))) == 1  # what brought the arm up, and no more
    assert reason(lambda: check(made.timeline, "x")) == "no-receipt"
