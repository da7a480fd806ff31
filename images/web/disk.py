"""Knows how to write a file so that it stays, how to read it back, and what the disk said instead."""

from __future__ import annotations

import hashlib
import os
from errno import errorcode
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wire import Json

CHUNK = 1 << 18


def write(folder: str, name: str, chunks: Iterable[bytes]) -> dict[str, Json]:
    try:
        with Path(folder, name).open("wb") as file:
            digest = hashlib.sha256()
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        _sync_folder(folder)
    except OSError as fault:
        return _told(folder, fault)
    return {"exists": True, "bytes": size, "sha256": digest.hexdigest()}


def read(folder: str, name: str) -> dict[str, Json]:
    path = Path(folder, name)
    try:
        path.parent.stat()  # a folder that is missing is a fault, a file that is missing is an answer
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return {"exists": True, "bytes": file.tell(), "sha256": digest.hexdigest()}
    except OSError as fault:
        if isinstance(fault, FileNotFoundError) and fault.filename == str(path):
            return {"exists": False, "bytes": None, "sha256": None}
        return _told(folder, fault)


def made(name: str, length: int) -> Iterator[bytes]:
    """The same bytes for the same name, on every run and in every arm."""
    for start in range(0, length, CHUNK):
        yield hashlib.shake_128(f"{name}:{start}".encode()).digest(min(CHUNK, length - start))


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)  # without this a new file's name may not survive a power cut
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _told(folder: str, fault: OSError) -> dict[str, Json]:
    return {
        "error": f"{folder}: {fault.strerror}",
        "errno": errorcode.get(fault.errno or 0, str(fault.errno)),
    }
