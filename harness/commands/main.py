"""The command `labs`: JSON on stdout alone, everything for people on stderr."""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import typer
from rich.text import Text

from harness.judging.findings import COULD_NOT_RUN
from harness.model.errors import Interrupted, Problem
from harness.views.terminal import people

app = typer.Typer(
    help="Docker against Kubernetes: each claim run as an experiment, recorded, and judged.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
GROUPS = {
    "host": ("up", "down", "status", "images", "clean", "doctor"),
    "look": ("list_labs", "show"),
    "run": ("run",),
    "judge": ("judge", "explain", "replay", "report", "compare"),
}
NAMES = {"list_labs": "list"}


def _commands() -> None:
    """In the order of the help."""
    for group, names in GROUPS.items():
        module = importlib.import_module(f"harness.commands.{group}")
        for name in names:
            app.command(name=NAMES.get(name, name))(getattr(module, name))
    app.add_typer(importlib.import_module("harness.commands.exercise").app, name="exercise")


def _signals() -> None:
    def stop(number: int, _frame: object) -> NoReturn:
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, signal.SIG_IGN)  # the first one ends us; the clean-up must not be cut short
        raise Interrupted(128 + number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def run(command: Callable[[], Any]) -> int:
    """Run a command and turn what it raises into one line and an exit code."""
    from harness.setup import commands

    try:
        command()
    except Problem as problem:
        people.print(Text.assemble(("✗ ", "bold red"), str(problem)), soft_wrap=True)
        return COULD_NOT_RUN
    except Interrupted as interrupted:
        people.print("Interrupted; what was made so far is kept, the next run goes on from there.", highlight=False)
        return interrupted.code
    finally:
        commands.end_all()
    return 0


def main() -> NoReturn:
    _signals()
    _commands()
    verbose = "-v" in sys.argv[1:]
    arguments = [a for a in sys.argv[1:] if a != "-v"]
    try:
        code = run(lambda: app(arguments, standalone_mode=True))
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except Exception as error:
        if verbose:
            raise
        people.print(
            f"labs: {type(error).__name__}: {error}. Try: the same command with -v, and report what it prints",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )
        code = COULD_NOT_RUN
    sys.exit(code)
