"""Scripts in files, of `echo`, `sleep` and `exit` alone: what each says and when, and how it ends."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cache

LOG = "/proc/1/fd/1"
"""What a hook writes goes nowhere, unless it goes to where the container's own program writes."""

SOON_S = 0.05
"""From the last that a script does to its end."""

ENDS_WELL = ("true", "sleep", "echo")


@dataclass(frozen=True)
class Script:
    lines: tuple[tuple[float, str], ...]
    """Each after so many seconds."""

    lasts_s: float | None
    """None: for ever."""

    code: int


@cache
def read(text: str, *, hook: bool = False) -> Script:
    lines, after_s, code, last = list[tuple[float, str]](), 0.0, None, ""
    for command in filter(None, (part.strip() for part in re.split(r";|\n|&&", text))):
        words = [w for n, w in enumerate(shlex.split(command)) if n or w != "exec"]
        last, *given = words
        if last == "echo":
            line, goes = given, ""
            if ">" in given:
                line, goes = given[: given.index(">")], given[given.index(">") + 1]
            if goes == LOG or not (hook or goes):
                lines.append((after_s, " ".join(line)))
        elif last == "exit":
            code = int(given[0])
            break
        elif last == "sleep":
            if given[0] == "infinity":
                return Script(tuple(lines), None, 0)
            after_s += float(given[0])
    code = (0 if last in ENDS_WELL else 1) if code is None else code
    return Script(tuple(lines), after_s + SOON_S, code)
