"""Which node image a cluster is made of: the published one where it can be had and can run, else one built here."""

from __future__ import annotations

import contextlib
import io
import tarfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.model.errors import Problem
from harness.model.project import NAME
from harness.setup.engine import lacks_sys_resource
from harness.setup.images import node_build, route, stages
from harness.setup.images.builds import Means
from harness.setup.images.route import Facts, Images
from harness.setup.tools import version_in

if TYPE_CHECKING:
    from docker import DockerClient

    from harness.setup.endpoint import Endpoint
    from harness.setup.engine import Engine
    from harness.setup.images.route import Route
    from harness.setup.images.stages import Stage
    from harness.setup.steps import Doing, Steps

ASK_S = 4
STALL_S = 60
"""A pull that brings nothing for so long will not bring the rest either."""


@dataclass(frozen=True, slots=True)
class NodeImage:
    """An image that carries our label, so that the nodes made of it do too."""

    ref: str
    source: str
    origin: str
    kubernetes: str


def acceptable(choice: str) -> set[str]:
    """The sources that a running cluster may have been made of to be what `choice` asks for."""
    match choice:
        case "auto":
            return {route.published(), node_build.Inputs.here().tag}
        case "pull":
            return {route.published()}
        case "build":
            return {node_build.Inputs.here().tag}
        case ref:
            return {ref}


def get(engine: Engine, steps: Steps, choice: str, *, also: tuple[Stage, ...] = ()) -> NodeImage:
    """Have the image on the engine; `also` is work that can go on beside a build."""
    facts = _facts(engine, choice)
    way = route.decide(facts)
    if way.origin == "built" or way.by == "none":
        return _build(engine, steps, way, choice, also)
    try:
        image = _pull(engine, steps, way.ref, way.origin)
    except Problem as problem:
        if choice != "auto":
            raise
        failed = f"{problem.tried}: {problem.seen}"
        way = route.decide(replace(facts, there=replace(facts.there, published=False), silence=lambda: failed))
        return _build(engine, steps, way, choice, also)
    if todo := [stage for stage in also if not stage.there]:
        stages.run_all(todo, steps, stages.log_file("tools"))
    return image


def _facts(engine: Engine, choice: str) -> Facts:
    where = engine.endpoint
    return Facts(
        choice,
        route.unfit(engine.cgroup, lacks_sys_resource=lacks_sys_resource(where)),
        there(engine.client),
        lambda: registry_silence(where, route.published()),
        Means.here,
    )


def _build(engine: Engine, steps: Steps, way: Route, choice: str, also: tuple[Stage, ...]) -> NodeImage:
    if way.by == "none":
        raise Problem("Getting a node image", way.because, way.fix)
    if choice == "auto" and way.by == "build":
        steps.say(f"Building the node image from packages: {way.because}")
    tag = node_build.build(engine, steps, also=also)
    return NodeImage(tag, tag, "built", kubernetes_in(engine, tag))


def there(client: DockerClient) -> Images:
    """Which node images an engine has, and what one could be built on."""
    found: list[dict[str, Any]] = client.api.images()
    return Images.among({name for i in found for key in ("RepoTags", "RepoDigests") for name in i.get(key) or ()})


def registry_silence(where: Endpoint, ref: str, *, within_s: int = ASK_S) -> str:
    """Why an image's registry cannot be used, asked through the engine: its proxies and mirrors count."""
    from docker.errors import DockerException

    try:
        with contextlib.closing(where.client(timeout_s=within_s)) as client:
            api: Any = client.api
            api.inspect_distribution(ref)
    except DockerException as error:
        return " ".join(str(getattr(error, "explanation", None) or error).split())[:160]
    except Exception as error:  # requests and urllib3 let their own through
        late = "imed out" in str(error) or "Timeout" in type(error).__name__
        return f"no answer in {within_s} s" if late else type(error).__name__
    return ""


def here(engine: Engine, ref: str) -> bool:
    from docker.errors import ImageNotFound

    try:
        engine.client.images.get(ref)
    except ImageNotFound:
        return False
    return True


def _pull(engine: Engine, steps: Steps, ref: str, origin: str) -> NodeImage:
    if not here(engine, ref):
        fetch(engine, steps, ref)
    version = kubernetes_in(engine, ref)
    return NodeImage(_labelled(engine, ref, origin), ref, origin, version)


def fetch(engine: Engine, steps: Steps, ref: str) -> None:
    """Pull an image; a registry that never answers is given up after seconds, one that stalls after a minute."""
    if (silence := registry_silence(engine.endpoint, ref)).startswith("no answer"):
        raise Problem(f"Pulling {ref}", f"its registry gives {silence}", route.ANOTHER)
    with steps.step(f"{ref.partition('@')[0]} pulled") as doing:
        _download(engine, ref, doing)


def _download(engine: Engine, ref: str, doing: Doing) -> None:
    from docker.errors import DockerException
    from docker.utils import parse_repository_tag

    name, _, digest = ref.partition("@")
    repository, tag = parse_repository_tag(name)
    try:
        # The timeout counts from one line of progress to the next.
        api = engine.endpoint.client(timeout_s=STALL_S).api
        for line in api.pull(repository, tag=digest or tag or "latest", stream=True, decode=True):
            if error := line.get("error"):
                raise Problem(f"Pulling {ref}", str(error), route.ANOTHER)
            doing.tell(f"{line.get('status', '')} {line.get('progress', '')}".strip())
    except DockerException as error:
        raise Problem(f"Pulling {ref}", str(getattr(error, "explanation", None) or error), route.ANOTHER) from error
    except Problem:
        raise
    except Exception as error:  # requests lets its own and urllib3's through
        raise Problem(
            f"Pulling {ref}", f"nothing came for {STALL_S} s ({type(error).__name__})", route.ANOTHER
        ) from error


def kubernetes_in(engine: Engine, ref: str) -> str:
    """The Kubernetes version that a node image carries; a Problem if it is no node image."""
    from docker.errors import APIError

    container = engine.client.containers.create(ref, ["none"], labels={NAME: "check"})
    try:
        chunks, _ = container.get_archive("/kind/version")
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
            file = archive.extractfile("version")
            text = file.read().decode() if file else ""
    except APIError as error:
        raise Problem(
            f"Using {ref} as a node image",
            "it has no /kind/version",
            "an image made for kind, such as kindest/node",
        ) from error
    finally:
        container.remove(force=True)
    return ".".join(str(part) for part in version_in(text))


def _labelled(engine: Engine, ref: str, origin: str) -> str:
    """The same image with our label on it. Containers inherit it; kind itself has no way to label its nodes."""
    image = engine.client.images.get(ref)
    tag = f"{origin}-{str(image.id).removeprefix('sha256:')[:12]}"
    full = f"{NAME}/node:{tag}"
    if not here(engine, full):
        container = engine.client.containers.create(ref, labels={NAME: "build"})
        try:
            container.commit(
                repository=f"{NAME}/node",
                tag=tag,
                changes=[f"LABEL {NAME}=node-image {NAME}.origin={origin}"],
            )
        finally:
            container.remove(force=True)
    return full
