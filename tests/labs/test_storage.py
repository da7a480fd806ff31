"""What outlives a container: what makes the verdict open."""

import pytest

from tests.support.recorded import of

LAB = "storage"

SABOTAGES = {
    "data is lost": {
        "docker-volumes-persist": "INCONCLUSIVE standard-failed",
    },
    "acts do nothing": {
        "docker-volumes-persist": "INCONCLUSIVE no-receipt",
    },
    "files are altered": {
        "docker-volumes-persist": "INCONCLUSIVE altered",
    },
    "refuses every copy": {
        "docker-volumes-persist": "INCONCLUSIVE no-receipt",
    },
    "replaced before the act": {
        "docker-volumes-persist": "INCONCLUSIVE no-receipt",
    },
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB).words(), of(LAB, fault).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]
