#!/usr/bin/env -S python3 -S -B
"""`ask METHOD PATH [HOST:PORT]`: one request, as a person would send it, to this copy unless another one is named."""

from __future__ import annotations

import sys

sys.path.insert(0, "/app")

from agent import ask
from wire import write_line

HERE = "127.0.0.1:8080"
WAIT_MS = 30000


def main(arguments: list[str]) -> int:
    if len(arguments) not in (2, 3):
        write_line(2, "usage: ask METHOD PATH [HOST:PORT], as in: ask GET /, ask POST /crash, ask GET / web:8080")
        return 2
    host, _, port = (arguments[2] if len(arguments) == 3 else HERE).rpartition(":")
    try:
        said = ask(host, port, arguments[0], arguments[1], str(WAIT_MS))
    except ValueError:
        write_line(2, f"ask: {arguments[2]} is not HOST:PORT")
        return 2
    write_line(1, said)
    return 0 if said.startswith("2") else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
