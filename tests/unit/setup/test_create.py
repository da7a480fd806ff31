"""Shapes of clusters, and what kind's own lines are taken for."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness.model.errors import Problem
from harness.setup.cluster.create import KindLines, Shape
from harness.setup.steps import Steps


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("kind: Cluster\n", 1),
        ("kind: Cluster\nnodes:\n- role: control-plane\n- role: worker\n", 2),
    ],
)
def test_a_shape_knows_how_many_nodes_it_asks_for(tmp_path, text, size):
    file = tmp_path / "kind.yaml"
    file.write_text(text)
    assert Shape("x", file).size() == size


@pytest.mark.parametrize("text", ["kind: Cluster\nnodes: [", "[]", "kind: Pod", "kind: Cluster\nnodes: 3", ""])
def test_a_broken_configuration_is_a_problem_that_names_the_file(tmp_path, text):
    file = tmp_path / "kind.yaml"
    file.write_text(text)
    with pytest.raises(Problem, match=r"kind\.yaml"):
        Shape("x", file).size()


def test_a_configuration_that_is_not_there_is_a_problem(tmp_path):
    with pytest.raises(Problem, match="No such file"):
        Shape("x", tmp_path / "none.yaml").size()


def test_each_finished_line_of_kinds_becomes_a_step_and_one_starts_the_additions():
    steps, told, started = Steps(Console(file=io.StringIO())), [], []
    lines = KindLines(steps, told.append, lambda: started.append(len(steps.done)))
    for text in (
        'Creating cluster "x" ...',
        " • Preparing nodes 📦 📦   ...",
        " ✓ Preparing nodes 📦 📦 ",
        " • Installing StorageClass 💾  ...",
        " ✓ Installing StorageClass 💾",
        " ✓ Joining worker nodes 🚜",
    ):
        lines.line(text)
    assert [s.name for s in steps.done] == ["Preparing nodes", "Installing StorageClass", "Joining worker nodes"]
    assert started == [2]
