"""Having a node image: what was decided is what is done, and a pull that breaks off ends in a build."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from harness.model.errors import Problem
from harness.setup.endpoint import Endpoint
from harness.setup.images import node_build, node_image, route
from harness.setup.images.builds import Means
from harness.setup.images.node_build import Inputs
from harness.setup.images.route import Images
from harness.setup.images.stages import Stage
from harness.setup.steps import Steps

ENGINE = SimpleNamespace(endpoint=Endpoint("unix:///x", "test"), client=None, cgroup="2")
BROKEN = Problem("Pulling it", "nothing came for 60 s", "another")


class Host:
    """A host on which nothing is pulled or built for true; what was done is kept."""

    def __init__(self, monkeypatch):
        self.done, self.silence, self.there, self.pull_fails = [], "", Images(), None
        self.told = io.StringIO()
        monkeypatch.setattr(node_image, "lacks_sys_resource", lambda _where: False)
        monkeypatch.setattr(node_image, "there", lambda _client: self.there)
        monkeypatch.setattr(node_image, "registry_silence", lambda _where, _ref: self.silence)
        monkeypatch.setattr(node_image, "kubernetes_in", lambda _engine, _ref: "1.2.3")
        monkeypatch.setattr(node_image, "_pull", self._pull)
        monkeypatch.setattr(node_build, "build", self._build)
        monkeypatch.setattr(Means, "here", lambda: Means(root=True, mmdebstrap=True))

    def _pull(self, _engine, _steps, ref, origin):
        self.done.append(f"pull {ref}")
        if self.pull_fails:
            raise self.pull_fails
        return node_image.NodeImage(ref, ref, origin, "1.2.3")

    def _build(self, _engine, _steps, *, also):
        self.done.append("build")
        return Inputs.here().tag

    def get(self, choice, *, also=()):
        return node_image.get(ENGINE, Steps(Console(file=self.told, width=200)), choice, also=also)


@pytest.fixture
def host(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return Host(monkeypatch)


@pytest.mark.parametrize(
    ("choice", "silence", "done", "origin"),
    [
        ("auto", "", [f"pull {route.published()}"], "pulled"),
        ("auto", "no such host", ["build"], "built"),
        ("pull", "", [f"pull {route.published()}"], "pulled"),
        ("build", "", ["build"], "built"),
        ("my/node:1", "no such host", ["pull my/node:1"], "given"),
    ],
)
def test_what_was_decided_is_done(host, choice, silence, done, origin):
    host.silence = silence
    assert host.get(choice).origin == origin
    assert host.done == done


def test_a_pull_that_breaks_off_ends_in_a_build_that_says_why(host):
    host.pull_fails = BROKEN
    assert host.get("auto").origin == "built"
    assert host.done == [f"pull {route.published()}", "build"]
    assert "nothing came for 60 s" in host.told.getvalue()


def test_a_published_image_that_is_here_and_of_no_use_ends_in_a_build(host):
    host.there, host.pull_fails = Images(published=True), BROKEN
    assert host.get("auto").origin == "built"


@pytest.mark.parametrize("choice", ["pull", "my/node:1"])
def test_a_pull_that_was_asked_for_and_breaks_off_is_a_problem(host, choice):
    host.pull_fails = BROKEN
    with pytest.raises(Problem, match="nothing came"):
        host.get(choice)
    assert "build" not in host.done


def test_no_way_to_an_image_is_a_problem_before_anything_is_done(host, monkeypatch):
    host.silence = "no such host"
    monkeypatch.setattr(Means, "here", lambda: Means(root=False, mmdebstrap=True))
    with pytest.raises(Problem, match=r"Getting a node image: no image registry \(no such host\), and none can be"):
        host.get("auto")
    assert host.done == []


def test_what_goes_on_beside_a_build_is_also_done_beside_a_pull(host):
    host.get("pull", also=(Stage("kind", lambda _: host.done.append("kind")), Stage("x", pytest.fail, there=True)))
    assert host.done == [f"pull {route.published()}", "kind"]
