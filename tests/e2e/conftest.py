"""What the tests share that break a site beneath a run."""

from __future__ import annotations

import pytest

from harness import runner, trial


@pytest.fixture
def impatient(monkeypatch):
    """What is broken here stays broken: the bounds of waiting for it are shown as well with less."""
    monkeypatch.setattr(runner, "CLOSE_S", 15.0)
    monkeypatch.setattr(trial, "STEADY_S", 25.0)
