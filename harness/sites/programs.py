"""Programs that an arm has beside its files: started in the trial's surroundings, ended with it or with us."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.lab.open_site import Answer, No
from harness.sites.typed import end_group

LONGEST_S = 600
SOON_S = 0.3
KEEP = (
    f'"$@" </dev/null & {{ sleep {LONGEST_S}; kill -9 0; }} & cat >/dev/null; '
    f"trap '' TERM; kill 0; sleep {SOON_S}; kill -9 0"
)
"""It must not outlive us, however we end: when nobody holds its input any more, its whole group goes.

Whoever does not heed the first word is ended by the second one.
"""

ENDS_S = 5.0


class Programs:
    """Those of one trial; what they print goes into files."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[subprocess.Popen[str]] = []

    def start(self, command: str, name: str, *, env: Mapping[str, str], cwd: Path) -> Answer:
        """`sh NAME`, a file of the lab's; it goes on while the trial does."""
        if not (cwd / name).is_file():
            raise No(f"there is no {name} in {cwd.name}")
        self._logs.mkdir(parents=True, exist_ok=True)
        with (self._logs / f"{name}.log").open("a") as log:
            self._running.append(kept(["sh", name], env=env, cwd=cwd, stdout=log, stderr=log))
        return Answer("it runs while the trial does", typed=(command,), files=(name,))

    def stop(self) -> None:
        for process in self._running:
            end(process)
        self._running.clear()


def kept(argv: Sequence[str], *, env: Mapping[str, str], **more: Any) -> subprocess.Popen[str]:
    """Started so that it ends when we do."""
    return subprocess.Popen(
        ["sh", "-c", KEEP, "program", *argv],
        stdin=subprocess.PIPE, text=True, env=dict(env), start_new_session=True, **more,
    )  # fmt: skip


def end(process: subprocess.Popen[str]) -> None:
    """Have it end, with all that it started."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(ENDS_S)
    end_group(process)
