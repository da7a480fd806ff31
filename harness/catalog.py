"""Finds labs: each module in labs/ that has a `lab` is one, under the module's name."""

from __future__ import annotations

import difflib
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.claim import Lab
from harness.model.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path(__file__).resolve().parents[1] / "labs"
REGISTER = FOLDER / "claims.toml"


def names() -> list[str]:
    return sorted(p.stem for p in FOLDER.glob("*.py") if not p.stem.startswith("_"))


def lab(name: str) -> Lab:
    if name not in names():
        raise unknown("lab", name, names())
    found = importlib.import_module(f"labs.{name}").lab
    if not isinstance(found, Lab):
        raise Problem(f"Loading lab {name}", f"labs/{name}.py has no `lab = Lab(__doc__)`", "see labs/selfhealing.py")
    found.name = name
    return found


def unknown(what: str, name: str, known: Iterable[str]) -> Problem:
    known = list(known)
    near = difflib.get_close_matches(name, known, n=3)
    seen = f"there is no {what} of that name" + (f"; near it: {', '.join(near)}" if near else "")
    return Problem(f"Looking for {what} {name!r}", seen, "labs list")
