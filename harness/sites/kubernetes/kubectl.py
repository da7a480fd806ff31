"""kubectl as a person has it who works in one namespace: which program, and in which surroundings."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from harness.model.errors import Problem
from harness.setup import commands, tools
from harness.setup.cluster.create import Shape

if TYPE_CHECKING:
    from harness.setup.engine import Engine


def program(engine: Engine, shape: Shape) -> Path:
    """The one that every node carries, copied out of one once: so a host needs none."""
    node = f"{shape.name}-control-plane"
    try:
        return tools.kubectl(node, endpoint_env=engine.environment)
    except commands.CommandFailed as failed:
        raise Problem(f"Copying kubectl out of {node}", f"{failed}: {failed.tail}", "labs up") from failed


def environment(kubectl: Path, shape: Shape, contexts: Path) -> dict[str, str]:
    """`contexts` says which namespace is meant; where and who, the cluster's own file says, and only that one."""
    return dict(os.environ) | {
        "KUBECONFIG": os.pathsep.join((str(contexts), str(shape.kubeconfig))),
        "KUBECACHEDIR": str(shape.folder / "kubectl"),
        # Over WebSockets a program that has read nothing for a minute is never told that its input ends.
        "KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "false",
        "KUBERC": "off",  # else a person's own aliases and defaults would change what is typed
        "PATH": os.pathsep.join((str(kubectl.parent), os.environ.get("PATH", os.defpath))),
    }


def write_context(file: Path, shape: Shape, namespace: str) -> None:
    """Have kubectl mean this namespace. Keys stay where they are: of two files the first one's context counts."""
    there = yaml.safe_load(shape.kubeconfig.read_text())
    current = next((c["context"] for c in there["contexts"] if c["name"] == there["current-context"]), None)
    if current is None:
        seen = f"{shape.kubeconfig} has no context {there['current-context']!r}"
        raise Problem(f"Pointing kubectl at {namespace}", seen, "labs up")
    named = {"name": namespace, "context": current | {"namespace": namespace}}
    said = {"apiVersion": "v1", "kind": "Config", "current-context": namespace, "contexts": [named]}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(json.dumps(said))
