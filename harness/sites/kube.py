"""The Kubernetes client, asked plainly: paths in, JSON out, errors of one kind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANSWER_S = 5.0


class Refused(Exception):
    """The API server said no, or nothing: status 0 is for no answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(f"HTTP {status}: {why}" if status else why)
        self.status = status


class Kube:
    """One connection pool to one API server. The models of the client are left out: they cost more than the calls."""

    def __init__(self, kubeconfig: Path) -> None:
        from kubernetes import client, config

        settings = client.Configuration()
        config.load_kube_config(config_file=str(kubeconfig), client_configuration=settings)
        settings.connection_pool_maxsize = 64
        settings.retries = False
        self._api = client.ApiClient(settings)
        self._error = client.ApiException
        self._kinds: dict[str, dict[str, Any]] = {}

    def get(self, path: str, **query: str) -> Any:
        return self.call("GET", path, query)

    def delete(self, path: str, body: Any = None, *, within_s: float = ANSWER_S) -> Any:
        return self.call("DELETE", path, {}, body, within_s=within_s)

    def call(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        body: Any = None,
        *,
        kind: str = "",
        within_s: float = ANSWER_S,
    ) -> Any:
        headers = {"Accept": "application/json"} | ({"Content-Type": kind or "application/json"} if body else {})
        answer = self._send(method, path, query, body, headers, within_s)
        return json.loads(answer.data) if answer.data else None

    def text(self, path: str, **query: str) -> str:
        return str(self._send("GET", path, query, None, {}, ANSWER_S).data.decode(errors="replace"))

    def raw(self, method: str, path: str, *, within_s: float = ANSWER_S) -> tuple[int, dict[str, str]]:
        """Any answer, as it is: whether it is the server's own or that of a Pod behind it shows in its headers."""
        answer = self._request(method, path, {}, None, {}, within_s)
        return int(answer.status), {k.lower(): v for k, v in answer.headers.items()}

    def _send(
        self, method: str, path: str, query: dict[str, str], body: Any, headers: dict[str, str], within_s: float
    ) -> Any:
        answer = self._request(method, path, query, body, headers, within_s)
        if answer.status >= 400:
            raise Refused(int(answer.status), _message(answer.data))
        return answer

    def _request(
        self, method: str, path: str, query: dict[str, str], body: Any, headers: dict[str, str], within_s: float
    ) -> Any:
        from urllib3.exceptions import HTTPError

        try:
            return self._api.rest_client.pool_manager.request(
                method,
                self._url(path, query),
                body=json.dumps(body) if body else None,
                headers=headers,
                timeout=within_s,
                retries=False,
            )
        except HTTPError as error:
            raise Refused(0, f"{method} {path}: {type(error).__name__}") from error

    def _url(self, path: str, query: dict[str, str]) -> str:
        return str(self._api.configuration.host) + path + (f"?{urlencode(query)}" if query else "")

    def watch(self, path: str, version: str, for_s: int) -> Iterator[dict[str, Any]]:
        """Events after `version`, one by one, until the server ends the stream."""
        from urllib3.exceptions import HTTPError

        query = {"watch": "1", "resourceVersion": version, "timeoutSeconds": str(for_s)}
        try:
            answer = self._api.rest_client.pool_manager.request(
                "GET",
                self._url(path, query),
                preload_content=False,
                retries=False,
                timeout=for_s + ANSWER_S,
            )
            if answer.status >= 400:
                raise Refused(int(answer.status), _message(answer.data))
            yield from _lines(answer)
        except HTTPError as error:
            raise Refused(0, f"watching {path}: {type(error).__name__}") from error

    def path_of(self, document: dict[str, Any], namespace: str) -> str:
        """Where an object of a manifest lives, as the server itself says which kinds it has."""
        version, kind = str(document["apiVersion"]), str(document["kind"])
        base = f"/api/{version}" if "/" not in version else f"/apis/{version}"
        if version not in self._kinds:
            self._kinds[version] = {r["kind"]: r for r in self.get(base)["resources"] if "/" not in r["name"]}
        found = self._kinds[version].get(kind)
        if found is None:
            raise Refused(404, f"the server knows no {kind} in {version}")
        inside = f"/namespaces/{namespace}" if found["namespaced"] else ""
        return f"{base}{inside}/{found['name']}/{document['metadata']['name']}"

    def apply(self, path: str, document: dict[str, Any], *, only_try: bool = False) -> Any:
        """As `kubectl apply --server-side --validate=strict` does, or with --dry-run=server."""
        query = {"fieldManager": "dk-labs", "fieldValidation": "Strict", "force": "true"}
        query |= {"dryRun": "All"} if only_try else {}
        return self.call("PATCH", path, query, document, kind="application/apply-patch+yaml")


def _lines(answer: Any) -> Iterator[dict[str, Any]]:
    rest = b""
    for chunk in answer.stream(65536, decode_content=True):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                yield json.loads(line)


def _message(data: bytes) -> str:
    try:
        return str(json.loads(data)["message"])[:300]
    except (ValueError, KeyError, TypeError):
        return data.decode(errors="replace")[:200].strip()
