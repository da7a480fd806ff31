"""How a node image is come by: decided once, shown by `labs doctor` and done by `labs up`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.model.project import KIND, PUBLISHED_NODE_IMAGES
from harness.setup.images.node_build import Inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from harness.setup.images.builds import Means

Origin = Literal["pulled", "given", "built"]


@dataclass(frozen=True, slots=True)
class Images:
    """What an engine already has."""

    built: bool = False
    published: bool = False
    bases: bool = False
    """The Debian file systems that a node image is built on: with them, building needs no root."""

    @staticmethod
    def among(names: Collection[str]) -> Images:
        """From all tags and digests of an engine's images."""
        inputs, (name, _, digest) = Inputs.here(), published().partition("@")
        return Images(
            inputs.tag in names,
            f"{name.rpartition(':')[0]}@{digest}" in names,
            {inputs.base_tag, inputs.node_base_tag} <= set(names),
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What the decision rests on; what takes seconds to find out is asked for only where it matters."""

    choice: str
    """auto, pull, build, or the name of an image."""

    unfit: str
    """Why the published image cannot run on this engine; empty if it can."""

    there: Images
    silence: Callable[[], str | None]
    """Why the registry cannot be used, empty if it can; None while there is no engine to ask it."""

    means: Callable[[], Means]


@dataclass(frozen=True, slots=True)
class Route:
    by: Literal["here", "pull", "build", "none", "unknown"]
    because: str = ""
    fix: str = ""
    ref: str = ""
    origin: Origin = "pulled"

    @property
    def may_build(self) -> bool:
        return self.by in ("build", "unknown")


def published() -> str:
    return PUBLISHED_NODE_IMAGES[KIND]


def unfit(cgroup: str, *, lacks_sys_resource: bool) -> str:
    """Published images are made of Debian 13, whose systemd needs cgroup v2; their units need the capability."""
    return "cgroup v1" if cgroup == "1" else "no CAP_SYS_RESOURCE" if lacks_sys_resource else ""


def decide(facts: Facts) -> Route:
    match facts.choice:
        case "pull":
            return _pulled(facts) or Route("none", f"{facts.silence()}, and it was to be pulled", ANOTHER)
        case "build":
            return _built(facts, "it was asked for")
        case "auto":
            if facts.unfit:
                return _built(facts, f"the published one cannot run here ({facts.unfit})")
            return _pulled(facts) or _built(facts, f"no image registry ({facts.silence()})")
        case ref:
            return Route("pull", ref=ref, origin="given")


ANOTHER = "labs up --node-image build, or --node-image REF with an image that this engine can get"


def _pulled(facts: Facts) -> Route | None:
    if facts.there.published:
        return Route("here", "the published one", ref=published())
    silence = facts.silence()
    if silence is None:
        return Route("unknown")
    return None if silence else Route("pull", ref=published())


def _built(facts: Facts, because: str) -> Route:
    tag = Inputs.here().tag
    if facts.there.built:
        return Route("here", f"built from packages: {because}", ref=tag, origin="built")
    lacking, fix = ("", "") if facts.there.bases else facts.means().lacking()
    if lacking:
        return Route("none", f"{because}, and none can be built: {lacking}", fix)
    return Route("build", because, ref=tag, origin="built")
