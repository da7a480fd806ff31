"""The project's own images: the demo application, built once and loaded into the nodes that lack it."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.errors import Problem
from harness.model.project import NAME
from harness.setup import commands, locks, tools
from harness.setup import paths as places
from harness.setup.cluster import nodes
from harness.setup.images import builds, node_build, node_image, stages
from harness.setup.images.node_build import Inputs
from harness.setup.images.stages import Stage

if TYPE_CHECKING:
    from harness.setup.cluster.create import Shape
    from harness.setup.cluster.nodes import Node
    from harness.setup.engine import Engine
    from harness.setup.steps import Steps

WEB = places.CHECKOUT / "images" / "web"
WEB_TAG = "dk-labs/web:1"
"""The name that manifests use; `tag` names its content."""

SLIM = "python:3.13-slim-bookworm"
"""What the demo application stands on where a registry answers; else the Debian base made for the node image."""


def web(engine: Engine, steps: Steps) -> str:
    """The tag of the demo application's image, built unless it is there."""
    with locks.only_one(places.cache() / "lock", what="our images", say=steps.say, within_s=3600):
        base = _base(engine, steps)
        tag = f"{NAME}/web:{builds.digest(WEB / 'Dockerfile', *sorted(WEB.glob('*.py')), base)}"
        if not node_image.here(engine, tag):
            with steps.step("web image built"):
                _build_web(engine, tag, base)
        engine.client.images.get(tag).tag(*WEB_TAG.split(":"))
    return tag


def _base(engine: Engine, steps: Steps) -> str:
    """A Python to stand on: what is here already before what would have to be fetched or made."""
    inputs = Inputs.here()
    for ref in (inputs.base_tag, SLIM):
        if node_image.here(engine, ref):
            return ref
    if not node_image.registry_silence(engine.endpoint, SLIM):
        node_image.fetch(engine, steps, SLIM)
        return SLIM
    builds.check_root()
    log = stages.log_file("base")
    stage = Stage(
        "Debian base with Python",
        lambda doing: builds.import_root(engine, inputs.base_tag, node_build.BASE, (), doing, log),
    )
    stages.run_all([stage], steps, log)
    return inputs.base_tag


def _build_web(engine: Engine, tag: str, base: str) -> None:
    log = stages.log_file("web")
    with tempfile.TemporaryDirectory(prefix=f"{NAME}-") as name:
        folder = Path(name)
        for file in (WEB / "Dockerfile", *WEB.glob("*.py")):
            shutil.copy(file, folder)
        try:
            builds.build_image(engine, folder, tag=tag, args={"BASE": base}, log=log, role="web")
        except commands.CommandFailed as failed:
            raise Problem("Building the web image", f"{failed}\n{failed.tail}", f"less {log}") from failed


def load(engine: Engine, steps: Steps, shape: Shape, tag: str) -> list[str]:
    """Bring an image into the cluster's nodes, only where it is missing; answers which nodes got it."""
    there = nodes.of(engine, shape.name)
    if not there:
        raise Problem(f"Loading {tag} into cluster {shape.name}", "there is no such cluster", "labs up")
    with ThreadPoolExecutor(max_workers=len(there)) as pool:
        held = pool.map(lambda node: _holds(node, tag), there)
        lacking = [node.name for node, holds in zip(there, held, strict=True) if not holds]
    if lacking:
        with steps.step(f"{tag} loaded into {len(lacking)} node{'s' if len(lacking) > 1 else ''}"):
            _load(engine, shape, tag, lacking)
    return lacking


def _holds(node: Node, tag: str) -> bool:
    """Both names, and that they mean the same image: the one for manifests may still mean an older one."""
    names = [f"docker.io/{name}" for name in (tag, WEB_TAG)]
    _, listed = nodes.inside(node.container, ["ctr", "-n", "k8s.io", "images", "ls", *(f"name=={n}" for n in names)])
    rows = {words[0]: words[2] for line in listed.splitlines() if len(words := line.split()) > 2}
    return names[0] in rows and rows[names[0]] == rows.get(names[1])


def _load(engine: Engine, shape: Shape, tag: str, lacking: list[str]) -> None:
    argv = [
        str(tools.kind()),
        "load",
        "docker-image",
        tag,
        WEB_TAG,
        "--name",
        shape.name,
        "--nodes",
        ",".join(lacking),
    ]
    try:
        commands.run(argv, within_s=120, log=stages.log_file("web"), env=engine.environment)
    except commands.CommandFailed as failed:
        raise Problem(
            f"Loading {tag} into {', '.join(lacking)}", f"{failed}\n{failed.tail}", "labs status"
        ) from failed
