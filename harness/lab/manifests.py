"""The files that arms are made of: where they lie, and which containers they describe."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from harness.lab.arm import IMAGE, PORT, PROXY
from harness.lab.site import Kind
from harness.model.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.lab.arm import Arm

COMPOSE = ("services", "networks", "volumes")
FOLDER = Path(__file__).resolve().parents[2] / "manifests"


@dataclass(frozen=True, slots=True)
class Container:
    """What a container is given, as a file or the flags of a `docker run` say; `place` is where they do."""

    place: str
    image: str = IMAGE
    ports: tuple[int, ...] = (PORT,)
    environment: tuple[tuple[str, str], ...] = ()
    cpus: float = 0.0
    memory: str = ""
    copies: int = 1
    passing: bool = False
    """It runs and ends before the others begin."""

    @property
    def traits(self) -> Mapping[str, object]:
        """What has to be alike over the arms of a lab, or else it is these that are compared."""
        environment = " ".join(f"{name}={value}" for name, value in self.environment)
        return {"port": self.ports, "environment": environment, "CPU limit": self.cpus, "memory limit": self.memory}


def documents(file: Path) -> list[dict[str, Any]]:
    try:
        return [d for d in yaml.safe_load_all(file.read_text()) if d]
    except (OSError, yaml.YAMLError) as error:
        raise Problem(f"Reading {file.name}", str(error).replace("\n", " "), "mend that file") from error


def containers(arm: Arm, folder: Path) -> list[Container]:
    """All that an arm runs; an image other than the labs' own is told."""
    if arm.typed:
        return list(_typed(arm))
    found = []
    for file in (folder / name for name in arm.names if name.endswith((".yaml", ".yml"))):
        for document in documents(file):
            where = f"{folder.name}/{file.name}"
            try:
                found += list(_services(where, document) if "services" in document else _pods(where, document))
            except (TypeError, ValueError, AttributeError, KeyError) as error:
                raise _odd(where, error) from error
    for one in found:
        if one.image != IMAGE and (one.image != PROXY or arm.site.kind is not Kind.ENGINE):
            only = ", which is made for the engine alone" if one.image == PROXY else ""
            raise Problem(f"Reading {one.place}", f"its image is {one.image!r}{only}", f"image: {IMAGE}")
    return found


def have_proxy(arms: Iterable[tuple[Arm, Path]]) -> bool:
    """Whether one of them, or a later version of it, runs the labs' proxy."""
    every = {(one, folder) for arm, folder in arms for one in (arm, *map(arm.version, arm.versions))}
    return any(c.image == PROXY for one, folder in every for c in containers(one, folder))


def size(file: Path) -> tuple[int, int]:
    """Lines that say something, and the objects that they make: services, networks and volumes, or documents."""
    try:
        text = file.read_text()
    except OSError as error:
        raise Problem(f"Reading {file.name}", str(error), "the name of a file in the lab's folder") from error
    lines = sum(
        1 for line in text.splitlines() if (said := line.strip()) and not said.startswith("#") and said != "---"
    )
    if not file.name.endswith((".yaml", ".yml")):
        return lines, 0
    made = documents(file)
    try:
        return lines, sum(len(d.get(kind) or ()) for d in made for kind in COMPOSE) + sum("kind" in d for d in made)
    except (TypeError, AttributeError) as error:
        raise _odd(file.name, error) from error


def _odd(where: str, error: Exception) -> Problem:
    why = f"it is not what Compose or Kubernetes would take: {type(error).__name__}: {error}"
    return Problem(f"Reading {where}", why, "mend that file")


def unlike(arms: Iterable[Arm], folder: Path) -> list[str]:
    """Where the arms of a lab differ in something that is not their question: each with both places.

    A proxy is another program than the copies, so it is compared with none of them.
    """
    first: dict[str, tuple[object, str]] = {}
    found = []
    for arm in arms:
        if arm.differs:
            continue
        for one in (c for c in containers(arm, folder) if c.image == IMAGE):
            for trait, value in one.traits.items():
                other, place = first.setdefault(trait, (value, one.place))
                if other != value:
                    found.append(f"{trait} {_said(value)} in {one.place}, but {_said(other)} in {place}")
    return found


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value) or "none"


def _typed(arm: Arm) -> Iterator[Container]:
    """Of each `docker run` its flags; what is typed several times counts so often."""
    for command, copies in Counter(arm.commands()).items():
        words = shlex.split(command)
        if words[1:2] == ["run"]:
            cpus = next((words[n + 1] for n, word in enumerate(words[:-1]) if word == "--cpus"), "0")
            image = next((word for word in words[2:] if word in (IMAGE, PROXY)), words[-1])
            given = _pairs(words[n + 1].split("=", 1) for n, word in enumerate(words[:-1]) if word in ("--env", "-e"))
            yield Container(command, image, environment=given, cpus=float(cpus), copies=copies)


def _services(where: str, document: Mapping[str, Any]) -> Iterator[Container]:
    for name, service in document["services"].items():
        deploy = service.get("deploy", {})
        limits = deploy.get("resources", {}).get("limits", {})
        environment = service.get("environment", {})
        yield Container(
            f"{where}, service {name}",
            str(service.get("image")),
            _ports([str(p).rpartition(":")[2] for p in (*service.get("ports", ()), *service.get("expose", ()))]),
            _pairs(environment.items() if isinstance(environment, dict) else (e.split("=", 1) for e in environment)),
            float(service.get("cpus", limits.get("cpus", 0))),
            str(service.get("mem_limit", limits.get("memory", ""))),
            int(service.get("scale", deploy.get("replicas", 1))),
        )


def _pods(where: str, document: Mapping[str, Any]) -> Iterator[Container]:
    spec = document.get("spec") or {}
    pod = spec["template"].get("spec", {}) if "template" in spec else spec
    for kind, passing in (("containers", False), ("initContainers", True)):
        for container in pod.get(kind, ()):
            limits = container.get("resources", {}).get("limits", {})
            yield Container(
                f"{where}, {document.get('kind')} {document['metadata']['name']}",
                str(container.get("image")),
                _ports(str(p["containerPort"]) for p in container.get("ports", ())),
                _pairs((e["name"], e.get("value", "set elsewhere")) for e in container.get("env", ())),
                _cores(limits.get("cpu", "0")),
                str(limits.get("memory", "")),
                int(spec.get("replicas", 1)) if "template" in spec else 1,
                passing,
            )


def _ports(written: Iterable[str]) -> tuple[int, ...]:
    """Where none is written, the application listens on its own all the same."""
    return tuple(sorted({int(port.partition("/")[0]) for port in written})) or (PORT,)


def _pairs(written: Iterable[Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((str(name), str(value)) for name, value in written))


def _cores(text: object) -> float:
    value = str(text)
    return float(value[:-1]) / 1000 if value.endswith("m") else float(value)
