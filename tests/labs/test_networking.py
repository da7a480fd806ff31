"""One address for three copies: what makes the verdict open."""

import pytest

from tests.support.recorded import of

LAB = "networking"

SABOTAGES = {
    "requests are not shared": {
        "docker-network-needs-config": "INCONCLUSIVE no-goal",
    },
    "files are altered": {
        "docker-network-needs-config": "INCONCLUSIVE altered",
    },
    "refuses every copy": {
        "docker-network-needs-config": "INCONCLUSIVE no-receipt",
    },
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB).words(), of(LAB, fault).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]
