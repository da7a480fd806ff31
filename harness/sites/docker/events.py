"""An engine's stream of events: taken up again where it broke off, and never taken for success."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.model.entries import Heard
from harness.sites.labels import TRIAL_LABEL
from harness.sites.stream import StreamState

if TYPE_CHECKING:
    from harness.setup.engine import Engine

SAID = {"exitCode": "exit code", "signal": "signal"}
WORDS = {
    "create": "created",
    "start": "started",
    "die": "died",
    "kill": "signalled",
    "stop": "stopped",
    "destroy": "destroyed",
    "pause": "paused",
    "unpause": "unpaused",
    "oom": "out of memory",
}


class DockerEvents:
    """Hands each event of the containers with a label to `hear`, with the value of the label `key` on it."""

    def __init__(
        self, engine: Engine, label: str, hear: Callable[[str, Heard], None], *, key: str = TRIAL_LABEL
    ) -> None:
        self._engine, self._label, self._hear, self._key = engine, label, hear, key
        self._state = StreamState(there=True)
        self._stream: Any = None
        self._last = time.time_ns()
        self._seen: set[tuple[str, str, int]] = set()

    def start(self) -> None:
        threading.Thread(target=self._follow, daemon=True, name="docker-events").start()

    def stop(self) -> None:
        self._state.end()
        if self._stream is not None:
            self._stream.close()

    @property
    def wrong(self) -> str:
        return self._state.wrong

    def _follow(self) -> None:
        from docker.errors import DockerException
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        while not self._state.over:
            try:
                # As text, which the SDK passes on: a float would lose nanoseconds.
                since: Any = f"{self._last // 10**9}.{self._last % 10**9:09d}"
                filters = {"label": self._label, "type": "container"}
                self._stream = self._engine.client.api.events(since=since, filters=filters, decode=True)
                self._state.came()
                for event in self._stream:
                    self._take(event)
            except (DockerException, RequestException, HTTPError, OSError, ValueError, AttributeError):
                pass  # whatever ended it, the answer is the same: take it up again
            self._state.broke()

    def _take(self, event: dict[str, Any]) -> None:
        self._last = max(self._last, int(event["timeNano"]))
        key = (event["Actor"]["ID"], event["Action"], int(event["timeNano"]))
        # What came in the moment of the break comes twice.
        if event["Action"] not in WORDS or key in self._seen:
            return
        self._seen.add(key)
        attributes = event["Actor"]["Attributes"]
        self._hear(attributes.get(self._key, ""), heard(event, time.monotonic()))


def heard(event: dict[str, Any], at_s: float) -> Heard:
    attributes = event["Actor"]["Attributes"]
    text = ", ".join(f"{words} {attributes[name]}" for name, words in SAID.items() if name in attributes)
    return Heard(at_s=at_s, who=attributes.get("name", ""), what=WORDS[event["Action"]], text=text)
