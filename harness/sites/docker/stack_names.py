"""What is typed to a Swarm calls a trial's stack `web`; here it becomes the trial's own stack, and back again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

STACK = "com.docker.stack.namespace"
"""The label that `docker stack deploy` puts on all that it makes."""

TYPED = "web"
PROGRESS = re.compile(r"(overall progress: |\d+/\d+: |[a-z0-9]{12,}: |verify: Waiting )")
"""How lines begin that a terminal would have overwritten."""

FILES = ("--compose-file", "-c")
DEPLOYS, LISTS = ("deploy", "up"), ("ls", "list")


@dataclass(frozen=True, slots=True)
class Names:
    """`web`, and of what is in it `web_web`, `web_default`, ...; a service may be called by its name in the file."""

    stack: str

    def inward(self, words: Sequence[str], services: Iterable[str] = ()) -> list[str]:
        """The words behind `docker`, with the trial's own names in them."""
        own = re.compile(rf"(?<![\w/.-]){TYPED}_(?=[a-z0-9])")
        known = "|".join(sorted(map(re.escape, {TYPED, *services}), key=len, reverse=True))
        short = re.compile(rf"(?:^|(?<=^name=)|(?<=^--name=))({known})(?=$|=)")
        found = []
        for before, word in zip(("", *words), words, strict=False):
            if before in FILES:
                found.append(word)
            elif words[0] == "stack" and word == TYPED:
                found.append(self.stack)
            elif words[0] == "service":
                found.append(own.sub(f"{self.stack}_", short.sub(rf"{self.stack}_\1", word)))
            else:
                found.append(own.sub(f"{self.stack}_", word))
        return found

    def outward(self, text: str) -> str:
        """What was said, in the names that were typed."""
        lines = [line for line in text.splitlines() if not PROGRESS.match(line)]
        return "\n".join(lines).replace(f"{self.stack}_", f"{TYPED}_").replace(self.stack, TYPED)

    def within(self, words: Sequence[str], labels: Mapping[str, str], beside: str = "") -> list[str]:
        """The same in its surroundings: labels, a file of ours beside the typed ones, and no registry to be asked."""
        match list(words[:2]):
            case ["stack", what] if what in DEPLOYS:
                quiet = [] if "--resolve-image" in words else ["--resolve-image", "never"]
                # Ours comes last: paths in all of them begin where the first one lies.
                return ["stack", what, *quiet, *words[2:], *(["--compose-file", beside] if beside else [])]
            case ["service", "create"]:
                every = {STACK: self.stack, **labels}
                flags = [
                    w for n, v in every.items() for f in ("--label", "--container-label") for w in (f, f"{n}={v}")
                ]
                return ["service", "create", "--no-resolve-image", *flags, *words[2:]]
            case ["service", "update"]:
                return ["service", "update", "--no-resolve-image", *words[2:]]
            case ["service", what] if what in LISTS:
                return ["service", what, "--filter", f"label={STACK}={self.stack}", *words[2:]]
        return list(words)

    def own_lines(self, words: Sequence[str], said: str, run: str) -> str:
        """Of a list of stacks, without those of the run's other trials."""
        if not (words[:1] == ["stack"] and words[1:2] and words[1] in LISTS):
            return said
        return "".join(line for line in said.splitlines(True) if self.stack in line or run not in line)


def files_in(words: Sequence[str]) -> tuple[str, ...]:
    """The files that a `docker stack deploy` applies."""
    if words[:1] != ["stack"] or words[1:2] == [] or words[1] not in DEPLOYS:
        return ()
    spaced = [value for flag, value in pairwise(words) if flag in FILES]
    joined = [word.partition("=")[2] for word in words if word.startswith("--compose-file=")]
    return tuple(name for every in (*spaced, *joined) for name in every.split(","))


def beside(files: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> dict[str, Any]:
    """A file of ours to those: labels on services and their containers, and networks that a client can join."""
    said = {str(file["version"]) for file in files if "version" in file}
    services = {name for file in files for name in file.get("services") or {}}
    networks = {name: net or {} for file in files for name, net in (file.get("networks") or {}).items()}
    open_ = [name for name in ("default", *networks) if not networks.get(name, {}).get("external")]
    made = {"labels": dict(labels), "deploy": {"labels": dict(labels)}}
    return {
        **({"version": said.pop()} if said else {}),  # Docker refuses to merge files of two versions
        "services": dict.fromkeys(sorted(services), made),
        "networks": {name: {"attachable": True, "labels": dict(labels)} for name in sorted(set(open_))},
    }
