"""The logs of Pods' containers, init containers among them, as the API server hands them on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

from harness.lab.open_site import No, Scope
from harness.setup.cluster.kube import Refused
from harness.sites.kubernetes.connection import Connection
from harness.sites.kubernetes.copies import Json, incarnation
from harness.sites.logs import Gone, Log, Logs

LOST = (400, 404)
"""There is no such Pod, or no such container in it any more."""


def of(at: Connection, scope: Scope) -> Logs:
    def opens(log: Log) -> tuple[Iterator[bytes], Callable[[], None]]:
        path = f"/api/v1/namespaces/{scope.name}/pods/{log.name}/log"
        with _kept():
            pieces, cut = at.kube.follow(path, container=log.container, follow="true", timestamps="true")
        return _each(pieces), cut

    endpoint = at.engine.endpoint  # its nodes are containers of that engine
    return Logs(scope, opens, "" if endpoint.local else endpoint.url)


def logs_in(pods: Iterable[Json]) -> Iterator[Log]:
    """Of the containers that were started."""
    for pod in pods:
        status = pod.get("status", {})
        for told in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
            if id_ := incarnation(told):
                runs = "running" in told.get("state", {})
                yield Log(id_, id_, str(pod["metadata"]["name"]), str(told["name"]), runs)


def _each(pieces: Iterable[bytes]) -> Iterator[bytes]:
    with _kept():
        yield from pieces


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    try:
        yield
    except Refused as why:
        raise (Gone if why.status in LOST else No)(str(why)) from why
