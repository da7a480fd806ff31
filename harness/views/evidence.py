"""What a verdict rests on, as every view tells it: commands, entries, the judge's answers, predictions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from harness import court
from harness.model.arm import Files
from harness.model.timeline import Kind
from harness.outcome import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.court import Recorded
    from harness.model.arm import Arm
    from harness.model.claim import Claim
    from harness.model.timeline import Entry, Timeline
    from harness.model.verdict import Verdict
    from harness.outcome import Finding
    from harness.register import Claim as Known

QUIET = (Kind.SAMPLE, Kind.REQUEST)
"""Of these there are hundreds; how many there were is said."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the judge says of the cells in one role; nothing where the recording is damaged."""

    role: str
    cells: tuple[str, ...]
    verdict: Verdict | None


def answers(claim: Claim, found: Finding, recorded: Recorded, lacking: frozenset[str]) -> Iterator[Answer]:
    for role, cells, verdict in court.account(claim, recorded, lacking):
        yield Answer(role, cells, None if found.verdict.reason == DAMAGED else verdict)


def part_sentence(claim: Claim, known: Known) -> str:
    return next((part.sentence for part in known.parts if part.name == claim.part), "")


def within(value: float, band: tuple[float, float]) -> str:
    low, high = band
    return "as predicted" if low <= value <= high else "outside of what was predicted"


def by_hand(arm: Arm, timelines: tuple[Timeline, ...], lab: str) -> list[str]:
    """As the recording says; one of an older version does not, and the arm does."""
    typed = [e.facts["command"] for t in timelines[:1] for e in t.of(Kind.MARK, "by-hand") if "command" in e.facts]
    in_folder = [f"cd manifests/{lab}"] if isinstance(arm.recipe, Files) else []
    return in_folder + ([_times(same, len(list(each))) for same, each in groupby(typed)] or [str(arm.recipe)])


def _times(command: str, count: int) -> str:
    return command if count == 1 else f"{command} ({count} times)"


def entries(timeline: Timeline) -> Iterator[Entry]:
    """Those that can be read one by one."""
    return (entry for entry in timeline.entries if entry.kind not in QUIET)


def not_shown(timeline: Timeline) -> str:
    left_out = {kind: sum(1 for _ in timeline.of(kind)) for kind in QUIET}
    told = " and ".join(f"{count} {kind}s" for kind, count in left_out.items() if count)
    return f"({told} are not shown)" if told else ""
