"""A new version is brought: what makes the verdicts about it open, and what turns them round."""

import pytest

from tests.support.recorded import of

LAB = "rollout"
ROLLING, DECLARED, DEPLOY = "k8s-rolling-update", "k8s-declarative", "docker-deploy-manual-or-compose"
DEFAULT, PORT = "asked-zero-downtime-by-default", "asked-compose-update-interrupts"


def objects(world, _):
    """The Deployment and its Pods, as the platform in memory has them."""
    known = world.platform.namespace.owned["web"]
    template = dict(known.revisions[-1].env)
    changes = known.workload.n - 2 + len(known.revisions)
    pods = [f"Pod {c.thing} 1  " for c in world.platform.namespace.of("web")]
    return "\n".join([f"Deployment d1 {changes} {known.workload.n} {template}", *pods])


LIKE = {"commands": {"kubectl get deployments,pods": objects}}

EVERY, ASKED = (ROLLING, DECLARED, DEPLOY, DEFAULT, PORT), (ROLLING, DEFAULT, PORT)


def open_(why, *claims):
    return dict.fromkeys(claims, f"INCONCLUSIVE {why}")


STANDARD = "standard-failed"
SABOTAGES = {
    "updates do nothing": open_("did-not-come", ROLLING, DEPLOY, DEFAULT, PORT),
    "every copy says that it is the new version": open_("did-not-come", *EVERY),
    "a copy answers for two": open_("did-not-come", ROLLING, DECLARED, DEPLOY, DEFAULT),
    "somebody scales up": open_("did-not-come", *EVERY),
    "a client is cut off": open_(STANDARD, ROLLING, DEFAULT) | open_("blank-failed", PORT),
    "the client breaks off": open_("did-not-come", *ASKED),
    "the client is silent": open_("did-not-come", *ASKED),
    "requests are lost": open_("client-broke-off", *ASKED),
    "a Service's selector is wrong": open_(STANDARD, ROLLING, DEFAULT),
    "kube-proxy is stopped": open_(STANDARD, ROLLING, DEFAULT),
    "files are altered": open_("altered", *EVERY),
    "a command fails": open_("no-receipt", ROLLING, DEPLOY, DEFAULT, PORT) | open_(STANDARD, DECLARED),
    "everything comes back": open_("blank-failed", DEPLOY),
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""

TRUE_THEN = {
    "nobody is left out": "one that ends is asked until it is gone",
    "endpoints stay as they were": "those that have gone are asked",
    "updates come at once": "all old ones end at the same moment",
}
"""Another platform, of which another verdict is true."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB, **LIKE).words(), of(LAB, fault, **LIKE).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]


def test_on_a_sound_platform():
    assert of(LAB, **LIKE).words() == {
        ROLLING: "CONDITIONAL", DECLARED: "CONFIRMED", DEPLOY: "REFUTED", DEFAULT: "REFUTED", PORT: "CONFIRMED",
    }  # fmt: skip


@pytest.mark.parametrize("fault", TRUE_THEN)
def test_on_a_platform_that_loses_requests_with_probe_and_pause_it_does(fault):
    found = of(LAB, fault, **LIKE)
    assert (found.word(ROLLING), found.word(DEFAULT)) == ("REFUTED", "INCONCLUSIVE standard-failed")


def test_how_few_were_ready_and_what_was_lost_are_told_in_numbers():
    found = of(LAB, **LIKE).docket.settled
    ready, lost = (str(found[ROLLING].parts[part].sentence) for part in "ab")
    assert "at least 3 of 4 were ready" in ready
    assert "of 2," in lost
    assert "95 of 100 times" in lost
    assert "reset" in of(LAB, **LIKE).verdicts[PORT].sentence
    assert found[DEPLOY].parts["b"].sentence.startswith("1 command for 5 copies")
