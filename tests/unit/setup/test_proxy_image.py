"""The proxy's image: made once, of what is there already before what has to be fetched or made."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from harness.lab.arm import PROXY
from harness.model.errors import Problem
from harness.setup import clean, commands, debian
from harness.setup.images import builds, node_image, proxy
from harness.setup.images.builds import Means
from harness.setup.steps import Steps

MIRROR = "http://mirror.example/debian"


class Host:
    """A host on which nothing is fetched or built for true: `here` are the images of its engine."""

    def __init__(self, monkeypatch):
        self.here, self.done, self.silence, self.fails = {}, [], "no answer in 4 s", ""
        self.told = io.StringIO()
        images = SimpleNamespace(
            get=lambda name: SimpleNamespace(tag=lambda *new: self.here.update({":".join(new): self.here[name]})),
            prune=lambda filters: self.done.append(f"prune {filters['label']}"),
        )
        self.engine = SimpleNamespace(endpoint=None, client=SimpleNamespace(images=images))
        monkeypatch.setenv("LABS_DEBIAN_MIRROR", MIRROR)
        monkeypatch.setattr(Means, "here", lambda: Means(root=True, mmdebstrap=True))
        monkeypatch.setattr(builds.shutil, "which", lambda name: f"/usr/bin/{name}")
        monkeypatch.setattr(node_image, "here", lambda _engine, ref: ref in self.here)
        monkeypatch.setattr(node_image, "registry_silence", lambda *_: self.silence)
        monkeypatch.setattr(node_image, "fetch", lambda _engine, _steps, ref: self._add(f"fetch {ref}", ref))
        monkeypatch.setattr(builds, "import_root", self._import)
        monkeypatch.setattr(builds, "build_image", self._build)
        monkeypatch.setattr(builds, "forget", lambda _engine, tag: self.here.pop(tag, None))

    def _add(self, what, ref):
        self.done.append(what)
        self.here[ref] = what

    def _import(self, _engine, tag, packages, _newer, _doing, log):
        if self.fails:
            raise commands.CommandFailed(("mmdebstrap",), "ended with code 25", self.fails, log)
        self._add(f"Debian with {' '.join(packages)}", tag)

    def _build(self, _engine, folder, *, tag, args, log, role):
        assert (folder / "Dockerfile").is_file()
        assert role in clean.OF_IMAGES  # so that `labs clean --images` removes it, and no container of it
        self._add(f"build on {self.here[args['BASE']]}", tag)

    def have(self):
        return proxy.have(self.engine, Steps(Console(file=self.told, width=200)))


@pytest.fixture
def host(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return Host(monkeypatch)


def test_without_a_registry_it_is_made_of_debians_packages_and_nothing_else_stays(host):
    tag = host.have()

    assert host.done == ["Debian with haproxy", "build on Debian with haproxy", "prune dk-labs=half"]
    assert host.here == dict.fromkeys((tag, PROXY), "build on Debian with haproxy")
    assert "Debian base with haproxy" in host.told.getvalue()
    assert "proxy image" in host.told.getvalue()


def test_what_is_there_is_not_made_again_and_nobody_is_asked(host):
    host.here[host.have()] = "there"
    host.done.clear()
    host.have()

    assert host.done == []
    assert host.here[PROXY] == "there"


def test_where_a_registry_answers_haproxy_comes_from_there(host):
    host.silence = ""
    host.have()

    assert host.done[:2] == [f"fetch {proxy.PUBLISHED}", f"build on fetch {proxy.PUBLISHED}"]
    assert proxy.PUBLISHED in host.here


def test_what_was_fetched_before_is_used_without_a_registry(host):
    host.here[proxy.PUBLISHED] = "an earlier one"
    host.have()

    assert host.done[0] == "build on an earlier one"


def test_packages_that_do_not_come_are_told_with_their_mirror_and_what_apt_says(host):
    host.fails = "E: Could not resolve 'mirror.example'"
    with pytest.raises(Problem) as caught:
        host.have()

    assert caught.value.tried == "Making the proxy's image"
    assert f"did not come from {MIRROR}: mmdebstrap ended with code 25" in caught.value.seen
    assert "Could not resolve 'mirror.example'" in caught.value.seen
    assert caught.value.fix.endswith(debian.GIVE_MIRROR)
    assert host.here == {}


@pytest.mark.parametrize(
    ("means", "seen", "fix"),
    [
        (Means(root=False, mmdebstrap=True), "needs root", "sudo -E"),
        (Means(root=True, mmdebstrap=False), "no mmdebstrap", "apt-get install mmdebstrap"),
        (Means(root=True, mmdebstrap=True, no_mirror="no apt"), "no Debian mirror", "LABS_DEBIAN_MIRROR"),
    ],
)
def test_what_a_host_lacks_for_it_is_told_before_anything_is_begun(host, monkeypatch, means, seen, fix):
    monkeypatch.setattr(Means, "here", lambda: means)
    with pytest.raises(Problem) as caught:
        host.have()

    assert (caught.value.tried, host.done) == ("Making the proxy's image", [])
    assert seen in caught.value.seen
    assert fix in caught.value.fix
    assert "node-image" not in caught.value.fix
