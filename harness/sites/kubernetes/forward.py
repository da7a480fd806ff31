"""`kubectl port-forward`: a port of this machine's that leads to a Service for as long as the program runs."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Mapping

from harness.lab.open_site import No
from harness.sites.programs import end, kept

LOOPBACK = "127.0.0.1"
BEGINS_S = 15.0
SAYS = re.compile(rf"Forwarding from {re.escape(LOOPBACK)}:(\d+) ")


class Forward:
    """kubectl picks a free port and says which. It ends with the trial, or with us."""

    def __init__(self, kubectl: str, service: str, port: int, env: Mapping[str, str]) -> None:
        argv = [kubectl, "port-forward", f"service/{service}", f":{port}", "--address", LOOPBACK]
        self._process = kept(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._said: list[str] = []
        self._there = threading.Event()
        threading.Thread(target=self._read, daemon=True, name="port-forward").start()

    def port(self) -> int:
        """Which one it is, once it can be asked."""
        self._there.wait(BEGINS_S)
        found = next((m for line in self._said if (m := SAYS.match(line))), None)
        if found is None:
            raise No(f"kubectl port-forward: {' '.join(self._said) or f'nothing said in {BEGINS_S:g} s'}")
        return int(found[1])

    def end(self) -> None:
        end(self._process)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        """To its end, or it would stop at a full pipe."""
        for line in self._process.stdout or ():
            if not self._there.is_set():
                self._said.append(line.strip())
            if SAYS.match(line):
                self._there.set()
        self._there.set()
