"""The image of the proxy that stands before Compose's copies: Debian's haproxy, made only where a lab asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.lab.arm import PROXY
from harness.model.errors import Problem
from harness.model.project import NAME
from harness.setup import commands, debian, locks
from harness.setup import paths as places
from harness.setup.images import builds, node_image, rootfs, stages
from harness.setup.images.stages import Stage

if TYPE_CHECKING:
    from harness.setup.engine import Engine
    from harness.setup.steps import Doing, Steps

FOLDER = places.CHECKOUT / "images" / "proxy"
PACKAGES = ("haproxy",)
PUBLISHED = "haproxy:2.6"
"""Where a registry answers, haproxy comes from there; it is the version that Debian 12 has."""

WHAT = "Making the proxy's image"
AS_ROOT = "the same as root, by sudo -E"


def have(engine: Engine, steps: Steps) -> str:
    """The tag that names its content, made unless it is there; files use the other one, which means the same then."""
    tag = f"{NAME}/proxy:{_version()}"
    with locks.only_one(places.cache() / "lock", what="our images", say=steps.say, within_s=3600):
        if not node_image.here(engine, tag):
            _make(engine, steps, tag)
        engine.client.images.get(tag).tag(*PROXY.split(":"))
    return tag


def _version() -> str:
    return builds.digest(FOLDER / "Dockerfile", Path(rootfs.__file__), builds.SUITE, *PACKAGES, PUBLISHED)


def _make(engine: Engine, steps: Steps, tag: str) -> None:
    log, ours, debian_base = stages.log_file("proxy"), f"{NAME}/proxy-base:{_version()}", "Debian base with haproxy"
    base = _published(engine, steps) or ours

    def root(doing: Doing) -> None:
        _import_root(engine, ours, doing, log)

    def image(doing: Doing) -> None:
        doing.tell("building")
        builds.build_image(engine, FOLDER, tag=tag, args={"BASE": base}, log=log, role="proxy")

    todo = [Stage("proxy image", image, needs=(debian_base,))]
    if base == ours:
        builds.check_root(WHAT, AS_ROOT)
        todo.append(Stage(debian_base, root))
    try:
        stages.run_all(todo, steps, log)
    finally:  # what it was copied out of is four times as large
        engine.client.images.prune(filters={"label": f"{NAME}=half"})
        builds.forget(engine, ours)


def _published(engine: Engine, steps: Steps) -> str:
    """What is here already, or can be fetched; empty where that is nothing."""
    if not node_image.here(engine, PUBLISHED):
        if node_image.registry_silence(engine.endpoint, PUBLISHED):
            return ""
        node_image.fetch(engine, steps, PUBLISHED)
    return PUBLISHED


def _import_root(engine: Engine, tag: str, doing: Doing, log: Path) -> None:
    try:
        builds.import_root(engine, tag, PACKAGES, (), doing, log)
    except commands.CommandFailed as failed:
        seen = f"haproxy and what it needs did not come from {debian.known().archive}: {failed}\n{failed.tail}"
        raise Problem(WHAT, seen, f"less {log}; for another mirror {debian.GIVE_MIRROR}") from failed
