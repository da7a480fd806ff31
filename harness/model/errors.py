"""What can go wrong before anything was judged, told so that the reader knows what to type next."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(eq=False)  # not frozen: Python itself writes tracebacks into exceptions
class Problem(Exception):
    """What was tried, what was seen, and the command that helps; exit code 4."""

    tried: str
    seen: str
    fix: str

    def __str__(self) -> str:
        seen = self.seen.rstrip()
        return f"{self.tried}: {seen}{chr(10) if chr(10) in seen else '. '}Try: {self.fix}"


def unknown(what: str, name: str, known: Collection[str]) -> Problem:
    """Somebody named what is not there; those spelled alike are told."""
    close = difflib.get_close_matches(name, known)
    near = f"; near it: {', '.join(close)}" if close else ""
    return Problem(
        f"Looking for {what} {name!r}", f"none of the {len(known)} {what}s that there are{near}", "labs list"
    )


class Interrupted(BaseException):
    """A signal asked us to end; `code` is what a shell expects of a program that ended by it."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code
