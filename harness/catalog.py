"""Finds labs: each module in labs/ that has a `lab` is one, under the module's name."""

from __future__ import annotations

import importlib
from pathlib import Path

from harness.model.claim import Lab
from harness.model.errors import Problem, unknown

FOLDER = Path(__file__).resolve().parents[1] / "labs"
REGISTER = FOLDER / "claims.toml"


def names() -> list[str]:
    """A name that is none in Python is written with `_` there."""
    return sorted(p.stem.replace("_", "-") for p in FOLDER.glob("*.py") if not p.stem.startswith("_"))


def lab(name: str) -> Lab:
    if name not in names():
        raise unknown("lab", name, names())
    file = name.replace("-", "_")
    found = importlib.import_module(f"labs.{file}").lab
    if not isinstance(found, Lab):
        raise Problem(f"Loading lab {name}", f"labs/{file}.py has no `lab = Lab(__doc__)`", "see labs/selfhealing.py")
    found.name = name
    return found
