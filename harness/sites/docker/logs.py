"""The logs of an engine's containers, as the engine hands them on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.lab.open_site import No, Scope
from harness.sites.docker.compose import SERVICE
from harness.sites.docker.copies import answered, copy_of
from harness.sites.logs import Gone, Log, Logs

if TYPE_CHECKING:
    from harness.setup.engine import Engine

LOST = (404, 409)
"""There is no such container, or it is just being removed."""


def of(engine: Engine, scope: Scope) -> Logs:
    def opens(log: Log) -> tuple[Iterator[bytes], Callable[[], None]]:
        with _kept():
            stream: Any = engine.client.api.logs(log.id, stream=True, follow=True, timestamps=True)
        return _each(stream), stream.close

    return Logs(scope, opens, "" if engine.endpoint.local else engine.endpoint.url)


def logs_in(inspected: Iterable[Mapping[str, Any]], prefix: str) -> Iterator[Log]:
    """Of the containers that were started; their names without the prefix. A restart goes on with the same log."""
    for one in inspected:
        copy = copy_of(one, prefix)
        if copy.id:
            service = (one["Config"].get("Labels") or {}).get(SERVICE, "")
            yield Log(copy.thing, copy.id, copy.name, service or copy.name, bool(one["State"]["Running"]))


def _each(stream: Iterable[bytes]) -> Iterator[bytes]:
    with _kept():
        yield from stream


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    try:
        with answered():
            yield
    except No as no:
        if getattr(no.__cause__, "status_code", 0) in LOST:
            raise Gone(str(no)) from no
        raise
