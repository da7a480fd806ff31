"""Which node image a cluster is made of: the published one where it can be had and can run, else one built here."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.model.errors import Problem
from harness.model.project import KIND, NAME, PUBLISHED_NODE_IMAGES
from harness.setup.engine import lacks_sys_resource
from harness.setup.images import node_build, stages
from harness.setup.tools import version_in

if TYPE_CHECKING:
    from harness.setup.engine import Engine
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


def published() -> str:
    return PUBLISHED_NODE_IMAGES[KIND]


def acceptable(choice: str) -> set[str]:
    """The sources that a running cluster may have been made of to be what `choice` asks for."""
    match choice:
        case "auto":
            return {published(), node_build.Inputs.here().tag}
        case "pull":
            return {published()}
        case "build":
            return {node_build.Inputs.here().tag}
        case ref:
            return {ref}


def get(engine: Engine, steps: Steps, choice: str, *, also: tuple[Stage, ...] = ()) -> NodeImage:
    """Have the image on the engine; `also` is work that can go on beside a build."""
    match choice:
        case "auto":
            if reason := _unfit(engine):
                steps.say(f"The published node image cannot run here ({reason}); building one from packages")
            elif image := _try_pull(engine, steps):
                _beside(also, steps)
                return image
        case "pull":
            _beside(also, steps)
            return _pull(engine, steps, published(), "pulled")
        case "build":
            pass
        case ref:
            _beside(also, steps)
            return _pull(engine, steps, ref, "given")
    tag = node_build.build(engine, steps, also=also)
    return NodeImage(tag, tag, "built", kubernetes_in(engine, tag))


def _beside(also: tuple[Stage, ...], steps: Steps) -> None:
    if todo := [stage for stage in also if not stage.there]:
        stages.run_all(todo, steps, stages.log_file("tools"))


def _unfit(engine: Engine) -> str:
    """Published images are made of Debian 13, whose systemd needs cgroup v2; their units need the capability."""
    if engine.cgroup == "1":
        return "cgroup v1"
    return "no CAP_SYS_RESOURCE" if lacks_sys_resource(engine.endpoint) else ""


def _try_pull(engine: Engine, steps: Steps) -> NodeImage | None:
    if not here(engine, published()) and (silence := registry_silence(engine, published())):
        steps.say(f"No image registry to be reached ({silence}); building the node image from packages")
        return None
    try:
        return _pull(engine, steps, published(), "pulled")
    except Problem as problem:
        steps.say(f"{problem.tried}: {problem.seen}; building the node image from packages instead")
        return None


def registry_silence(engine: Engine, ref: str) -> str:
    """Why an image's registry cannot be used, asked through the engine: its proxies and mirrors count."""
    from docker.errors import DockerException

    try:
        api: Any = engine.endpoint.client(timeout_s=ASK_S).api
        api.inspect_distribution(ref)
    except DockerException as error:
        return str(getattr(error, "explanation", None) or error).split("\n")[0][:160]
    except Exception as error:
        late = "imed out" in str(error) or "Timeout" in type(error).__name__
        return f"no answer in {ASK_S} s" if late else f"{type(error).__name__}"
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
    if (silence := registry_silence(engine, ref)).startswith("no answer"):
        raise Problem(f"Pulling {ref}", f"its registry gives {silence}", _ELSEWHERE)
    with steps.step(f"{ref.partition('@')[0]} pulled") as doing:
        _download(engine, ref, doing)


_ELSEWHERE = "--node-image build, or --node-image REF with one that this engine can get"


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
                raise Problem(f"Pulling {ref}", str(error), _ELSEWHERE)
            doing.tell(f"{line.get('status', '')} {line.get('progress', '')}".strip())
    except DockerException as error:
        raise Problem(f"Pulling {ref}", str(getattr(error, "explanation", None) or error), _ELSEWHERE) from error
    except Problem:
        raise
    except Exception as error:  # requests lets its own and urllib3's through
        raise Problem(
            f"Pulling {ref}", f"nothing came for {STALL_S} s ({type(error).__name__})", _ELSEWHERE
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
