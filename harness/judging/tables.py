"""A file of TOML, read table by table: what stands there and nobody asked for is a mistake, told with its place."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Self

from harness.model.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path


class Table:
    """One table of the file: its keys are taken one by one, and those that nobody took are mistakes."""

    def __init__(self, path: Path, place: str, keys: dict[str, object]) -> None:
        self.path, self.place, self.keys = path, place, keys
        self.taken: list[str] = []

    @classmethod
    def of(cls, path: Path) -> Self:
        """The whole file."""
        try:
            keys = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:  # no file, no UTF-8, no TOML
            raise cls(path, "", {}).problem(str(error)) from error
        return cls(path, "", keys)

    def problem(self, seen: str, key: str = "") -> Problem:
        where = ", ".join(filter(None, (self.place, key)))
        return Problem(f"Reading {self.path}", f"{where}: {seen}" if where else seen, f"git diff {self.path}")

    def take(self, key: str, default: object = None) -> object:
        self.taken.append(key)
        return self.keys.get(key, default)

    def end(self) -> None:
        for key in self.keys:
            if key not in self.taken:
                raise self.problem(f"unknown key; known are {', '.join(self.taken)}", key)

    def once(self, key: str, names: list[str]) -> None:
        for name in names:
            if names.count(name) > 1:
                raise self.problem(f"{name} stands there {names.count(name)} times", key)

    def text(self, key: str) -> str:
        value = self.take(key)
        if value is None:
            raise self.problem("missing", key)
        if not isinstance(value, str) or not value.strip():
            raise self.problem(f"{value!r} is not a text", key)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.take(key, [])
        if not isinstance(values, list) or not all(isinstance(v, str) and v.strip() for v in values):
            raise self.problem(f"{values!r} is not a list of texts", key)
        return tuple(values)

    def tables(self, key: str, called: str) -> list[Self]:
        """The tables of a list, each with a place that a reader finds: its name, or its number where it has none."""
        tables = self.take(key, [])
        if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
            raise self.problem(f"not a list of tables: write [[{key}]]", key)
        found = []
        for number, keys in enumerate(tables, 1):
            place = f"{key} {keys.get(called, f'number {number}')}"
            found.append(type(self)(self.path, f"{self.place}, {place}" if self.place else place, keys))
        return found
