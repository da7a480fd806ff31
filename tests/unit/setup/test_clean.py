"""What is ours on an engine, and what people made with what is ours."""

from __future__ import annotations

import pytest

from harness.running import ownership
from harness.setup import clean, projects

NODE = {"io.x-k8s.kind.cluster": "dk-labs", "dk-labs": "node-image"}


@pytest.mark.parametrize("role", ["trial", "helper", "client", "volumes", "build", "keeper", "dockerhost", "check"])
def test_what_bears_a_label_of_its_own_is_ours(role):
    assert clean.is_ours({"dk-labs": role, "dk-labs.run": "0101-ab"}, {"bridge"})


@pytest.mark.parametrize("image", clean.OF_IMAGES)
def test_what_has_its_label_from_an_image_is_not(image):
    assert not clean.is_ours({"dk-labs": image}, {"bridge"})
    assert not clean.is_ours({"dk-labs": image, "com.docker.compose.project": "shop"}, {"shop_default"})


def test_a_node_is_ours_in_our_network_and_somebody_elses_in_another():
    assert clean.is_ours(NODE, {"dk-labs"})
    assert not clean.is_ours(NODE, {"kind"})


@pytest.mark.parametrize(
    ("project", "exercise"),
    [
        ("dkl-exercise-come-back-0a1f", True),
        ("dkl-exercise-come-back", False),
        ("dkl-exercise-", False),
        ("dkl-exercise-shop", False),
        ("shop", False),
        ("", False),
    ],
)
def test_projects_of_exercises_are_told_from_such_as_begin_alike(project, exercise):
    assert projects.is_name(project) is exercise


def test_what_is_no_exercises_is_never_taken_down():
    with pytest.raises(ValueError, match="dkl-exercise-shop"):
        projects.take_down(None, "dkl-exercise-shop")


@pytest.mark.parametrize(
    ("written", "server"),
    [
        ("clusters: [{cluster: {server: 'https://127.0.0.1:39001'}}]", "127.0.0.1:39001"),
        ("clusters: []", ""),
        ("", ""),
        ("{", ""),
    ],
)
def test_the_server_that_a_kubeconfig_means(tmp_path, written, server):
    file = tmp_path / "kubeconfig"
    file.write_text(written)
    assert ownership.server(file) == server
