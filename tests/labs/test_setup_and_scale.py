"""A hundred copies: what makes the verdict open."""

import pytest

from tests.support.recorded import of

LAB = "setup-and-scale"

SABOTAGES = {
    "files are altered": {
        "docker-few-containers": "INCONCLUSIVE altered",
    },
    "refuses every copy": {
        "docker-few-containers": "INCONCLUSIVE blank-failed",
    },
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB).words(), of(LAB, fault).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]
