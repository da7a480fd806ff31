"""`labs judge`, `explain`, `replay`, `report`, `compare`: what was recorded, looked at anew. None needs Docker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness import journal
from harness.commands.outputs import (
    FIRST,
    RUNS,
    Allowed,
    Outputs,
    ToJson,
    ToJunit,
    ToMarkdown,
    close,
    comes_with,
    say_damage,
    write_text,
)  # fmt: skip
from harness.judging import catalog, findings, register, reporting
from harness.judging import compare as comparison
from harness.model.clock import RealClock
from harness.model.errors import Interrupted, Problem
from harness.views import compare as comparing
from harness.views import explain as explanation
from harness.views.replay import Film, Projector
from harness.views.report import page
from harness.views.show import Show, moving
from harness.views.terminal import console, people


def judge(
    folders: Annotated[list[Path], typer.Argument(metavar="RUN_FOLDER...")],
    to: ToJson = "",
    junit: ToJunit = "",
    markdown: ToMarkdown = "",
    allowed: Allowed = None,
) -> None:
    """Judge recorded runs anew, from what they recorded; several are taken together."""
    runs = [(folder, journal.recorded(folder)) for folder in folders]
    runs = list({run.id: (folder, run) for folder, run in runs}.values())  # one that is named twice counts once
    named = dict.fromkeys(name for _, run in runs for name in run.labs)
    labs = [catalog.lab(name) for name in named]
    if not labs:
        seen = "it names no lab, and no lab's trials are in it"
        raise Problem(f"Judging {folders[0]}", seen, "another run: ls runs/")
    outputs = Outputs(to, junit, markdown, frozenset(allowed or ()))
    raise typer.Exit(close(people, runs, labs, register.load(catalog.REGISTER), outputs))


def explain(
    claim: Annotated[str, typer.Argument(metavar="CLAIM")],
    folder: Annotated[Path | None, typer.Argument(metavar="[RUN_FOLDER]")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every trial's timeline, not one of each.")] = False,
) -> None:
    """Show what a verdict rests on: what was said, tried and seen, and what the judge answered to each."""
    known = register.load(catalog.REGISTER)
    entry = known.claim(claim)
    if entry.lab not in catalog.names():
        raise Problem(f"Explaining {claim}", f"its lab {entry.lab} is not built yet", "labs list")
    lab, shown = catalog.lab(entry.lab), console()
    folder = folder or journal.newest(RUNS, lab.name) or comes_with(lab.name)
    run = journal.salvaged(folder)
    if run.trouble:
        say_damage(shown, run.trouble)
    every_finding, docket = reporting.findings([lab], [run], known)
    found = next((f for f in every_finding if f.id == claim), None)
    if found is None:
        raise Problem(f"Explaining {claim}", f"{lab.name} does not judge it yet", "labs list")
    shown.print(f"From {folder}:", highlight=False, soft_wrap=True)
    for line in explanation.text(lab, entry, found, docket, run.lacking, every=every, width=shown.width):
        shown.print(line, soft_wrap=True)


def replay(
    folder: Annotated[Path | None, typer.Argument(metavar="[RUN_FOLDER]")] = None,
    speed: Annotated[float, typer.Option("--speed", min=0.1, max=100, help="So many times as fast as it was.")] = 10,
) -> None:
    """Show a recorded run as it happened, and judge it as it goes; needs no Docker."""
    folder = folder or journal.newest(RUNS) or comes_with(FIRST)
    run = journal.salvaged(folder)
    named = () if run.trouble else run.labs
    labs = [catalog.lab(name) for name in named if name in catalog.names()]
    known = register.load(catalog.REGISTER)
    pace = speed if moving(people) else 0
    projector = Projector(RealClock(), pace)
    try:
        with Show(people, projector.now_s, by_itself=pace > 0) as show:
            projector.play(Film(run, labs, known), show)
    except Interrupted as interrupted:
        raise typer.Exit(interrupted.code) from None
    if run.trouble:
        say_damage(people, run.trouble)
        raise typer.Exit(findings.COULD_NOT_RUN)
    raise typer.Exit(close(people, [(folder, run)], labs, known, Outputs()))


def report(
    folders: Annotated[list[Path] | None, typer.Argument(metavar="[RUN_FOLDER]...")] = None,
    to: Annotated[str, typer.Option("--html", metavar="FILE", help="Where the page is written.")] = "report.html",
) -> None:
    """Show recorded runs, several together or else the newest, as one page that opens without a network."""
    if not folders:
        if (newest := journal.newest(RUNS)) is None:
            raise Problem("Reporting the newest run", f"there is none in {RUNS}/", "labs report labs/recorded/*")
        folders = [newest]
    text, troubles = page.of(folders)
    write_text(text, to)
    for trouble in troubles:
        say_damage(people, trouble)
    size = len(text.encode()) / 1e6
    people.print(f"{to}: {size:.1f} MB, one file; a browser shows it.", highlight=False, soft_wrap=True)


def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN_FOLDER")],
    second: Annotated[Path, typer.Argument(metavar="RUN_FOLDER")],
) -> None:
    """Say which verdicts differ between two runs, and which numbers by more than they vary within one.

    Exit code 0 when nothing differs, 1 when something does, 5 when they have no claim in common.
    """
    one, other, shown = journal.recorded(first), journal.recorded(second), console()
    both = [n for n in one.labs if n in other.labs and n in catalog.names()]
    if not both:
        shown.print(f"{first} and {second} have no lab in common.", highlight=False, soft_wrap=True)
        raise typer.Exit(findings.NOTHING)
    labs = [catalog.lab(name) for name in both]
    found = list(comparison.differences(labs, one, other, register.load(catalog.REGISTER)))
    for line in comparing.lines(one, other, found):
        shown.print(line, soft_wrap=True)
    raise typer.Exit(findings.DIFFERS if found else findings.AS_EXPECTED)
