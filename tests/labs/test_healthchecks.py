"""Who notices that a copy is ill: what makes the verdicts open."""

import pytest

from harness.judging import catalog
from harness.model.entries import Planned
from harness.model.lines import Trouble
from tests.support.recorded import of, run

LAB = "healthchecks"


def health(world, _):
    """As Docker tells it of the one copy that there is."""
    ill = [c for c in world.estate.copies if c.container.health and c.unhealthy >= c.container.health.failures]
    return ("unhealthy" if ill else "healthy"), 0


LIKE = {"commands": {"docker compose ps": health}}

SABOTAGES = {
    "nothing comes back": {
        "asked-policy-heals-unhealthy": "INCONCLUSIVE standard-failed",
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
        "asked-policy-heals-unhealthy": "INCONCLUSIVE no-receipt",
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
        "asked-policy-heals-unhealthy": "INCONCLUSIVE altered",
        "health-check-restart": "INCONCLUSIVE altered",
        "k8s-lb-only-healthy": "INCONCLUSIVE altered",
    },
    "refuses every copy": {
        "asked-policy-heals-unhealthy": "INCONCLUSIVE no-receipt",
        "health-check-restart": "INCONCLUSIVE did-not-come",
        "k8s-lb-only-healthy": "INCONCLUSIVE did-not-come",
    },
    "replaced before the act": {
        "asked-policy-heals-unhealthy": "INCONCLUSIVE no-receipt",
        "health-check-restart": "INCONCLUSIVE no-receipt",
        "k8s-lb-only-healthy": "INCONCLUSIVE no-receipt",
    },
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB, **LIKE).words(), of(LAB, fault, **LIKE).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]


def test_where_nobody_called_it_unhealthy_nothing_is_shown_of_what_becomes_of_such():
    blind = {"commands": {"docker compose ps": ("healthy", 0)}}
    assert run(catalog.lab(LAB), **blind).word("asked-policy-heals-unhealthy") == "INCONCLUSIVE did-not-come"


def test_a_trial_whose_client_stalled_is_run_once_more_and_the_verdict_is_as_it_would_have_been():
    disturbed = of(LAB, "one client stalls", **LIKE)
    assert disturbed.words() == of(LAB, **LIKE).words()
    again = [one for _, one in disturbed.lines if isinstance(one, Planned) and one.rerun]
    assert again
    why = [one.text for _, one in disturbed.lines if isinstance(one, Trouble)]
    assert any("the client sent nothing for" in text for text in why)
