"""What `kubectl get` lists of a namespace in memory: who owns whom, as columns of one's own show it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.support.fake.copies import Copy, digest
from tests.support.fake.files import Container
from tests.support.fake.owners import Namespace, Owned

Json = Mapping[str, Any]
COLUMNS = "custom-columns="
NONE = "<none>"


def columns(namespace: Namespace, kinds: str, spec: str, *, head: bool) -> str:
    """`spec` is NAME:.path,NAME:.path; of a list, `[*]` takes all items, and `[0]` the first."""
    asked = [one.partition(":")[::2] for one in spec.removeprefix(COLUMNS).split(",")]
    title = ["   ".join(name for name, _ in asked)] if head else []
    rows = (
        "   ".join(_cell(one, path) for _, path in asked) for kind in kinds.split(",") for one in of(namespace, kind)
    )
    return "\n".join([*title, *rows])


def of(namespace: Namespace, kind: str) -> Iterator[Json]:
    """Those of a kind, named as on a command line: `pods`, `pod`."""
    for one in (*_owners(namespace), *_pods(namespace)):
        if str(one["kind"]).lower() == kind.lower().removesuffix("s"):
            yield one


def _owners(namespace: Namespace) -> Iterator[Json]:
    for known in namespace.owned.values():
        owner = known.workload.kind, known.workload.name
        yield _object(namespace, *owner)
        of_versions = known.workload.kind == "Deployment"
        for container, hash_ in zip(known.revisions, known.hashes, strict=True) if of_versions else ():
            found = _object(namespace, "ReplicaSet", f"{known.workload.name}-{hash_}", owner)
            yield {**found, "spec": {"template": {"spec": _spec(container)}}}


def _pods(namespace: Namespace) -> Iterator[Json]:
    for copy in namespace.estate.copies:
        if not copy.within and copy.state != "FailedCreate":
            known = namespace.owned.get(copy.owner)
            found = _object(
                namespace, "Pod", copy.name, _owner(namespace, known, copy) if known else None, copy.thing
            )
            yield {**found, "spec": _spec(copy.container)}


def _owner(namespace: Namespace, known: Owned, copy: Copy) -> tuple[str, str]:
    kind, name = known.workload.kind, known.workload.name
    if kind != "Deployment":
        return kind, name
    hashes = zip(known.revisions, known.hashes, strict=True)
    return "ReplicaSet", next(f"{name}-{hash_}" for one, hash_ in hashes if namespace._is(copy, one))


def _object(namespace: Namespace, kind: str, name: str, owner: tuple[str, str] | None = None, uid: str = "") -> Json:
    def known(*by: str) -> str:
        return digest(namespace.estate.name, *by)

    refs = [{"kind": owner[0], "name": owner[1], "uid": known(*owner), "controller": True}] if owner else []
    meta = {"name": name, "uid": uid or known(kind, name)} | ({"ownerReferences": refs} if refs else {})
    return {"kind": kind, "metadata": meta}


def _spec(container: Container) -> Json:
    return {"containers": [{"env": [{"name": name, "value": value} for name, value in container.env]}]}


def _cell(one: Json, path: str) -> str:
    found = list(_values([one], re.findall(r"\.(\w+)|\[(\*|\d+)\]", path)))
    return ",".join(str(v).lower() if isinstance(v, bool) else str(v) for v in found) or NONE


def _values(found: Iterable[Any], path: list[tuple[str, str]]) -> Iterable[Any]:
    for name, item in path:
        if name:
            found = [one[name] for one in found if name in one]
        else:
            found = [v for one in found for n, v in enumerate(one) if item in ("*", str(n))]
    return found
