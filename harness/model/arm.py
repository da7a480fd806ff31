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
    name: str = ""
    """The name by which all of them are known, in a network of their own."""

    addresses: int = 0
    """How many containers that network has room for; 0: as many as the engine gives it."""

    @property
    def network(self) -> bool:
        """Whether they need a network of their own."""
        return bool(self.name or self.addresses)

    @property
    def commands(self) -> tuple[str, ...]:
        """What a person would type, with a network's address as it may be."""
        subnet = f" --subnet 198.18.0.0/{32 - (self.addresses + 2).bit_length()}" if self.addresses else ""
        network = (f"docker network create{subnet} web",) if self.network else ()
        within = " --network web" + (f" --network-alias {self.name}" if self.name else "") if self.network else ""
        each = f"docker run --detach --restart {self.restart} --cpus {self.cpus:g}{within} {IMAGE}"
        return (*network, *[each] * self.copies)

    def __str__(self) -> str:
        *first, last = dict.fromkeys(self.commands)
        return "; ".join([*first, f"{last} ({self.copies} times)" if self.copies > 1 else last])


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

    update: str = ""
    """The files of its next version, which are applied in the place of the first ones."""

    differs: str = ""
    """Why its image's settings or limits are other than the other arms': without a reason they may not be."""

    needs: frozenset[str] = frozenset()
    """What a host must be able to: where it cannot, the arm is not run, and what asks for it is unavailable."""

    @property
    def next(self) -> Arm | None:
        """The arm as it is after its update."""
        return Arm(f"{self.name}, next version", self.site, self.update) if self.update else None

    def __init__(
        self,
        name: str,
        site: Site,
        recipe: Run | str,
        *,
        at: str = "",
        update: str = "",
        differs: str = "",
        needs: str = "",
    ) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "site", site)
        object.__setattr__(self, "recipe", Files(tuple(recipe.split())) if isinstance(recipe, str) else recipe)
        object.__setattr__(self, "at", at)
        object.__setattr__(self, "update", update)
        object.__setattr__(self, "differs", differs)
        object.__setattr__(self, "needs", site.needs | ({needs} if needs else frozenset()))
