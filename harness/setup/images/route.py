"""How `labs up` will come by a node image: the decisions of node_image.get, told before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from harness.setup.doctor.facts import EngineFacts, Host, Images, MirrorFacts

GIVE_MIRROR = "export LABS_DEBIAN_MIRROR=http://HOST/debian"


@dataclass(frozen=True, slots=True)
class Route:
    by: Literal["here", "pull", "build", "none", "unknown"]
    because: str = ""
    fix: str = ""

    @property
    def may_build(self) -> bool:
        return self.by in ("build", "unknown")


def foresee(e: EngineFacts, h: Host, silence: str | None, mirror: MirrorFacts, there: Images) -> Route:
    """`silence` is why the registry cannot be used, empty if it can, None while nobody could ask."""
    if h.node_image not in ("auto", "pull", "build"):
        return Route("pull", f"LABS_NODE_IMAGE={h.node_image}")
    if h.node_image == "pull":
        return _pulled(silence, there) or Route(
            "none", f"{silence}, and LABS_NODE_IMAGE=pull", "unset LABS_NODE_IMAGE"
        )
    if h.node_image == "build":
        return _built(h, mirror, there, "LABS_NODE_IMAGE=build")
    if unfit := "cgroup v1" if e.cgroup == "1" else "no CAP_SYS_RESOURCE" if e.lacks_sys_resource else "":
        return _built(h, mirror, there, unfit)
    return _pulled(silence, there) or _built(h, mirror, there, "no image registry")


def _pulled(silence: str | None, there: Images) -> Route | None:
    if there.published:
        return Route("here", "the published one")
    if silence is None:
        return Route("unknown")
    return None if silence else Route("pull")


def _built(h: Host, mirror: MirrorFacts, there: Images, because: str) -> Route:
    if there.built:
        return Route("here", f"built from packages: {because}")
    if not h.user.root:
        fix = "sudo -E labs up, or labs up --node-image REF"
        return Route("none", f"{because}, and building one needs root", fix)
    if not h.mmdebstrap and not (h.debian and h.may_install):
        return Route("none", f"{because}, and no mmdebstrap to build one", "sudo apt-get install mmdebstrap")
    if mirror.missing:
        return Route("none", f"{because}, and no Debian mirror: {mirror.missing}", GIVE_MIRROR)
    return Route("build", because)
