"""What a copy of the application may suffer without ending: how it shows is in the model's LASTING."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.acts.ending import told

if TYPE_CHECKING:
    from harness.acts.door import Door
    from harness.model.site import Replica


def hang(door: Door, victim: Replica) -> str:
    """It goes on running and answers nothing any more."""
    return told(door, victim, "/hang")


def unready(door: Door, victim: Replica) -> str:
    """It answers every request with 503 from now on, as when what it depends on is away."""
    return told(door, victim, "/unready")


def nothing(door: Door, victim: Replica) -> str:
    """It is asked and left alone: what a comparison begins from."""
    return f"left alone, instance {door.ask(victim, 'GET', '/').instance}"
