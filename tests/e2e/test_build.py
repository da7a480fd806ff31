"""Building the node image: nothing is made again that is there, and no half image bears the final tag.

The programs built from Go stay in the cache: from nothing to a cluster is what tests/bare shows.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys

import pytest
from docker.errors import ImageNotFound

from harness.model.clock import Deadline
from harness.model.waiting import until
from harness.setup import paths, tools
from harness.setup.cluster import shared as cluster
from harness.setup.images import builds
from harness.setup.images.node_build import Inputs

pytestmark = pytest.mark.slow

BUILD = """
import sys
from rich.console import Console
from harness.commands import main
from harness.setup import endpoint, engine
from harness.setup.images import node_build
from harness.setup.steps import Steps
host = engine.connect(endpoint.resolve())
main._signals()
sys.exit(main.run(lambda: print(node_build.build(host, Steps(Console(stderr=True))))))
"""


@pytest.fixture
def no_image(host, labs):
    """The bases and the programs are there, the image is not."""
    labs("down")
    tag = Inputs.here().tag
    builds.forget(host, tag)
    assert not there(host, tag)
    yield tag
    subprocess.run([sys.executable, "-c", BUILD], check=True, timeout=900)


def there(host, tag: str) -> bool:
    with contextlib.suppress(ImageNotFound):
        return bool(host.client.images.get(tag))
    return False


def start() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", BUILD], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def half_made(host) -> list[str]:
    return [str(c.name) for c in host.client.containers.list(all=True, filters={"label": "dk-labs=build"})]


def test_what_is_there_is_not_made_again(host, no_image):
    with start() as process:
        out, err = process.communicate(timeout=900)
    assert out.strip() == no_image
    assert "node image" in err
    assert "Go modules" not in err
    with start() as process:
        out, err = process.communicate(timeout=60)
    assert (out.strip(), err) == (no_image, "")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_no_image_under_the_final_tag_and_no_container(host, no_image, sign):
    with start() as process:
        until("the container that is filled", lambda: "" if half_made(host) else "it", Deadline.after(120))
        process.send_signal(sign)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + sign, err
    assert not there(host, no_image)
    assert half_made(host) == []


def test_after_kill_9_the_next_build_goes_on(host, no_image):
    with start() as process:
        until("the container that is filled", lambda: "" if half_made(host) else "it", Deadline.after(120))
        process.kill()
        process.communicate()
    assert not there(host, no_image)
    with start() as process:
        out, err = process.communicate(timeout=900)
    assert out.strip() == no_image, err
    assert half_made(host) == []


def test_a_lost_program_is_built_again_from_what_go_has_compiled(host, no_image):
    program = Inputs.here().program("pause")
    program.unlink()
    with start() as process:
        out, err = process.communicate(timeout=900)
    assert out.strip() == no_image, err
    assert program.exists()


def test_the_programs_call_themselves_by_their_version(host, shared):
    folder = Inputs.here().program("kube").parent
    link = folder / "kubeadm"
    link.unlink(missing_ok=True)
    link.symlink_to("kube")
    try:
        assert tools.asked(str(link), "version", "-o", "short").strip() == f"v{shared['kubernetes']}"
    finally:
        link.unlink()
    assert paths.cache() in folder.parents
    assert cluster.SHARED.kubeconfig.exists()
