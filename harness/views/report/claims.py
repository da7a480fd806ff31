"""One claim as the page tells it: its verdict, its trials by the roles that they play, the judge's answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.judging.findings import Finding
from harness.judging.register import Claim as Known
from harness.judging.register import Register, asked
from harness.lab.cell import Trials
from harness.lab.claim import Claim, Lab, several
from harness.views import evidence
from harness.views.evidence import Answer, Evidence
from harness.views.report.numbers import Number, numbers_of
from harness.views.report.recordings import Cell, Recordings, Trial
from harness.views.words import in_words, surprise

TONES = {"green": "expected", "red": "surprising", "yellow": "open"}
FARTHER = 2.0
"""A chart that is so many times longer than what happened in it can be looked at from near by."""


@dataclass(frozen=True, slots=True)
class Group:
    """The trials of one cell, and what they are there for."""

    roles: str
    cell: Cell
    came_to: str

    @property
    def label(self) -> str:
        """What a person who cannot see the chart is told in its place."""
        came_to = f": {self.came_to}" if self.came_to else ""
        return self._told(self.cell.trials, f", {self.roles}{came_to}", self.cell.trials[0].drawn.words)

    @property
    def scaled_label(self) -> str:
        first = self.cell.scaled[0].scaled
        return self._told(self.cell.scaled, ", how many copies served", first.words if first else "")

    @property
    def shared_label(self) -> str:
        first = self.cell.shared[0].shares
        return self._told(self.cell.shared, ", who answered how many requests", first.words if first else "")

    def _told(self, trials: Sequence[Trial], what: str, first: str) -> str:
        many = f"{len(trials)} trials of" if len(trials) > 1 else "One trial of"
        return f"{many} {self.cell.name}{what}. The first: {first}."

    @property
    def loads(self) -> str:
        """How often a second somebody asked for the load that it is."""
        found = [trial.scaled for trial in self.cell.scaled if trial.scaled]
        return " and ".join(dict.fromkeys(f"{load.per_s:g}" for one in found for load in one.loads))


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
    def asked(self) -> bool:
        """By people, and said by no article."""
        return asked(self.found.id)

    @property
    def shown(self) -> bool:
        """Of a claim without any recording nothing can be said, unless it follows from other verdicts."""
        return bool(self.groups) or (not self.not_run and self.found.verdict.decided)

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
    def unseen(self) -> str:
        """By the trial with the fewest answers."""
        found = [trial.shares for trial in self.trials if trial.shares]
        return min(found, key=lambda one: one.answered).unseen if found else ""

    @property
    def zero(self) -> str:
        kinds = dict.fromkeys(trial.drawn.zero for trial in self.trials)
        return " or ".join(kinds)


def told(lab: Lab, found: Evidence, register: Register, recordings: Recordings) -> Told:
    finding, claims = found.finding, [claim for claim in lab.claims if claim.id == found.finding.id]
    known, roles = register.claim(finding.id), _roles(claims)
    word, colour = surprise(finding)
    return Told(
        found=finding,
        known=known,
        words="not judged" if found.damaged else in_words(finding),
        word=word,
        tone=TONES[colour],
        numbers=tuple(numbers_of(finding, known)),
        parts=tuple(_parts(claims, known, found)),
        groups=tuple(
            Group(played, recordings.cells[lab.name, name], found.came_to(claims, name))
            for name, played in roles.items()
            if (lab.name, name) in recordings.cells
        ),
        not_run=tuple(name for name in roles if (lab.name, name) not in recordings.cells),
    )


def _parts(claims: Sequence[Claim], known: Known, found: Evidence) -> Iterator[Part]:
    for claim in claims:
        sentence = evidence.part_sentence(claim, known) if claim.part else ""
        yield Part(claim.part, sentence, tuple(found.answers(claim)))


def _roles(claims: Sequence[Claim]) -> dict[str, str]:
    """Each cell once, those under test first, with all that it is for."""
    found: dict[str, list[str]] = {}
    for name, part, cell in sorted(_each_role(claims), key=lambda role: role[0] != "under test"):
        found.setdefault(cell, []).append(f"{name} in part {part}" if part else name)
    return {cell: ", ".join(dict.fromkeys(roles)) for cell, roles in found.items()}


def _each_role(claims: Sequence[Claim]) -> Iterator[tuple[str, str, str]]:
    for claim in claims:
        named = {"blank": claim.blank, "standard": claim.standard}
        named |= {f"without {name}": trials for name, trials in claim.given.items()}
        every = {"under test": tuple(claim.asks.values()), **named}
        for name, trials in every.items():
            yield from ((name, claim.part, t.cell) for t in several(trials) if isinstance(t, Trials))
