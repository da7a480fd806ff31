"""The bench measured by its own questions: sound, and where what is known does not come to pass."""

import pytest

from tests.support.recorded import of

LAB = "calibrate"
SABOTAGES = {
    "acts do nothing": {
        "bench-outage": "INCONCLUSIVE no-receipt",
        "bench-requests": "INCONCLUSIVE blank-failed",
        "bench-restarts": "INCONCLUSIVE no-receipt",
    },
    "comes back late": {"bench-restarts": "INCONCLUSIVE standard-failed"},
    "the client breaks off": {
        "bench-outage": "INCONCLUSIVE client-broke-off",
        "bench-requests": "INCONCLUSIVE did-not-come",
    },
}


@pytest.mark.parametrize("fault", SABOTAGES)
def test_what_is_done_to_the_platform_shows_in_the_verdicts(fault):
    sound, found = of(LAB).words(), of(LAB, fault).words()
    assert {id_: word for id_, word in found.items() if word != sound[id_]} == SABOTAGES[fault]


def test_all_that_is_known_is_found():
    assert set(of(LAB).words().values()) == {"CONFIRMED"}
