"""Folders for what tests record, gone when the process ends."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def _all() -> Path:
    made = tempfile.mkdtemp(prefix="dk-labs-test-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)


def folder() -> Path:
    return Path(tempfile.mkdtemp(dir=_all()))
