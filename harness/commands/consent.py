"""Asks a person before something goes that is not only ours; in scripts, `--yes` says it beforehand."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.text import Text

from harness.model.errors import Problem
from harness.setup.cluster import losses

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from harness.setup.cluster.losses import Loss


def consent(
    console: Console, command: str, *, yes: bool, ask: Callable[[str], str] | None = None
) -> Callable[[Loss], None]:
    """For what `command` would remove. Without `ask` it is the terminal, if there is one."""
    if ask is None and sys.stdin.isatty() and console.is_terminal:
        ask = lambda question: console.input(Text(question))  # noqa: E731

    def consented(loss: Loss) -> None:
        if not loss:
            return
        if yes:
            console.print(Text(f"Cluster {loss.cluster}: {loss} (--yes)"), soft_wrap=True)
        elif ask is None:
            losses.refuse(loss, command)
        elif ask(f"Cluster {loss.cluster}: {loss}. Remove it? [y/N] ").strip().lower() not in ("y", "yes"):
            raise Problem(f"Removing cluster {loss.cluster}", "you said no", f"{command} --yes, if it may go")

    return consented
