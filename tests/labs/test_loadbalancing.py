"""Many connections to three copies: what makes the verdicts open, and what turns them round."""

import pytest

from harness.judging import catalog
from tests.support.recorded import of, run

LAB = "loadbalancing"
DOCKER, SWARM = "docker-lb-basic", "swarm-vip-load-balancing"
SERVICE, FORWARD = "k8s-service-lb-builtin", "asked-port-forward-balances"
ALL = (DOCKER, SWARM, SERVICE, FORWARD)
NOT_SHARED = dict.fromkeys((DOCKER, SWARM, SERVICE), "REFUTED") | {FORWARD: "INCONCLUSIVE standard-failed"}

SABOTAGES = {
    "requests are not shared": NOT_SHARED,
    "one copy gets nothing": NOT_SHARED,
    "a copy answers for two": dict.fromkeys(ALL, "INCONCLUSIVE did-not-come"),
    "the name server is stopped": dict.fromkeys((DOCKER, SWARM, SERVICE), "INCONCLUSIVE standard-failed"),
    "a Service's selector is wrong": {
        SERVICE: "INCONCLUSIVE nobody-answered",
        FORWARD: "INCONCLUSIVE no-receipt",
    },
    "kube-proxy is stopped": {
        SERVICE: "INCONCLUSIVE nobody-answered",
        FORWARD: "INCONCLUSIVE standard-failed",
    },
    "a client is cut off": dict.fromkeys(ALL, "INCONCLUSIVE standard-failed"),
    "the client is silent": dict.fromkeys(ALL, "INCONCLUSIVE too-few-requests"),
    "files are altered": dict.fromkeys(ALL, "INCONCLUSIVE altered"),
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB).words(), of(LAB, fault).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]


def parts(bench, id_):
    return {part: (str(v.grade), v.given) for part, v in bench.docket.settled[id_].parts.items()}


def test_a_name_needs_a_network_and_one_port_of_the_host_a_proxy():
    assert parts(of(LAB), DOCKER) == {
        "a": ("CONDITIONAL", ("a user-defined network",)), "b": ("CONDITIONAL", ("a proxy",)),
    }  # fmt: skip


def test_one_forwarded_port_leads_to_one_pod():
    assert "1 of three copies" in of(LAB).verdicts[FORWARD].sentence


@pytest.mark.parametrize("lag_s", [1.0, 3.0])
def test_looks_that_lag_change_nothing(lag_s):
    assert run(catalog.lab(LAB), lag_s=lag_s).words() == of(LAB).words()


def test_where_the_kernel_has_no_ipvs_only_the_name_of_a_swarm_service_is_judged():
    found = run(catalog.lab(LAB), lacking=frozenset({"IPVS"}))
    assert parts(found, SWARM) == {"a": ("UNAVAILABLE", ()), "b": ("CONFIRMED", ())}
    assert not [line for line in found.lines if getattr(line[1], "cell", "").endswith("virtual address")]
    assert {id_: word for id_, word in found.words().items() if word != of(LAB).word(id_)} == {
        SWARM: "UNAVAILABLE lacking"
    }
