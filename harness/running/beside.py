"""What a trial is handed by its run: time, and what it shares with the other trials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.lab.open_site import Answer

Sent = tuple[float, Answer]
"""When an act was sent, and what came of it."""


class Stopped(BaseException):
    """The run is being ended; a trial ends where it stands."""


def _at_once(send: Callable[[], Sent]) -> Sent:
    return send()


@dataclass(frozen=True, slots=True)
class Beside:
    """By default a trial is alone."""

    room: Callable[[], None] = lambda: None
    """Wait until what is measured may begin."""

    strike: Callable[[Callable[[], Sent]], Sent] = _at_once
    """Wait for all of the round, and do it once for all of them."""

    came: Callable[[str], list[float]] = field(default=lambda _: [])
    """By question: how long it took in trials like this one."""

    before: Callable[[str], None] = lambda _: None
    """Called before each act with its name: somebody may be looking on."""

    tell: Callable[[str, float, float], None] = lambda _missing, _waited_s, _allowed_s: None
    """What is missing, for how long it was waited for, and how long it will be."""
