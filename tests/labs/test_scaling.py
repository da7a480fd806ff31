"""Who changes the number of copies: what makes the verdicts open, and what turns one round."""

import pytest

from harness.judging import catalog
from harness.lab.site import Kind
from tests.support.fake.faults import Faults
from tests.support.recorded import of, run

LAB = "scaling"

MANUAL, LIMITED, FIVE_TIMES = (
    "docker-scaling-manual", "docker-scaling-limited-to-swarm", "asked-swarm-scales-five-times"
)  # fmt: skip
SABOTAGES = {
    "scaling does nothing": {
        MANUAL: "INCONCLUSIVE blank-failed",
        LIMITED: "INCONCLUSIVE blank-failed",
        FIVE_TIMES: "INCONCLUSIVE standard-failed",
    },
    "somebody scales up": {MANUAL: "INCONCLUSIVE standard-failed"},
    "loads cost nothing": {MANUAL: "INCONCLUSIVE blank-failed"},
    "programs do not run": {MANUAL: "INCONCLUSIVE blank-failed"},
    "a client is cut off": {MANUAL: "INCONCLUSIVE no-load"},
    "the client is silent": {MANUAL: "INCONCLUSIVE no-load"},
    "a look leaves one out": {MANUAL: "INCONCLUSIVE not-steady", FIVE_TIMES: "INCONCLUSIVE not-steady"},
    "looks fail for 8 s": {FIVE_TIMES: "INCONCLUSIVE standard-failed"},
    "status lags": {FIVE_TIMES: "INCONCLUSIVE standard-failed"},
    "figures are away": {},
    "figures are a minute old": {},
    "HPAs do nothing": {},
    "HPAs are for another": {},
    "HPAs take none away": {},
    "a command fails": {
        MANUAL: "INCONCLUSIVE no-receipt",
        LIMITED: "INCONCLUSIVE did-not-come",
        FIVE_TIMES: "INCONCLUSIVE no-receipt",
    },
    "refuses every copy": {
        MANUAL: "INCONCLUSIVE no-receipt",
        LIMITED: "INCONCLUSIVE no-receipt",
        FIVE_TIMES: "INCONCLUSIVE did-not-come",
    },
    "files are altered": {
        MANUAL: "INCONCLUSIVE altered",
        LIMITED: "INCONCLUSIVE altered",
        FIVE_TIMES: "INCONCLUSIVE altered",
    },
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB).words(), of(LAB, fault).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]


def parts(bench, claim):
    return {name: str(v.grade) for name, v in bench.docket.settled[claim].parts.items()}


def otherwise(kind, *faults):
    """The faults are those of one kind of sites alone."""

    def change(declared, site):
        if declared.kind is kind:
            site.faults = Faults(faults)
        return site

    return run(catalog.lab(LAB), change=change)


def test_load_changes_nothing_and_a_command_does():
    assert parts(of(LAB), MANUAL) == {"a": "CONFIRMED", "b": "CONFIRMED"}


def test_swarm_is_not_five_times_as_fast():
    assert of(LAB).word(FIVE_TIMES) == "REFUTED"


def test_on_an_engine_that_is_in_a_swarm_nothing_is_said_of_one_that_is_not():
    found = run(catalog.lab(LAB), commands={"docker info --format": "active"})
    assert found.word(LIMITED) == "INCONCLUSIVE did-not-come"
    assert found.word(MANUAL) == of(LAB).word(MANUAL)


def test_looks_that_lag_by_a_second_make_no_other_word_of_it_than_that_of_a_race_nothing_can_be_said():
    words = run(catalog.lab(LAB), lag_s=1.0).words()
    assert words in (of(LAB).words(), of(LAB).words() | {FIVE_TIMES: "INCONCLUSIVE standard-failed"})


def test_where_compose_alone_brings_no_more_it_is_swarm_that_scaling_ends_with():
    assert otherwise(Kind.ENGINE, "scaling does nothing").word(LIMITED) == "CONFIRMED"


def test_where_swarm_brings_no_more_either_nothing_is_said_of_it():
    assert otherwise(Kind.SWARM, "scaling does nothing").words() == of(LAB).words() | {
        MANUAL: "INCONCLUSIVE standard-failed",
        FIVE_TIMES: "INCONCLUSIVE standard-failed",
    }


@pytest.mark.parametrize("kind", [Kind.SWARM, Kind.CLUSTER])
def test_where_a_copy_dies_while_others_come_nobody_has_won_the_race(kind):
    found = otherwise(kind, "a copy dies unasked")
    assert found.word(FIVE_TIMES) == "INCONCLUSIVE not-steady"
