"""A run step by step: what a learner is asked, and what came of it beside what was expected."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from harness.lab.acts import writes
from harness.lab.cell import Scenario
from harness.lab.questions import Number, Restored
from harness.lab.questions.kept import NONE, READ
from harness.lab.timeline import Step, Timeline
from harness.model.entries import Entry, Receipt
from harness.model.errors import Interrupted
from harness.model.verdict import NotShown
from harness.views.show import Show
from harness.views.step import Stepper, came_through, read
from tests.support.fake import VirtualClock
from tests.support.lines import acted, copy, serving, told, window

ARMS = ["bare", "restarting", "cluster"]
CRASH = Scenario("crash", "It crashes,\n    and nobody helps.", lambda _t: None, asks="Which come back?")


class Learner:
    """Answers what was written down beforehand, and keeps what was asked."""

    def __init__(self, *answers: str) -> None:
        self._answers, self.asked = list(answers), []
        self.file = io.StringIO()
        console = Console(file=self.file, width=200)
        self.show = Show(console, lambda: 0.0, by_itself=False)
        self.stepper = Stepper(console, self.show, self._answer)
        self.stepper.begin(CRASH, ARMS)

    def _answer(self, prompt: str) -> str:
        self.asked.append(prompt)
        assert self.show._showing.locked()
        return self._answers.pop(0)

    def comes_to(self, number: int, what: str = "crash"):
        """A trial comes to its gate, and whoever looks on is asked."""
        gate = self.stepper.gate(number, what)
        self.stepper.answer()
        return gate

    @property
    def told(self) -> list[str]:
        return [line.strip() for line in self.file.getvalue().splitlines() if line.strip()]


def recording(*lines, wrong: str = "") -> Timeline:
    """Each window was for a question of its own."""
    entries: list[Entry] = []
    steps: dict[str, Step] = {}
    for _, one in lines:
        entries.append(one)
        if isinstance(one, Receipt):
            question = {"restored": Restored(), "number n=1": Number(1)}.get(one.name)
            steps[f"r{len(steps) + 1}"] = Step(one, len(entries), question)
    return Timeline(tuple(entries), 1, steps, NotShown("broke", wrong) if wrong else None)


MET, UNMET = (recording(acted(), window(proved=proved)) for proved in (True, False))
BROKE = recording(acted(), window(), wrong="no copy")

# -- guesses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "arms"),
    [
        ("2", ["restarting"]),
        ("1 3", ["bare", "cluster"]),
        ("3,1", ["bare", "cluster"]),
        ("1, 2,3", ARMS),
        ("2 2", ["restarting"]),
        ("all", ARMS),
        ("none", []),
    ],
)
def test_a_guess_names_arms_by_their_numbers(said, arms):
    assert read(said, ARMS) == frozenset(arms)


def test_nothing_typed_is_no_guess():
    assert read("", ARMS) is None


@pytest.mark.parametrize("said", ["0", "4", "-1", "1 4", "1;2", "bare", "1 all", "²", "1.0", "yes", ","])
def test_nonsense_is_told_with_what_would_be_understood(said):
    with pytest.raises(ValueError, match="numbers from 1 to 3, all, none"):
        read(said, ARMS)


def test_after_nonsense_it_is_asked_again():
    learner = Learner("what?", "9", " ALL ")
    learner.comes_to(0)

    assert learner.asked == ["  > "] * 3
    assert learner.told[-2:] == [
        "'what?' is none of: numbers from 1 to 3, all, none",
        "'9' is none of: numbers from 1 to 3, all, none",
    ]


def test_before_it_is_asked_the_plan_and_the_arms_are_told():
    learner = Learner("1")
    learner.comes_to(0)

    assert learner.told == [
        "crash",
        "It crashes, and nobody helps.",
        "1  bare",
        "2  restarting",
        "3  cluster",
        "Which come back? Numbers, all or none; Enter if you would rather not guess.",
    ]


def test_an_arm_of_several_trials_is_named_once():
    learner = Learner("2")
    learner.stepper.begin(CRASH, ["one", "two", "one", "two"])
    learner.comes_to(0)

    assert [line for line in learner.told if line[0].isdigit()] == ["1  one", "2  two"]


def test_that_nobody_will_answer_any_more_ends_the_run():
    def nobody(_prompt: str) -> str:
        raise EOFError

    learner = Learner()
    learner.stepper._ask = nobody
    with pytest.raises(Interrupted) as caught:
        learner.comes_to(0)
    assert caught.value.code == 130


# -- gates ---------------------------------------------------------------------------------------------------------


def test_a_gate_is_closed_until_somebody_has_answered():
    learner = Learner("all")
    gate = learner.stepper.gate(0, "crash")
    assert not gate.is_set()

    learner.stepper.answer()
    assert gate.is_set()


def test_all_trials_of_a_scenario_come_to_the_same_gate_and_one_answer_opens_it():
    learner = Learner("all")
    first, second = learner.stepper.gate(0, "crash"), learner.stepper.gate(0, "crash")
    learner.stepper.answer()

    assert first is second
    assert learner.comes_to(0).is_set()
    assert len(learner.asked) == 1


def test_what_is_done_next_has_a_gate_of_its_own_without_a_guess():
    learner = Learner("all", "")
    learner.comes_to(0)
    second = learner.stepper.gate(1, "scale")
    assert not second.is_set()

    learner.stepper.answer()
    assert second.is_set()
    assert learner.asked == ["  > ", "  Next: scale. Enter to go on: "]


def test_another_scenario_begins_with_closed_gates_and_another_guess():
    learner = Learner("all", "none")
    learner.comes_to(0)
    learner.stepper.begin(Scenario("hang", "It hangs.", lambda _t: None), ARMS)
    gate = learner.stepper.gate(0, "hang")
    assert not gate.is_set()

    learner.stepper.answer()
    learner.stepper.over({arm: [UNMET] for arm in ARMS})
    assert (learner.stepper.right, learner.stepper.asked) == (3, 3)


def test_a_client_is_named_in_words_before_it_begins():
    learner = Learner("all", "")
    learner.comes_to(0)
    learner.comes_to(1, "ask per_s=20.0 at='outside'")

    assert learner.asked[-1] == "  Next: a client begins to ask. Enter to go on: "


def test_whoever_waits_at_a_gate_goes_on_in_the_moment_in_which_it_opens():
    clock, went = VirtualClock(), []
    learner = Learner("all")
    learner.stepper._clock = clock
    for _ in range(2):
        clock.spawn(lambda: went.append((learner.stepper.gate(0, "crash").wait(60.0), clock.now())))
    clock.after(7.0, learner.stepper.answer)
    clock.sleep(30.0)

    assert went == [(True, 1007.0)] * 2


def test_a_gate_that_stays_closed_is_waited_for_no_longer_than_was_said():
    clock = VirtualClock()
    learner = Learner()
    learner.stepper._clock = clock

    assert not learner.stepper.gate(0, "crash").wait(2.5)
    assert clock.now() == 1002.5


def test_where_no_trial_waits_nobody_is_asked():
    learner = Learner()
    learner.stepper.answer()

    assert learner.asked == []


def test_a_trial_can_come_to_its_gate_while_somebody_thinks():
    learner = Learner()
    came = threading.Event()

    def thinks(_prompt: str) -> str:
        other = threading.Thread(target=lambda: (learner.stepper.gate(0, "crash"), came.set()))
        other.start()
        assert came.wait(10)
        other.join()
        return "all"

    learner.stepper._ask = thinks
    assert learner.comes_to(0).is_set()


# -- what came of it -----------------------------------------------------------------------------------------------

WRITER, READER = [serving("one"), copy("died", "one", 3.0)], serving("two", 4.0)


def data(said: str, read: str, *, proved: bool = True, by: str = "i-two", no: str = "") -> Timeline:
    wrote = acted(writes(8).name, 2.0, victims=("one",), by=("i-one",), said=said, proved=proved)
    must = window("number n=1", 4.0, must=True)
    return recording(
        WRITER[0], wrote, WRITER[1], acted("remove", 3.0, victims=("one",)), READER, must,
        told(READ, read, 5.0, by=by, of="two", no=no),
    )  # fmt: skip


STEADY = window("number n=1", 1.0, must=True)


@pytest.mark.parametrize(
    ("timeline", "came"),
    [
        (MET, True),
        (UNMET, False),
        (BROKE, None),
        (recording(acted()), None),
        (recording(STEADY, acted(), window(proved=False)), False),
        (recording(acted(), window(proved=True), window(proved=False)), False),
        (recording(acted(), window(proved=False), window(proved=True)), True),
        (recording(acted(), window(proved=False), STEADY), False),
        (recording(STEADY, acted()), True),
        (data("8:abc", "8:abc"), True),
        (data("8:abc", NONE), False),
        (data("8:abc", "8:abd"), None),
        (data("8:abc", "", no="silent"), None),
        (data("", "8:abc", proved=False), None),
        (data("8:abc", "8:abc", by="i-one"), None),
    ],
)
def test_whether_what_was_watched_for_came(timeline, came):
    assert came_through(timeline) is came


def outcomes(guess: str, **timelines):
    learner = Learner(guess)
    learner.comes_to(0)
    before = len(learner.told)
    learner.stepper.over(timelines)
    return learner, learner.told[before:]


def test_what_came_stands_beside_what_was_expected():
    learner, told = outcomes("1 2", bare=[UNMET], restarting=[MET], cluster=[UNMET])

    assert told == [
        "bare: no  not what you expected",
        "restarting: yes  as you expected",
        "cluster: no  as you expected",
    ]
    assert (learner.stepper.right, learner.stepper.asked) == (2, 3)


def test_without_a_guess_it_is_told_and_not_counted():
    learner, told = outcomes("", bare=[UNMET], restarting=[MET])

    assert told == ["bare: no", "restarting: yes"]
    assert learner.stepper.asked == 0


@pytest.mark.parametrize("timelines", [(), (BROKE,), (MET, BROKE)], ids=["none", "broken", "one of two broken"])
def test_of_an_arm_that_was_not_seen_through_nothing_is_told(timelines):
    learner, told = outcomes("1", bare=timelines, restarting=[MET])

    assert told == ["restarting: yes  not what you expected"]
    assert learner.stepper.asked == 1


def test_an_arm_came_through_where_all_its_trials_did():
    _, told = outcomes("all", bare=[MET, UNMET], restarting=[MET, MET])

    assert told == ["bare: no  not what you expected", "restarting: yes  as you expected"]


def test_the_score_is_told_over_all_scenarios():
    learner, _ = outcomes("1", bare=[MET], restarting=[MET])
    learner.stepper.begin(CRASH, ["bare"])
    learner.stepper.over({"bare": [MET]})
    learner.stepper.score()

    assert learner.told[-1] == "You guessed 1 of 2 outcomes right."


def test_whoever_did_not_guess_gets_no_score():
    learner, told = outcomes("", bare=[MET])
    learner.stepper.score()

    assert learner.told[-1] == told[-1] == "bare: yes"
