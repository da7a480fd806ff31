"""What questions and clients are called in a recording."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from harness.lab.open_site import Ask
from harness.model.entries import label


@dataclass(frozen=True)
class TakenBack:
    ended_too: bool = False
    within_s: float = 3.0


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (TakenBack(), "taken back"),
        (TakenBack(ended_too=True), "taken back (ended_too=True)"),
        (TakenBack(ended_too=True, within_s=5.0), "taken back (ended_too=True, within_s=5.0)"),
        (Ask(), "ask"),
        (Ask(20.0, at="outside"), "ask (per_s=20.0, at=outside)"),
    ],
)
def test_all_that_is_not_at_its_default_is_in_the_name(value, told):
    assert label(value) == told
