"""An engine's stream of events for one run: taken up again where it broke off, and never taken for success."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from harness.sites.place import TRIAL_LABEL
from harness.sites.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.setup.engine import Engine

    Hear = Callable[[str, str, str, dict[str, str]], None]

FACTS = {"code": "exitCode", "signal": "signal"}
WORDS = {
    "create": "created",
    "start": "started",
    "die": "died-event",
    "kill": "signalled",
    "stop": "stopped",
    "destroy": "destroyed",
    "pause": "paused",
    "unpause": "unpaused",
    "oom": "out-of-memory",
}


class DockerEvents:
    """Hands each event of the containers with a label to `hear(value of key, who, what, facts)`."""

    def __init__(self, engine: Engine, label: str, hear: Hear, *, key: str = TRIAL_LABEL) -> None:
        self._engine, self._label, self._hear, self._key = engine, label, hear, key
        self._standing = Standing(there=True)
        self._stream: Any = None
        self._last = time.time_ns()
        self._seen: set[tuple[str, str, int]] = set()

    def start(self) -> None:
        threading.Thread(target=self._follow, daemon=True, name="docker-events").start()

    def stop(self) -> None:
        self._standing.end()
        if self._stream is not None:
            self._stream.close()

    @property
    def state(self) -> str:
        return self._standing.state

    def _follow(self) -> None:
        from docker.errors import DockerException
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        while not self._standing.over:
            try:
                # As text, which the SDK passes on: a float would lose nanoseconds.
                since: Any = f"{self._last // 10**9}.{self._last % 10**9:09d}"
                self._stream = self._engine.client.api.events(
                    since=since,
                    filters={"label": self._label, "type": "container"},
                    decode=True,
                )
                self._standing.came()
                for event in self._stream:
                    self._take(event)
            except (DockerException, RequestException, HTTPError, OSError, ValueError, AttributeError):
                pass  # whatever ended it, the answer is the same: take it up again
            self._standing.broke()

    def _take(self, event: dict[str, Any]) -> None:
        self._last = max(self._last, int(event["timeNano"]))
        attributes = event["Actor"]["Attributes"]
        key = (event["Actor"]["ID"], event["Action"], int(event["timeNano"]))
        what = WORDS.get(event["Action"])
        # What came in the moment of the break comes twice.
        if what is None or key in self._seen:
            return
        self._seen.add(key)
        facts = {"container": event["Actor"]["ID"][:12], "engine_s": f"{int(event['timeNano']) / 1e9:.6f}"}
        facts |= {name: attributes[key] for name, key in FACTS.items() if key in attributes}
        self._hear(attributes.get(self._key, ""), attributes.get("name", ""), what, facts)
