"""Where the number of copies follows the load: what makes the verdicts open, and what turns one round."""

import pytest

from harness.judging import catalog
from tests.support.recorded import of, run

LAB = "autoscaling"

DEMAND, CONTROLLERS, TRAFFIC, COMPLEX = (
    "k8s-autoscales-on-demand", "k8s-controllers-scale-pods", "k8s-scales-on-traffic",
    "docker-autoscale-more-complex",
)  # fmt: skip
KUBERNETES = (DEMAND, CONTROLLERS, TRAFFIC)
NOT_MET = {COMPLEX: "INCONCLUSIVE no-goal"}


def every(word, *ids):
    return dict.fromkeys(ids or (*KUBERNETES, COMPLEX), word)


SABOTAGES = {
    "HPAs do nothing": every("REFUTED", DEMAND, CONTROLLERS) | NOT_MET,
    "HPAs take none away": every("REFUTED", DEMAND, CONTROLLERS) | NOT_MET,
    "HPAs are for another": every("INCONCLUSIVE altered"),
    "figures are away": every("INCONCLUSIVE standard-failed", *KUBERNETES) | NOT_MET,
    "figures are a minute old": every("INCONCLUSIVE standard-failed", *KUBERNETES) | NOT_MET,
    "loads cost nothing": every("INCONCLUSIVE standard-failed", *KUBERNETES) | NOT_MET,
    "programs do not run": NOT_MET,
    "scaling does nothing": NOT_MET,
    "strikes do nothing": every("INCONCLUSIVE condition-failed", DEMAND, CONTROLLERS),
    "a client is cut off": every("INCONCLUSIVE no-load"),
    "the client is silent": every("INCONCLUSIVE no-load"),
    "a Service's selector is wrong": every("INCONCLUSIVE no-load"),
    "a copy answers for two": every("INCONCLUSIVE too-few", *KUBERNETES) | NOT_MET,
    "status lags": {},
    "refuses every copy": every("INCONCLUSIVE did-not-come", *KUBERNETES) | {COMPLEX: "INCONCLUSIVE no-receipt"},
    "files are altered": every("INCONCLUSIVE altered"),
}
"""What is done to the platform, and what becomes of the verdicts; those that are not named stay as they are."""


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB).words(), of(LAB, fault).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]


def test_where_somebody_else_scales_up_nothing_is_said_of_those_that_do():
    found = of(LAB, "somebody scales up").words()
    assert {found[id_].split()[0] for id_ in KUBERNETES} == {"INCONCLUSIVE"}
    assert found[COMPLEX] in ("CONFIRMED", "INCONCLUSIVE no-goal")


def parts(*faults):
    return {name: (str(v.grade), v.given) for name, v in of(LAB, *faults).docket.settled[TRAFFIC].parts.items()}


def test_the_number_follows_the_use_of_processors_under_three_conditions_and_not_the_requests():
    given = ("an HPA", "metrics-server", "a CPU request")
    assert parts() == {"a": ("CONDITIONAL", given), "b": ("REFUTED", ())}
    assert of(LAB).verdicts[DEMAND].given == of(LAB).verdicts[CONTROLLERS].given == given


@pytest.mark.parametrize("fault", ["HPAs do nothing", "HPAs take none away"])
def test_an_autoscaler_that_does_not_follow_is_found_out_by_a_loop_that_does(fault):
    assert parts(fault) == {"a": ("REFUTED", ()), "b": ("INCONCLUSIVE", ())}


def test_it_follows_within_the_time_that_old_figures_and_rare_looks_take():
    up_s, down_s = (of(LAB).verdicts[DEMAND].measured[name] for name in ("up_s", "down_s"))
    assert 5 < up_s < 46
    assert 10 < down_s < 60


def test_looks_that_lag_by_a_second_change_no_word():
    assert run(catalog.lab(LAB), lag_s=1.0).words() == of(LAB).words()
