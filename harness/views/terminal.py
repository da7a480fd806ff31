"""Where people read: on stderr what is told while something is done, on stdout what was asked for."""

from __future__ import annotations

import os

from rich.console import Console


def console(*, stderr: bool = False) -> Console:
    """Where NO_COLOR is set there are no escape sequences at all; nor in CI, unless colours are asked for."""
    plain = os.environ.get("NO_COLOR") or (os.environ.get("CI") and not os.environ.get("FORCE_COLOR"))
    return Console(stderr=stderr, color_system=None if plain else "auto")


people = console(stderr=True)
