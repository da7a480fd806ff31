"""Two descriptions of one object: in what they differ that Kubernetes did not fill in itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from harness.sites.kubernetes.filled import Json, Path, filled, name_of

AMOUNTS = ("limits", "requests", "hard", "capacity", "default", "defaultRequest")
AMOUNT = ("sizeLimit", "averageValue", "storage")
UNITS = {
    "n": "1e-9", "u": "1e-6", "m": "1e-3", "": "1", "k": "1e3", "M": "1e6", "G": "1e9", "T": "1e12",
    "Ki": str(2**10), "Mi": str(2**20), "Gi": str(2**30), "Ti": str(2**40),
}  # fmt: skip

WAY = ("spec", "template", "metadata")


@dataclass(frozen=True, slots=True)
class Difference:
    path: Path
    wanted: Any
    found: Any

    def told(self, source: str) -> str:
        """As one says it of the object; `source` is where it says otherwise."""
        what = _field(self.path)
        if self.wanted is None:
            return f"has {_named(what, self.found)} not in {source}"
        if self.found is None:
            return f"lacks {_named(what, self.wanted)} in {source}"
        return f"has {what} {_short(self.found)} where {source} has {_short(self.wanted)}"


def differences(kind: str, wanted: Json, found: Json) -> Iterator[Difference]:
    """None is wanted of what was added, and found of what is missing."""
    yield from _mappings(kind, (), wanted, found)


def _mappings(kind: str, at: Path, wanted: Json, found: Json) -> Iterator[Difference]:
    for name in dict.fromkeys((*wanted, *found)):
        here, one, other = (*at, name), wanted.get(name), found.get(name)
        if _nothing(other):
            if not (_nothing(one) or one == 0):  # the API server leaves many a zero out
                yield Difference(here, one, None)
        elif _nothing(one):
            if not filled(kind, here, other, found):
                yield Difference(here, None, other)
        else:
            yield from _values(kind, here, one, other)


def _values(kind: str, at: Path, wanted: Any, found: Any) -> Iterator[Difference]:
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        yield from _mappings(kind, at, wanted, found)
    elif _listed(wanted) and _listed(found):
        # As mappings by the names of their items, which are as good as fields.
        yield from _mappings(kind, at, _by_name(at[-1], wanted), _by_name(at[-1], found))
    elif not _same(at, wanted, found):
        yield Difference(at, wanted, found)


def _listed(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)


def _by_name(of: str, items: list[Any]) -> dict[str, Any]:
    return {f"[{name_of(of, one, n)}]": one for n, one in enumerate(items)}


def _nothing(value: Any) -> bool:
    """What is not said, or said to be empty: the API server leaves it out."""
    return value is None or value in ({}, [], "")


def _same(at: Path, wanted: Any, found: Any) -> bool:
    if wanted == found:
        return True
    amount = at[-1] in AMOUNT or (len(at) > 1 and at[-2] in AMOUNTS)
    return amount and (number := _amount(wanted)) is not None and number == _amount(found)


def _amount(text: Any) -> Decimal | None:
    written = str(text)
    unit = next((u for u in sorted(UNITS, key=len, reverse=True) if written.endswith(u)), "")
    try:
        return Decimal(written.removesuffix(unit)) * Decimal(UNITS[unit])
    except InvalidOperation:
        return None


def _field(path: Path) -> str:
    """As people call it: without the way to the container."""
    names = [name for name in path if name not in WAY]
    if len(names) > 2 and names[0] == "containers":
        names = names[2:]
    words: list[str] = []
    for name in names:
        if name.startswith("["):
            words[-1] = f"{words[-1].removesuffix('s')} {name[1:-1]}"
        else:
            words.append(name)
    return ".".join(words)


def _named(what: str, value: Any) -> str:
    if not isinstance(value, Mapping | list):
        return f"{what} {_short(value)} that is"
    if what.endswith("s"):
        return f"{what} that are"
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what} that is"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
