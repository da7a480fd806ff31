"""One kind of object as a list and then a watch: begun anew where it expired, taken up again where it broke off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from harness.setup.cluster.kube import Kube, Refused
from harness.sites.stream import StreamState

FOR_S = 240
"""After so long a watch is begun anew; one that hangs is noticed no sooner."""

GONE = (400, 410)
Take = Callable[[str, dict[str, Any]], None]
"""Called with LISTED, ADDED, MODIFIED or DELETED, and the object."""


class Follower:
    def __init__(self, kube: Kube, path: str, take: Take, *, for_s: int = FOR_S, **query: str) -> None:
        self._kube, self._path, self._take, self._for_s, self._query = kube, path, take, for_s, query
        self._state = StreamState(there=False)

    def start(self) -> None:
        threading.Thread(target=self._follow, daemon=True, name=self._path).start()

    def stop(self) -> None:
        self._state.end()

    @property
    def wrong(self) -> str:
        return self._state.wrong

    def _follow(self) -> None:
        version = ""
        while not self._state.over:
            try:
                version = version or self._list()
                self._state.came()
                for event in self._kube.watch(self._path, version, self._for_s, **self._query):
                    if self._state.over:
                        return
                    version = self._one(event)
            except (Refused, ValueError, KeyError) as error:
                # Gone: what was between is in the new list. Anything else is tried again from where it was.
                again = getattr(error, "status", 0) in GONE or isinstance(error, KeyError)
                version = "" if again else version
                self._state.broke()

    def _list(self) -> str:
        listed = self._kube.get(self._path, **self._query)
        for one in listed["items"]:
            self._take("LISTED", one)
        return str(listed["metadata"]["resourceVersion"])

    def _one(self, event: dict[str, Any]) -> str:
        what, one = str(event["type"]), event["object"]
        if what == "ERROR":
            raise Refused(str(one.get("message", "")), int(one.get("code", 410)))
        if what != "BOOKMARK":
            self._take(what, one)
        return str(one["metadata"]["resourceVersion"])
