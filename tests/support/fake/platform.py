"""What a trial's part of any platform in memory can be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from tests.support.fake.copies import Copy

Said = tuple[str, int]


class Platform(Protocol):
    def typed(self, words: list[str], folder: Path) -> Said | None:
        """What it says to a command, and its exit code; None where it does not know that one."""
        ...

    def signal(self, copy: Copy, how: str) -> None: ...
    def end(self, copy: Copy, code: int) -> None:
        """The process in it ends by itself."""
        ...

    def remove(self, copy: Copy) -> None:
        """It is gone at once, whoever did that."""
        ...

    def replace(self, copy: Copy) -> None:
        """It is gone, and another one comes in its place."""
        ...

    def more(self, n: int) -> None:
        """Somebody else asks for so many more."""
        ...

    def host_lost(self, name: str) -> None: ...
    def host_begins(self, name: str) -> None: ...
    def evict(self, name: str) -> None: ...
