"""Takes a command apart: what is given with which flag."""

from __future__ import annotations

SWARM_STATE = "{{.Swarm.LocalNodeState}}"
"""As what `docker info` is asked for its part in a Swarm."""


def values(words: list[str], *flags: str) -> list[str]:
    """What is given with a flag, as `--flag value`, `--flag=value` or `-f value`."""
    found = [words[n + 1] for n, word in enumerate(words[:-1]) if word in flags]
    return found + [w.partition("=")[2] for w in words if w.partition("=")[0] in flags and "=" in w]


def bare(words: list[str], *with_value: str) -> list[str]:
    """The words that are neither flags nor their values."""
    found, skip = [], False
    for word in words:
        if not skip and not word.startswith("-"):
            found.append(word)
        skip = not skip and word in with_value
    return found
