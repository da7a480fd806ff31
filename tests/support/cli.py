"""The command `labs`, typed in this process: what a person reads, what a program reads, and the exit code."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from functools import cache

import typer

from harness.commands import main
from harness.setup import commands


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@cache
def app() -> typer.Typer:
    main._commands()
    return main.app


def labs(*arguments: str) -> Ended:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = _run(arguments)
    return Ended(code, out.getvalue(), err.getvalue())


def _run(arguments: tuple[str, ...]) -> int:
    ends = commands.end_all
    commands.end_all = lambda: None  # type: ignore[assignment]  # it ends all programs of this process for good
    try:
        return main.run(lambda: app()(list(arguments), standalone_mode=True))
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1
    finally:
        commands.end_all = ends
