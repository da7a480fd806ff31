"""A run as Markdown, as a pull request or the summary of a CI job shows it: a table, then what it rests on."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from harness.journal import Recording
from harness.judging.findings import Finding
from harness.judging.register import asked
from harness.views.words import ALSO_ASKED, BEYOND, in_words, one_line, surprise

MARKS = {"green": "✅", "red": "❌", "yellow": "❔"}
SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~])")
MOST_BYTES = 1 << 20
"""Size of a summary at most; of a longer one CI shows nothing at all."""


def text(run: Recording, findings: Sequence[Finding], folder: str) -> str:
    lines = list(_table([one for one in findings if not asked(one.id)]))
    if beyond := [one for one in findings if asked(one.id)]:
        lines += [f"**{ALSO_ASKED}.** {BEYOND}", "", *_table(beyond)]
    if run.over:
        lines += [f"Run {_plain(run.id)}: It took {run.over.wall_s:.0f} s. Recorded in {_plain(folder)}.", ""]
    return _bounded(lines, folder)


def _table(findings: Sequence[Finding]) -> Iterable[str]:
    """With what each row rests on beneath it."""
    if findings:
        yield from ("| claim | verdict | what was seen |", "|---|---|---|", *map(_row, findings), "")
    for one in findings:
        yield from _details(one)


def _row(one: Finding) -> str:
    word, colour = surprise(one)
    verdict = f"{MARKS[colour]} {_plain(in_words(one))} ({_plain(word)})"
    return f"| {_plain(one.id)} | {verdict} | {_plain(one.verdict.sentence)} |"


def _details(one: Finding) -> Iterable[str]:
    yield f"<details><summary>{html.escape(one.id)}</summary>"
    yield ""
    yield f"{_plain(one.sentence)}"
    yield ""
    yield f"- expected: {_plain(one.expected)}{_with(one.expected_given)}"
    yield f"- found: {_plain(one.verdict.grade)}{_with(one.verdict.given)}"
    yield from (f"- part {name}: {v.grade}: {_plain(v.sentence)}" for name, v in one.parts.items() if name)
    yield from (f"- {_plain(name)}: {value:g}" for name, value in one.verdict.measured.items())
    yield ""
    yield "</details>"
    yield ""


def _with(names: tuple[str, ...]) -> str:
    return f" with {_plain(', '.join(names))}" if names else ""


def _plain(said: str) -> str:
    """Nothing in it is a mark of Markdown or of HTML, and it stays on its line."""
    return SPECIAL.sub(r"\\\1", html.escape(one_line(said), quote=False))


def _bounded(lines: list[str], folder: str) -> str:
    """Whole lines from the beginning; the rest is to be had from the recording."""
    more = f"\nThe rest is left out: labs judge {_plain(folder)}\n"
    kept: list[str] = []
    size = len(more.encode())
    for line in lines:
        size += len(line.encode()) + 1
        if size > MOST_BYTES:
            return "\n".join(kept) + more
        kept.append(line)
    return "\n".join(kept)
