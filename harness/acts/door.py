"""What an act is given and what it answers with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.sites.place import ASK_S

if TYPE_CHECKING:
    from harness.model.site import Replica
    from harness.sites.place import Answer, Place, Scope


@dataclass(frozen=True, slots=True)
class Door:
    """A site, seen from within one trial."""

    place: Place
    scope: Scope

    def ask(self, replica: Replica, method: str, path: str, *, within_s: float = ASK_S) -> Answer:
        return self.place.ask(self.scope, replica, method, path, within_s=within_s)

    def signal(self, replica: Replica, how: str) -> str:
        return self.place.signal(self.scope, replica, how)


Act = Callable[[Door, "Replica"], str]
"""Does one thing to one copy and answers what was said to it; Gone or Unanswered where it could not be done.

That it came to pass is shown by the platform's own account, which the trial waits for."""
