"""A cluster's API server, asked plainly: paths in, JSON out, errors of one kind."""

from __future__ import annotations

import copy
import json
import textwrap
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from harness.setup.cluster import kubeconfig as kubeconfigs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ANSWER_S = 5.0
LONGEST = 500
"""Letters of an answer that are told; a refused manifest may be quoted in it as a whole."""


class Refused(Exception):
    """The API server said no, or gave no answer to use: then the status is 0."""

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(f"HTTP {status}: {why}" if status else why)
        self.status = status


class Kube:
    """One connection pool to one API server. The models of the client are left out: they cost more than the calls."""

    def __init__(self, kubeconfig: Path, *, answer_s: float = ANSWER_S) -> None:
        self._settings, self._pool = kubeconfigs.opened(kubeconfig)
        self._answer_s = answer_s
        self._kinds: dict[str, dict[str, Any]] = {}

    def within(self, answer_s: float) -> Kube:
        """The same pool for questions that are to be answered within another time."""
        other = copy.copy(self)
        other._answer_s = answer_s  # noqa: SLF001  (its own class)
        return other

    def get(self, path: str, **query: str) -> Any:
        return self.call("GET", path, query)

    def delete(self, path: str, body: Any = None, *, within_s: float | None = None) -> Any:
        return self.call("DELETE", path, {}, body, within_s=within_s)

    def call(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        body: Any = None,
        *,
        kind: str = "application/json",
        within_s: float | None = None,
    ) -> Any:
        headers = {"Accept": "application/json"} | ({"Content-Type": kind} if body else {})
        answer = self._request(method, path, query, body, headers, within_s)
        data = _accepted(answer).data
        try:
            return json.loads(data) if data else None
        except ValueError as error:
            raise Refused(f"{method} {path}: the answer is no JSON: {_told(answer)}") from error

    def text(self, path: str, **query: str) -> str:
        return str(_accepted(self._request("GET", path, query)).data.decode(errors="replace"))

    def raw(self, method: str, path: str, *, within_s: float | None = None) -> tuple[int, dict[str, str], str]:
        """Any answer, as it is: whether it is the server's own or that of a Pod behind it shows in its headers.

        The text is what the server's own says.
        """
        answer = self._request(method, path, {}, within_s=within_s)
        return int(answer.status), {k.lower(): v for k, v in answer.headers.items()}, _told(answer)

    def watch(self, path: str, version: str, for_s: int, **query: str) -> Iterator[dict[str, Any]]:
        """Events after `version`, one by one, until the server ends the stream."""
        query |= {"watch": "1", "resourceVersion": version, "timeoutSeconds": str(for_s)}
        try:
            yield from _lines(self._stream(path, query, for_s + ANSWER_S))
        except HTTPError as error:
            raise Refused(f"watching {path}: {_unanswered(error, for_s + ANSWER_S)}") from error

    def follow(self, path: str, **query: str) -> tuple[Iterator[bytes], Callable[[], None]]:
        """A text that grows, in pieces, until the server ends it; and what ends it sooner, from another thread."""
        try:
            answer = self._stream(path, query, urllib3.Timeout(connect=self._answer_s, read=None))
        except HTTPError as error:
            raise Refused(f"following {path}: {_unanswered(error, self._answer_s)}") from error
        return _pieces(path, answer), answer.shutdown

    def _stream(self, path: str, query: dict[str, str], timeout: float | urllib3.Timeout) -> Any:
        """An answer that is read as it comes."""
        answer = self._pool.request(
            "GET", self._url(path, query), headers=self._authorization(), preload_content=False, retries=False,
            timeout=timeout,
        )  # fmt: skip
        return _accepted(answer)

    def path_of(self, document: dict[str, Any], namespace: str) -> str:
        """Where an object of a manifest lives, as the server itself says which kinds it has."""
        version, kind = str(document["apiVersion"]), str(document["kind"])
        base = f"/api/{version}" if "/" not in version else f"/apis/{version}"
        if version not in self._kinds:
            self._kinds[version] = {r["kind"]: r for r in self.get(base)["resources"] if "/" not in r["name"]}
        found = self._kinds[version].get(kind)
        if found is None:
            raise Refused(f"the server knows no {kind} in {version}", 404)
        inside = f"/namespaces/{namespace}" if found["namespaced"] else ""
        return f"{base}{inside}/{found['name']}/{document['metadata']['name']}"

    def apply(self, path: str, document: dict[str, Any], *, only_try: bool = False) -> Any:
        """As `kubectl apply --server-side --validate=strict` does, or with --dry-run=server."""
        query = {"fieldManager": "dk-labs", "fieldValidation": "Strict", "force": "true"}
        query |= {"dryRun": "All"} if only_try else {}
        return self.call("PATCH", path, query, document, kind="application/apply-patch+yaml")

    def _request(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        body: Any = None,
        headers: dict[str, str] | None = None,
        within_s: float | None = None,
    ) -> Any:
        limit_s = within_s or self._answer_s
        try:
            return self._pool.request(
                method,
                self._url(path, query),
                body=json.dumps(body) if body else None,
                headers=self._authorization() | (headers or {}),
                timeout=urllib3.Timeout(total=limit_s),
                retries=False,
            )
        except HTTPError as error:
            raise Refused(f"{method} {path}: {_unanswered(error, limit_s)}") from error

    def _url(self, path: str, query: dict[str, str]) -> str:
        return str(self._settings.host) + path + (f"?{urlencode(query)}" if query else "")

    def _authorization(self) -> dict[str, str]:
        """A token, where the kubeconfig has one; asked for each time, since exec plugins give new ones."""
        found = self._settings.auth_settings().values()
        return {one["key"]: str(one["value"]) for one in found if one["in"] == "header" and one["value"]}


def _accepted(answer: Any) -> Any:
    if answer.status >= 400:
        raise Refused(_told(answer), int(answer.status))
    return answer


def _told(answer: Any) -> str:
    """What the server says is wrong: its status's message, or its text; never JSON that was cut somewhere."""
    text = answer.data.decode(errors="replace")
    try:
        found = json.loads(text)
    except ValueError:
        said = text
    else:
        said = str(found.get("message") or found.get("reason") or "") if isinstance(found, dict) else ""
    return textwrap.shorten(said, LONGEST, placeholder=" …") or _phrase(int(answer.status))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def _unanswered(error: HTTPError, within_s: float) -> str:
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return "nobody takes the connection"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return f"no answer in {within_s:g} s"
    return type(error).__name__


def _pieces(path: str, answer: Any) -> Iterator[bytes]:
    try:
        yield from answer.stream(65536, decode_content=True)
    except HTTPError as error:
        raise Refused(f"following {path}: it broke off: {type(error).__name__}") from error
    finally:
        answer.close()


def _lines(answer: Any) -> Iterator[dict[str, Any]]:
    rest = b""
    for chunk in answer.stream(65536, decode_content=True):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                yield json.loads(line)
