"""What is known of a trial's containers, for whoever asks why it broke."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.lab.open_site import No
from harness.sites.docker.copies import answered

if TYPE_CHECKING:
    from harness.setup.engine import Engine

TAIL = 500
"""Lines of a log that are kept."""


def evidence(engine: Engine, filters: Mapping[str, Any], prefix: str) -> dict[str, str]:
    """Of each container all that the engine says of it, and its log; their names without the prefix."""
    found: dict[str, str] = {}
    try:
        with answered():
            for one in engine.client.containers.list(all=True, ignore_removed=True, filters=dict(filters)):
                name = str(one.name).removeprefix(prefix)
                found[f"{name}.json"] = json.dumps(one.attrs, indent=2)
                found[f"{name}.log"] = one.logs(tail=TAIL, timestamps=True).decode(errors="replace")
    except No as no:
        found["engine.txt"] = str(no)
    return found
