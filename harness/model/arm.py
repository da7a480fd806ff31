"""An arm: a site and a recipe, which is files applied as they are, or the flags of a `docker run`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.model.site import Site

IMAGE = "dk-labs/web:1"
PORT = 8080


@dataclass(frozen=True, slots=True)
class Run:
    """Copies of `docker run --detach` of the demo application."""

    restart: str = "no"
    copies: int = 1
    cpus: float = 0.1

    def __str__(self) -> str:
        each = f" ({self.copies} times)" if self.copies > 1 else ""
        return f"docker run -d --restart {self.restart} --cpus {self.cpus:g} {IMAGE}{each}"


@dataclass(frozen=True, slots=True)
class Files:
    """Files of the lab's folder in manifests/: for Compose on an engine, for kubectl on a cluster."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.names)


@dataclass(frozen=True, slots=True)
class Arm:
    name: str
    site: Site
    recipe: Run | Files
    at: str = ""
    """The node from which is asked, where that is the question: its name without the cluster's."""

    minus: str = ""
    differs: str = ""
    """Why its image's settings or limits are other than the other arms': without a reason they may not be."""

    needs: frozenset[str] = frozenset()
    """What a host must be able to: where it cannot, the arm is not run, and what asks for it is unavailable."""

    def __init__(
        self,
        name: str,
        site: Site,
        recipe: Run | str,
        *,
        at: str = "",
        minus: str = "",
        differs: str = "",
        needs: str = "",
    ) -> None:
        if minus and not site.own:
            raise TypeError(f"arm {name!r} takes {minus} away from the shared {site.name}: use an own one")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "site", site)
        object.__setattr__(self, "recipe", Files(tuple(recipe.split())) if isinstance(recipe, str) else recipe)
        object.__setattr__(self, "at", at)
        object.__setattr__(self, "minus", minus)
        object.__setattr__(self, "differs", differs)
        object.__setattr__(self, "needs", site.needs | ({needs} if needs else frozenset()))
