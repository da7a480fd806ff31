"""An arm: a site and a recipe, which is files applied as they are, or commands that are typed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from harness.lab.site import Site

IMAGE = "dk-labs/web:1"
PROXY = "dk-labs/proxy:1"
"""Stands before Compose's copies, where a lab asks for that; it is made for the engine alone."""

PORT = 8080


@dataclass(frozen=True, slots=True)
class Arm:
    """`recipe` names files of the lab's folder in manifests/, or says what is typed: `docker run ...; docker ...`.

    A command that ends with ` x N` is typed so often.
    """

    name: str
    site: Site
    recipe: str
    versions: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Recipes of its later versions."""

    at: str = ""
    """The node from which is asked, where that is the question: its name without the cluster's."""

    differs: str = ""
    """Why its image's settings or limits differ from the other arms': without a reason they may not."""

    lacks: str = ""
    """What of a host it needs beyond its site: where the host lacks it, what asks for the arm is unavailable."""

    standing: bool = False
    """Somebody has brought it up already."""

    @property
    def needs(self) -> frozenset[str]:
        return self.site.needs | ({self.lacks} if self.lacks else frozenset())

    @property
    def typed(self) -> bool:
        """Whether its recipe is commands, not files."""
        return self.recipe.split()[0] == self.site.program

    @property
    def names(self) -> tuple[str, ...]:
        return () if self.typed else tuple(self.recipe.split())

    def version(self, name: str) -> Arm:
        """The arm as it is with a later version's recipe."""
        return replace(self, recipe=self.versions[name])

    def commands(self, version: str = "") -> tuple[str, ...]:
        """What a person types to bring it up, or a later version of it."""
        one = self.version(version) if version else self
        if one.typed:
            return tuple(c for text in one.recipe.split("; ") for c in repeated(text))
        files = " ".join(f"{self.site.flag} {name}" for name in one.names if not name.endswith(".sh"))
        programs = [f"sh {name}" for name in one.names if name.endswith(".sh")]
        return self.site.applies.format(files=files), *programs


def repeated(text: str) -> list[str]:
    command, _, times = text.rpartition(" x ")
    return [command] * int(times) if times.isdigit() else [text]


def files_in(command: str, site: Site) -> tuple[str, ...]:
    """The files that a typed command applies."""
    words = shlex.split(command)
    return tuple(words[n + 1] for n, word in enumerate(words[:-1]) if word in (site.flag, "-f"))
