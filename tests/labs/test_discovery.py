"""What a name leads to: what makes the verdicts open, and what turns one round."""

import pytest

from harness.judging import catalog
from tests.support.recorded import of, run

LAB = "discovery"
SERVICE, DOCKER = "k8s-service-discovery", "docker-lacks-service-discovery"

SABOTAGES = {
    "endpoints stay as they were": {SERVICE: "REFUTED"},
    "an address is given away again": {SERVICE: "INCONCLUSIVE same-address"},
    "the name server is stopped": {SERVICE: "INCONCLUSIVE standard-failed", DOCKER: "INCONCLUSIVE blank-failed"},
    "the name server freezes": {SERVICE: "INCONCLUSIVE standard-failed"},
    "a Service's selector is wrong": {SERVICE: "INCONCLUSIVE standard-failed"},
    "kube-proxy is stopped": {SERVICE: "INCONCLUSIVE standard-failed"},
    "a client is cut off": {SERVICE: "INCONCLUSIVE standard-failed"},
    "a copy answers for two": {SERVICE: "INCONCLUSIVE did-not-come"},
    "nothing comes back": {SERVICE: "INCONCLUSIVE did-not-come"},
    "comes back late": {},
    "one copy gets nothing": {},
    "requests are not shared": {},
    "acts do nothing": {SERVICE: "INCONCLUSIVE no-receipt"},
    "files are altered": dict.fromkeys((SERVICE, DOCKER), "INCONCLUSIVE altered"),
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB).words(), of(LAB, fault).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]


@pytest.mark.parametrize("lag_s", [1.0, 3.0])
def test_looks_that_lag_change_nothing(lag_s):
    assert run(catalog.lab(LAB), lag_s=lag_s).words() == of(LAB).words()


def test_how_long_it_takes_is_counted_from_the_removal():
    (reached_s,) = of(LAB).verdicts[SERVICE].measured.values()
    assert 1.0 < reached_s < 5.0


def test_on_any_network_that_somebody_made_the_name_is_found():
    cells = {t.cell: of(LAB).cell(t) for t in catalog.lab(LAB).cells.values()}
    found = {cell: cells[cell].sentences()[0] for cell in cells if cell.startswith("by name")}
    assert {cell: "never" in said for cell, said in found.items()} == {
        "by name @ Compose on a network of its own": False,
        "by name @ Compose on the default bridge": True,
        "by name @ Service of one": False,
        "by name @ run on a user-defined network": False,
    }
