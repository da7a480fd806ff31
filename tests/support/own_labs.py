"""A folder of labs of a test's own, in the place of ours or beside copies of them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.judging import catalog

Write = Callable[..., None]


def own_labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, beside_ours: bool = False) -> Iterator[Write]:
    """Hands over what writes their files: `write(name="its text")`."""
    folder = tmp_path / "labs"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    for file in catalog.FOLDER.glob("*.py") if beside_ours else ():
        (folder / file.name).write_text(file.read_text())
    ours = {name: module for name, module in sys.modules.items() if _is_lab(name)}
    for name in ours:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(catalog, "FOLDER", folder)
    importlib.invalidate_caches()

    def write(**files: str) -> None:
        for name, text in files.items():
            (folder / f"{name}.py").write_text(text)

    yield write
    for name in [name for name in sys.modules if _is_lab(name)]:
        del sys.modules[name]
    sys.modules.update(ours)


def _is_lab(module: str) -> bool:
    return module.partition(".")[0] == "labs"
