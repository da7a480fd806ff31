"""A part of Kubernetes is taken away: what makes the verdict over it open, and what turns it round."""

import pytest

from tests.support.recorded import of

LAB = "architecture"


def proxies(at, _):
    """On how many nodes kube-proxy is at work."""
    return str(sum(node.rules is None for node in at.site.nodes.all.values())), 0


LIKE = {"commands": {"kubectl get daemonset kube-proxy": proxies}}

SABOTAGES = {
    "strikes do nothing": {
        "kube-proxy-role": "INCONCLUSIVE did-not-come",
    },
    "the name server freezes": {
        "kube-proxy-role": "INCONCLUSIVE standard-failed",
    },
    "files are altered": {
        "kube-proxy-role": "INCONCLUSIVE altered",
    },
    "refuses every copy": {
        "kube-proxy-role": "INCONCLUSIVE did-not-come",
    },
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB, **LIKE).words(), of(LAB, fault, **LIKE).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]
