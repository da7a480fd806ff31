"""A bad version is brought: what makes the verdict over who takes it back open, and what turns it round."""

import pytest

from tests.support.recorded import of

LAB = "rollback"
LIKE = {"commands": {"kubectl get deployment web": ("ProgressDeadlineExceeded", 0)}}

ID, SWARM = "k8s-automated-rollback", "asked-swarm-cannot-roll-back"


def both(why):
    return {ID: f"INCONCLUSIVE {why}", SWARM: f"INCONCLUSIVE {why}"}


SABOTAGES = {
    "undo is refused": {ID: "INCONCLUSIVE standard-failed"},
    "nobody takes it back unasked": {SWARM: "CONFIRMED"},
    "Swarm takes back whatever fails": {SWARM: "INCONCLUSIVE standard-failed"},
    "the bad version is good": both("did-not-come"),
    "updates do nothing": both("did-not-come"),
    "files are altered": both("altered"),
    "refuses every copy": both("did-not-come"),
    "a command fails": both("no-receipt"),
    "a command hangs": both("no-receipt"),
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB, **LIKE).words(), of(LAB, fault, **LIKE).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]


def parts(*faults):
    return {part: str(v.grade) for part, v in of(LAB, *faults, **LIKE).docket.settled[ID].parts.items()}


def test_nobody_takes_it_back_and_one_command_does():
    assert parts() == {"a": "REFUTED", "b": "CONFIRMED"}


def test_a_command_that_says_it_was_done_and_does_nothing_refutes_what_it_is_for():
    assert parts("undo does nothing") == {"a": "INCONCLUSIVE", "b": "REFUTED"}
