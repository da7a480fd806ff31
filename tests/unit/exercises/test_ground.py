"""What is made ready for an exercise: all that it needs, and nothing else."""

from __future__ import annotations

import pytest

from harness.exercises import declared, ground
from harness.exercises.folder import Folder
from harness.lab.site import Kind
from harness.setup.steps import Steps

ON_ENGINE = [one for one in declared.load() if one.kind is Kind.ENGINE]


@pytest.mark.parametrize("exercise", ON_ENGINE, ids=lambda one: one.name)
def test_the_proxys_image_is_made_where_the_solution_has_a_proxy(monkeypatch, exercise):
    made = []
    monkeypatch.setattr(ground.dockerd, "ready", lambda *_, **__: None)
    monkeypatch.setattr(ground.images, "web", lambda *_: made.append("web"))
    monkeypatch.setattr(ground.proxy, "have", lambda *_: made.append("proxy"))
    monkeypatch.setattr(ground.tools, "compose", list)
    ground.make(Folder.of(exercise), Steps(None))
    files = [file.read_text() for file in exercise.solution_files.values()]

    assert made == ["web", *(["proxy"] if any("dk-labs/proxy:1" in text for text in files) else [])]
