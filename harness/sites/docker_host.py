"""A Docker host in a container as a site: an engine as the user's own, which a lab may break."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.sites.engine import EnginePlace
from harness.sites.hosts import Hosts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model.clock import Deadline
    from harness.setup.engine import Engine


class DockerHostPlace(EnginePlace):
    """Everything an engine can do is done by the engine in the host."""

    def __init__(self, outer: Engine, run: str, name: str) -> None:
        super().__init__(outer, run)
        self.name = name
        self._hosts = Hosts(outer, run, name, 1)

    def open(self, deadline: Deadline) -> None:
        self._hosts.open()
        self.engine = self._hosts.all[0].engine
        super().open(deadline)

    def close(self, deadline: Deadline) -> Sequence[str]:
        self.quiet()
        return self._hosts.close(deadline)
