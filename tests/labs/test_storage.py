"""The verdict of storage on its recorded run, and on the same run with what was read falsified."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from harness import catalog, court, journal
from harness.model.timeline import Kind, Timeline
from harness.model.verdict import Grade

PARTS = {c.part: c for c in catalog.lab("storage").claims}
CELLS = {"a": "remove and recreate @ named volume", "b": "remove and recreate @ bind mount"}
LAYER = "remove and recreate @ writable layer"


@cache
def recorded() -> dict[str, tuple[Timeline, ...]]:
    return journal.read(catalog.FOLDER / "recorded" / "storage").of_lab("storage")


def reading(timeline: Timeline, **facts: str) -> Timeline:
    read = timeline.last(Kind.TRY, "read")
    changed = (replace(e, facts={**e.facts, **facts}) if e is read else e for e in timeline.entries)
    return replace(timeline, entries=tuple(changed))


@pytest.mark.parametrize("part", PARTS)
def test_all_eight_mebibytes_outlive_the_container(part):
    verdict = court.settle(PARTS[part], recorded())

    assert (verdict.grade, verdict.measured["bytes"]) == (Grade.CONFIRMED, 8 << 20)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    "facts", [{"data": "8388608:0"}, {"data": "none"}, {"ok": "no"}, {"by": "somebody"}], ids=str
)
def test_another_reading_in_one_trial_opens_the_verdict(part, facts):
    first, *others = recorded()[CELLS[part]]
    verdict = court.settle(PARTS[part], recorded() | {CELLS[part]: (reading(first, **facts), *others)})

    assert verdict.grade is Grade.INCONCLUSIVE


@pytest.mark.parametrize("part", PARTS)
def test_nothing_read_in_any_trial_refutes(part):
    nothing = tuple(reading(t, data="none") for t in recorded()[CELLS[part]])

    assert court.settle(PARTS[part], recorded() | {CELLS[part]: nothing}).grade is Grade.REFUTED


@pytest.mark.parametrize("part", PARTS)
def test_a_layer_that_outlived_its_container_would_open_the_verdict(part):
    kept = recorded()[CELLS[part]]

    assert court.settle(PARTS[part], recorded() | {LAYER: kept}).reason == "blank-failed"
