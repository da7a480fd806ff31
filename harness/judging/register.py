"""What stands in labs/claims.toml: each claim with its sources, and the verdict and numbers expected of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.judging.tables import Table
from harness.model.errors import unknown
from harness.model.verdict import Grade, whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Band = tuple[float, float]
EXPECTED = (Grade.CONFIRMED, Grade.CONDITIONAL, Grade.REFUTED)
"""The other two words say that something went wrong; nobody expects that of a sentence."""

ASKED, OF_BENCH = "asked-", "bench-"
"""How ids begin of claims that no article makes: people ask them, or the bench tests itself."""


def asked(id_: str) -> bool:
    return id_.startswith(ASKED)


def of_articles(id_: str) -> bool:
    """Whether that claim counts in the score of the articles."""
    return not id_.startswith((ASKED, OF_BENCH))


@dataclass(frozen=True, slots=True)
class Source:
    """Who says so, or asks it: a place in an article, or a short text and where it can be read."""

    said: str
    url: str = ""

    def __str__(self) -> str:
        return f"{self.said} ({self.url})" if self.url else self.said


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    sentence: str
    expected: Grade
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """What somebody else says that a number has to do with, and where it can be read."""

    value: Band
    what: str
    source: str
    url: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence, and what somebody who knows both platforms expects of it; `predicted` are bands [low, high]."""

    id: str
    lab: str
    topic: str
    sources: tuple[Source, ...]
    sentence: str
    expected: Grade
    why: str
    given: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    predicted: Mapping[str, Band] = field(default_factory=dict)
    published: Mapping[str, Published] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class NotCheckable:
    """What an article says and no experiment of ours can contradict."""

    id: str
    topic: str
    sources: tuple[Source, ...]
    sentence: str
    reason: str


@dataclass(frozen=True, slots=True)
class Register:
    claims: tuple[Claim, ...]
    not_checkable: tuple[NotCheckable, ...] = ()

    def claim(self, name: str) -> Claim:
        found = {claim.id: claim for claim in self.claims}
        if name not in found:
            raise unknown("claim", name, found)
        return found[name]

    def labs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(claim.lab for claim in self.claims))


def load(path: Path) -> Register:
    file = _Table.of(path)
    claims = tuple(_claim(table) for table in file.tables("claim", "id"))
    not_checkable = tuple(_not_checkable(table) for table in file.tables("not_checkable", "id"))
    file.end()
    if not claims:
        raise file.problem("there is no claim in it")
    file.once("id", [claim.id for claim in claims] + [entry.id for entry in not_checkable])
    return Register(claims, not_checkable)


def _claim(table: _Table) -> Claim:
    parts = tuple(_part(part) for part in table.tables("part", "name"))
    table.once("part", [part.name for part in parts])
    claim = Claim(
        id=(id_ := table.text("id")),
        lab=table.text("lab"),
        topic=table.text("topic"),
        sources=_asked_at(table) if asked(id_) else table.sources(),
        sentence=table.text("sentence"),
        expected=(expected := table.grade()),
        given=table.given(expected),
        needs=table.texts("needs"),
        why=table.text("why"),
        predicted=table.bands("predicted"),
        published=_published(table),
        parts=parts,
    )
    table.end()
    if parts:
        _agrees(table, claim)
    return claim


def _agrees(table: _Table, claim: Claim) -> None:
    """As the court combines them: the worst part's word, and of a conditional one the conditions of all parts."""
    worst, union = whole({part.name: (part.expected, part.given) for part in claim.parts})
    if claim.expected is not worst:
        raise table.problem(f"{claim.expected}, while its parts make it {worst}", "expected")
    if worst is Grade.CONDITIONAL and claim.given != union:
        raise table.problem(f"{list(claim.given)}, while its parts make it {list(union)}", "given")


def _part(table: _Table) -> Part:
    expected = table.grade()
    part = Part(table.text("name"), table.text("sentence"), expected, table.given(expected))
    table.end()
    return part


def _asked_at(table: _Table) -> tuple[Source, ...]:
    """Articles are at hand and are named by their rows; whatever else is cited can be looked up."""
    found = []
    for source in table.tables("source", "said"):
        found.append(Source(source.text("said"), source.url()))
        source.end()
    if not found:
        raise table.problem("missing or empty", "source")
    return tuple(found)


def _published(table: _Table) -> dict[str, Published]:
    found = {}
    for name, figure in table.named("published").items():
        found[name] = Published(figure.band("value"), figure.text("what"), figure.text("source"), figure.url())
        figure.end()
    return found


def _not_checkable(table: _Table) -> NotCheckable:
    entry = NotCheckable(
        table.text("id"), table.text("topic"), table.sources(), table.text("sentence"), table.text("reason")
    )
    table.end()
    return entry


class _Table(Table):
    """With what only claims have: sources, words of a verdict, bands."""

    def sources(self) -> tuple[Source, ...]:
        sources = self.texts("sources")
        if not sources:
            raise self.problem("missing or empty", "sources")
        return tuple(map(Source, sources))

    def url(self) -> str:
        url = self.text("url")
        if not url.startswith("https://"):
            raise self.problem(f"{url!r} does not begin with https://", "url")
        return url

    def grade(self) -> Grade:
        word = self.text("expected")
        if word not in EXPECTED:
            raise self.problem(f"{word!r} is none of {', '.join(EXPECTED)}", "expected")
        return Grade(word)

    def given(self, expected: Grade) -> tuple[str, ...]:
        given = self.texts("given")
        if bool(given) is not (expected is Grade.CONDITIONAL):
            raise self.problem(f"{list(given)} does not go with {expected}", "given")
        return given

    def bands(self, key: str) -> dict[str, Band]:
        bands = self.take(key, {})
        if not isinstance(bands, dict):
            raise self.problem(f"{bands!r} is not a table of bands", key)
        return {name: self._band(f"{key}.{name}", band) for name, band in bands.items()}

    def band(self, key: str) -> Band:
        """One number is a band too."""
        value = self.take(key)
        return self._band(key, value if isinstance(value, list) else [value, value])

    def named(self, key: str) -> dict[str, _Table]:
        tables = self.take(key, {})
        if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
            raise self.problem("not a table of tables", key)
        return {name: _Table(self.path, f"{self.place}, {key}.{name}", keys) for name, keys in tables.items()}

    def _band(self, key: str, band: object) -> Band:
        match band:
            case [bool(), _] | [_, bool()]:
                pass  # which Python takes for numbers
            case [int() | float() as low, int() | float() as high] if -math.inf < low <= high < math.inf:
                return float(low), float(high)
        raise self.problem(f"{band!r} is not [low, high], two numbers of which the first is not the greater", key)
