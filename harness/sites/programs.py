"""Programs that an arm has beside its files: started in the trial's surroundings, ended with it or with us."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Mapping
from pathlib import Path

from harness.lab.open_site import Answer, No
from harness.sites.typed import end_group

KEEP = 'sh "$1" </dev/null & cat >/dev/null; kill 0'
"""It must not outlive us, however we end: when nobody holds its input any more, its whole group goes."""

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
            process = subprocess.Popen(
                ["sh", "-c", KEEP, "program", name],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
            )
        self._running.append(process)
        return Answer("it runs while the trial does", typed=(command,), files=(name,))

    def stop(self) -> None:
        for process in self._running:
            if process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(ENDS_S)
            end_group(process)
        self._running.clear()
