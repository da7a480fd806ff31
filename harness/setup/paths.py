"""Where this project keeps things on a host: a cache that can be lost, and state that describes what runs."""

from __future__ import annotations

import os
from pathlib import Path

from harness.model.project import NAME

CHECKOUT = Path(__file__).resolve().parents[2]
"""Manifests, images and labs are files that people read and change: they are used from the checkout."""


def shown(path: Path) -> Path:
    """As a reader of the checkout knows it; a learner's file lies elsewhere."""
    return path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path


def cache() -> Path:
    return _folder("XDG_CACHE_HOME", ".cache")


def state() -> Path:
    return _folder("XDG_STATE_HOME", ".local/state")


def _folder(variable: str, default: str) -> Path:
    base = os.environ.get(variable, "")
    # The XDG specification has relative paths ignored.
    root = Path(base) if base.startswith("/") else Path.home() / default
    folder = root / NAME
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
