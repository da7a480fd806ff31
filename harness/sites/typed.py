"""Runs what a person types, as a list of arguments: its output, its exit code, and no shell in between."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from harness.lab.open_site import Answer, No

LOOKS_S = 0.5
"""So often it is asked whether the run is being ended."""

MOST = 100_000
"""Characters of its output that are kept, the first ones."""

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""What moves or colours a terminal's text, which some programs print wherever they are."""

LAST = 3
"""Lines of what it said against it that are kept."""


def run(
    command: str,
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    within_s: float,
    over: Callable[[], bool],
    files: tuple[str, ...] = (),
) -> Answer:
    """`command` is the text that was typed, `argv` what is run. A No: it could not be run, or not to its end."""
    if over():
        raise No("the run is being ended")
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=dict(env),
            cwd=cwd,
            start_new_session=True,  # a group of its own: we decide when it ends, not the terminal
        )
    except OSError as error:
        raise No(f"{argv[0]} could not be started: {error.strerror}") from error
    try:
        out, err = _to_its_end(process, within_s, over)
    finally:
        end_group(process)
    out, err, code = CONTROL.sub("", out), CONTROL.sub("", err), process.returncode
    said = out.rstrip("\n")[:MOST] if code == 0 else "\n".join((telling(err) or telling(out))[-LAST:])
    return Answer(said, code, typed=(command,), files=files)


def _to_its_end(process: subprocess.Popen[str], within_s: float, over: Callable[[], bool]) -> tuple[str, str]:
    ends_s = time.monotonic() + within_s
    while True:
        left_s = ends_s - time.monotonic()
        try:
            return process.communicate(timeout=max(0.0, min(LOOKS_S, left_s)))
        except subprocess.TimeoutExpired:
            if over():
                raise No("the run is being ended") from None
            if left_s <= 0:
                raise No(f"it did not end within {within_s:.0f} s") from None


def end_group(process: subprocess.Popen[str]) -> None:
    """Have the process and what it started end, if it has not."""
    if process.poll() is not None:
        return
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=5)
            return


HINTS = (
    "See 'docker", "Run 'docker", "Usage:", "For more help on how to use Docker", "Defaulted container",
    "command terminated with exit code",
)  # fmt: skip
"""How lines begin that say nothing of what is wrong: they point to a command's help, or tell that one had none."""


def telling(text: str) -> list[str]:
    """The lines of a message but for the empty ones and the hints."""
    return [said for line in text.splitlines() if (said := line.strip()) and not said.startswith(HINTS)]
