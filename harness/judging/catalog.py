"""Finds labs: each module in labs/ that has a `lab` is one, under the module's name."""

from __future__ import annotations

import importlib
from pathlib import Path

from harness.lab.claim import Lab
from harness.model.errors import Problem, unknown

FOLDER = Path(__file__).resolve().parents[2] / "labs"
REGISTER = FOLDER / "claims.toml"
OF_BENCH = "calibrate"
"""The lab that measures the bench itself."""


def names() -> list[str]:
    """A name that is none in Python is written with `_` there."""
    return sorted(p.stem.replace("_", "-") for p in FOLDER.glob("*.py") if not p.stem.startswith("_"))


def lab(name: str) -> Lab:
    if name not in names():
        raise unknown("lab", name, names())
    file = name.replace("-", "_")
    try:
        found = getattr(importlib.import_module(f"labs.{file}"), "lab", None)
    except Problem:
        raise
    except Exception as error:  # whatever a lab's own text does
        seen = f"labs/{file}.py raised {type(error).__name__}: {error}"
        raise Problem(f"Loading lab {name}", seen, f"python -c 'import labs.{file}', which shows where") from error
    if not isinstance(found, Lab):
        seen = f"labs/{file}.py has no `lab = Lab(__doc__, __name__)`"
        raise Problem(f"Loading lab {name}", seen, "see labs/selfhealing.py")
    return found


def judged() -> list[str]:
    """The labs that judge what articles say."""
    return [name for name in names() if name != OF_BENCH]


def every() -> tuple[dict[str, Lab], dict[str, str]]:
    """Those that can be loaded, and why the others can't."""
    found, broken = dict[str, Lab](), dict[str, str]()
    for name in names():
        try:
            found[name] = lab(name)
        except Problem as problem:
            broken[name] = str(problem)
    return found, broken
