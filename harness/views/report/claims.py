"""One claim as the page tells it: its verdict, its trials by the roles that they play, the judge's answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.outcome import DAMAGED
from harness.views import evidence
from harness.views.report.numbers import Number, numbers_of
from harness.views.words import in_words, surprise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.court import Recorded
    from harness.model.claim import Claim, Lab
    from harness.outcome import Finding
    from harness.register import Claim as Known
    from harness.register import Register
    from harness.views.evidence import Answer
    from harness.views.report.recordings import Cell, Recordings, Trial

TONES = {"green": "expected", "red": "surprising", "yellow": "open"}
FARTHER = 2.0
"""A chart that is so many times longer than what happened in it can be looked at from near by."""


@dataclass(frozen=True, slots=True)
class Group:
    """The trials of one cell, and what they are there for."""

    roles: str
    cell: Cell

    @property
    def label(self) -> str:
        """What a person who cannot see the chart is told in its place."""
        first = self.cell.trials[0].drawn
        many = f"{len(self.cell.trials)} trials of" if len(self.cell.trials) > 1 else "One trial of"
        return f"{many} {self.cell.name}, {self.roles}. The first: {first.words}."


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    sentence: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Told:
    found: Finding
    known: Known
    words: str
    word: str
    tone: str
    numbers: tuple[Number, ...]
    parts: tuple[Part, ...]
    groups: tuple[Group, ...]
    not_run: tuple[str, ...]
    """Cells that it asks about and of which nothing was recorded."""

    @property
    def damaged(self) -> bool:
        return self.found.verdict.reason == DAMAGED

    @property
    def trials(self) -> list[Trial]:
        return [trial for group in self.groups for trial in group.cell.trials]

    @property
    def axis(self) -> tuple[float, float, float]:
        """From when on, until when, and until when if only what happened counts: the same for all its charts."""
        drawn = [trial.drawn for trial in self.trials]
        begins, ends = min(d.from_s for d in drawn), max(d.to_s for d in drawn)
        near = begins + 1.1 * (max(d.last_s for d in drawn) - begins)
        ends += 0.01 * (ends - begins)
        return round(begins, 3), round(ends, 3), round(near if near * FARTHER < ends else ends, 3)

    @property
    def zero(self) -> str:
        kinds = dict.fromkeys(trial.drawn.zero for trial in self.trials)
        return " or ".join(kinds)


def told(
    lab: Lab,
    found: Finding,
    recorded: Recorded,
    register: Register,
    lacking: frozenset[str],
    recordings: Recordings,
) -> Told:
    known = register.claim(found.id)
    claims = [claim for claim in lab.claims if claim.id == found.id]
    roles = _roles(claims)
    word, colour = surprise(found)
    return Told(
        found=found,
        known=known,
        words="not judged" if found.verdict.reason == DAMAGED else in_words(found),
        word=word,
        tone=TONES[colour],
        numbers=tuple(numbers_of(found, known)),
        parts=tuple(_parts(claims, found, known, recorded, lacking)),
        groups=tuple(
            Group(told, recordings.cells[lab.name, name]) for name, told in roles.items() if recorded.get(name)
        ),
        not_run=tuple(name for name in roles if not recorded.get(name)),
    )


def _parts(
    claims: Sequence[Claim], found: Finding, known: Known, recorded: Recorded, lacking: frozenset[str]
) -> Iterator[Part]:
    for claim in claims:
        sentence = evidence.part_sentence(claim, known) if claim.part else ""
        yield Part(claim.part, sentence, tuple(evidence.answers(claim, found, recorded, lacking)))


def _roles(claims: Sequence[Claim]) -> dict[str, str]:
    """Each cell once, those under test first, with all that it is for."""
    found: dict[str, list[str]] = {}
    for name, part, cell in sorted(_each_role(claims), key=lambda role: role[0] != "under test"):
        found.setdefault(cell, []).append(f"{name} in part {part}" if part else name)
    return {cell: ", ".join(dict.fromkeys(roles)) for cell, roles in found.items()}


def _each_role(claims: Sequence[Claim]) -> Iterator[tuple[str, str, str]]:
    for claim in claims:
        yield from (("under test", claim.part, cell.cell) for cell in claim.cells.values())
        yield "blank", claim.part, claim.blank.cell
        if claim.standard is not None:
            yield "standard", claim.part, claim.standard.cell
        yield from ((f"without {name}", claim.part, cell.cell) for name, cell in claim.given.items())
