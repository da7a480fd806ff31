"""Who brings back what has ended: what makes the verdicts open, and what turns one round."""

import pytest

from tests.support.recorded import of

LAB = "selfhealing"

SABOTAGES = {
    "everything comes back": {
        "docker-no-auto-restart": "INCONCLUSIVE standard-failed",
        "docker-manual-stop-not-restarted": "INCONCLUSIVE standard-failed",
        "docker-restart-needs-compose-or-swarm": "INCONCLUSIVE standard-failed",
        "k8s-restarts-failed-containers": "INCONCLUSIVE blank-failed",
        "k8s-restores-desired-state": "INCONCLUSIVE blank-failed",
    },
    "nothing comes back": {
        "docker-no-auto-restart": "INCONCLUSIVE blank-failed",
        "docker-manual-stop-not-restarted": "INCONCLUSIVE blank-failed",
        "docker-restart-needs-compose-or-swarm": "INCONCLUSIVE blank-failed",
        "k8s-restarts-failed-containers": "INCONCLUSIVE standard-failed",
        "k8s-restores-desired-state": "INCONCLUSIVE standard-failed",
    },
    "Deployments do not heal": {
        "k8s-restarts-failed-containers": "INCONCLUSIVE standard-failed",
        "k8s-restores-desired-state": "REFUTED",
    },
    "comes back late": {
        "docker-no-auto-restart": "INCONCLUSIVE blank-failed",
        "docker-manual-stop-not-restarted": "INCONCLUSIVE blank-failed",
        "docker-restart-needs-compose-or-swarm": "INCONCLUSIVE blank-failed",
        "k8s-restarts-failed-containers": "INCONCLUSIVE standard-failed",
    },
    "acts do nothing": {
        "docker-no-auto-restart": "INCONCLUSIVE no-receipt",
        "docker-manual-stop-not-restarted": "INCONCLUSIVE no-receipt",
        "docker-restart-needs-compose-or-swarm": "INCONCLUSIVE no-receipt",
        "k8s-restarts-failed-containers": "INCONCLUSIVE no-receipt",
        "k8s-restores-desired-state": "INCONCLUSIVE no-receipt",
    },
    "acts hit another copy": {
        "k8s-restores-desired-state": "INCONCLUSIVE no-receipt",
    },
    "files are altered": {
        "docker-no-auto-restart": "INCONCLUSIVE altered",
        "docker-manual-stop-not-restarted": "INCONCLUSIVE altered",
        "k8s-restarts-failed-containers": "INCONCLUSIVE altered",
        "docker-restart-needs-compose-or-swarm": "INCONCLUSIVE altered",
        "k8s-restores-desired-state": "INCONCLUSIVE altered",
    },
    "refuses every copy": {
        "docker-no-auto-restart": "INCONCLUSIVE no-receipt",
        "docker-manual-stop-not-restarted": "INCONCLUSIVE no-receipt",
        "docker-restart-needs-compose-or-swarm": "INCONCLUSIVE no-receipt",
        "k8s-restarts-failed-containers": "INCONCLUSIVE did-not-come",
        "k8s-restores-desired-state": "INCONCLUSIVE did-not-come",
    },
    "a bystander ends": {
        "k8s-restores-desired-state": "INCONCLUSIVE no-receipt",
    },
    "replaced before the act": {
        "docker-no-auto-restart": "INCONCLUSIVE no-receipt",
        "docker-manual-stop-not-restarted": "INCONCLUSIVE no-receipt",
        "docker-restart-needs-compose-or-swarm": "INCONCLUSIVE no-receipt",
        "k8s-restarts-failed-containers": "INCONCLUSIVE blank-failed",
        "k8s-restores-desired-state": "INCONCLUSIVE no-receipt",
    },
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB).words(), of(LAB, fault).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]
