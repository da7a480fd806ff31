"""Who notices that a copy is ill: what makes the verdicts open."""

import pytest

from tests.support.recorded import of

LAB = "healthchecks"

SABOTAGES = {
    "nothing comes back": {
        "health-check-restart": "INCONCLUSIVE standard-failed",
    },
    "Deployments do not heal": {
        "health-check-restart": "INCONCLUSIVE standard-failed",
    },
    "nobody is left out": {
        "k8s-lb-only-healthy": "INCONCLUSIVE standard-failed",
    },
    "requests are not shared": {
        "k8s-lb-only-healthy": "INCONCLUSIVE not-steady",
    },
    "acts do nothing": {
        "health-check-restart": "INCONCLUSIVE no-receipt",
        "k8s-lb-only-healthy": "INCONCLUSIVE no-receipt",
    },
    "acts hit another copy": {
        "k8s-lb-only-healthy": "INCONCLUSIVE no-receipt",
    },
    "the name server freezes": {
        "k8s-lb-only-healthy": "INCONCLUSIVE nobody-asked",
    },
    "files are altered": {
        "health-check-restart": "INCONCLUSIVE altered",
        "k8s-lb-only-healthy": "INCONCLUSIVE altered",
    },
    "refuses every copy": {
        "health-check-restart": "INCONCLUSIVE did-not-come",
        "k8s-lb-only-healthy": "INCONCLUSIVE did-not-come",
    },
    "replaced before the act": {
        "health-check-restart": "INCONCLUSIVE no-receipt",
        "k8s-lb-only-healthy": "INCONCLUSIVE no-receipt",
    },
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB).words(), of(LAB, fault).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]
