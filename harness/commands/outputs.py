"""In which forms something is written, and where to; a recording judged, shown and written."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from harness.journal import Recording
from harness.judging import catalog, findings, reporting
from harness.judging.register import Register
from harness.lab.claim import Lab
from harness.model.errors import Problem
from harness.views import junit, markdown, table
from harness.views.words import clean, one_line

RUNS = Path("runs")
FIRST = "selfhealing"
SUMMARY = "GITHUB_STEP_SUMMARY"
"""Where a job of GitHub Actions wants its summary."""

ToJson = Annotated[
    str, typer.Option("--json", metavar="FILE", help="Write what was found as a document; - is stdout.")
]
ToJunit = Annotated[str, typer.Option("--junit", metavar="FILE", help="Write it as tests, as CI systems show them.")]
ToMarkdown = Annotated[
    str, typer.Option("--markdown", metavar="FILE", help="Write it as a table and what it rests on.")
]
Allowed = Annotated[
    list[str] | None,
    typer.Option("--allow-unavailable", metavar="ID", help="A claim that this host need not be able to try."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@dataclass(frozen=True, slots=True)
class Outputs:
    """Each a file; - is stdout."""

    json: str = ""
    junit: str = ""
    markdown: str = ""
    allowed: frozenset[str] = frozenset()
    """Claims that this host need not be able to try."""

    only: frozenset[str] = frozenset()


def close(
    console: Console, runs: Sequence[tuple[Path, Recording]], labs: Sequence[Lab], known: Register, to: Outputs,
    *, save: bool = False,
) -> int:  # fmt: skip
    """Judge what the journals say, show it, and write the document: the same whether it was just run or long ago."""
    lines = [line for _, run in runs for line in run.lines]
    lacking = reporting.lacking_in([run for _, run in runs])
    every, docket = findings.judge(labs, lines, known, lacking)
    found = [f for f in every if not to.only or f.id in to.only]
    folder, newest = runs[-1]
    left = [x for _, run in runs if run.over for x in run.over.left]
    code = findings.exit_code(found, len(left), to.allowed)
    document = findings.document(newest, found, code)
    if save:
        write(document, str(folder / "run.json"))
    console.print()
    for line in table.closing(found):
        console.print(line, soft_wrap=True)
    for lab in labs:
        for shown in table.shown(lab, docket.recorded(lab.name)):
            console.print(Text(f"  beside: {one_line(shown)}", "dim"), soft_wrap=True)
    _say_times(console, newest, folder, left)
    if to.json:
        write(document, to.json)
    if to.junit:
        write_text(junit.text(newest, labs, docket, found, str(folder)), to.junit)
    for place, more in ((to.markdown, False), (os.environ.get(SUMMARY, ""), True)):
        if place:
            write_text(markdown.text(newest, found, str(folder)), place, more=more)
    return code


def _say_times(console: Console, run: Recording, folder: Path, left: Sequence[str]) -> None:
    if run.over is None:
        return
    tidy = f"Left behind: {', '.join(left)}." if left else "Nothing was left behind."
    text = f"\nIt took {run.over.wall_s:.0f} s. {tidy} Recorded in {folder}."
    console.print(text, highlight=False, soft_wrap=True)


def say_damage(console: Console, trouble: str) -> None:
    console.print(f"Damaged, so nothing is judged: {clean(trouble)}", style="red", markup=False, soft_wrap=True)


def print_json(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def write(document: dict[str, Any], to: str) -> None:
    write_text(json.dumps(document, indent=2) + "\n", to)


def write_text(text: str, to: str, *, more: bool = False) -> None:
    """Into a file, in place of what is there or after it; - is stdout."""
    if to == "-":
        sys.stdout.write(text)
        return
    try:
        with Path(to).open("a" if more else "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Problem(f"Writing {to}", str(error.strerror), "another path, or - for stdout") from error


def comes_with(lab: str) -> Path:
    """The recording that comes with that lab."""
    return catalog.FOLDER / "recorded" / lab
