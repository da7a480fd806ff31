"""Knows what each path does and answers."""

from __future__ import annotations

import os
import time
import zlib

from wire import Refused, Request, is_whole, write_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import NoReturn

    from instance import Instance
    from wire import Json

    Handler = Callable[[Instance, Request], "Answer"]

LONGEST_MS = 60_000
MOST_LINES = 10_000
MOST_BYTES = 1 << 30
BLOCK = bytes(1 << 18)
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


class Answer:
    """What is sent, and what is done once it is on its way."""

    __slots__ = ("data", "fields", "status", "then")

    def __init__(
        self, status: int, fields: dict[str, Json], then: Callable[[], None] | None = None, data: str = ""
    ) -> None:
        self.status = status
        self.fields = fields
        self.then = then
        self.data = data  # for who reads headers only


def answer(instance: Instance, request: Request) -> Answer:
    instance.count(request.path)
    try:
        return HANDLERS.get(request.path, nowhere)(instance, request)
    except Refused as refused:
        return Answer(refused.status, {"error": str(refused)})


def home(instance: Instance, request: Request) -> Answer:
    time.sleep(instance.settings.request_s)
    return _ordinary(instance, request)


def sleep(instance: Instance, request: Request) -> Answer:
    ms = _whole(request, "ms", most=LONGEST_MS)
    time.sleep(ms / 1000)
    return _ordinary(instance, request, ms=ms)


def burn(instance: Instance, request: Request) -> Answer:
    ms = _whole(request, "ms", most=LONGEST_MS)
    until = time.thread_time() + ms / 1000
    # A checksum of a large block lets the other threads run; a loop in Python would make /healthz wait.
    while time.thread_time() < until and not instance.hung:
        zlib.crc32(BLOCK)
    return _ordinary(instance, request, ms=ms)


def nowhere(instance: Instance, request: Request) -> Answer:
    raise Refused(404, f"no such path: {request.path[:80]}")


def healthz(instance: Instance, request: Request) -> Answer:
    return Answer(200, instance.identity(request.source))


def readyz(instance: Instance, request: Request) -> Answer:
    ready = instance.ready and not instance.draining
    version = "".join(letter for letter in instance.settings.version if letter in PLAIN)
    return Answer(200 if ready else 503, instance.identity(request.source), data=version)


def ready(instance: Instance, request: Request) -> Answer:
    instance.be_ready()
    return Answer(200, instance.identity(request.source))


def unready(instance: Instance, request: Request) -> Answer:
    instance.be_ready(after_s=float("inf"))
    return Answer(200, instance.identity(request.source))


def crash(instance: Instance, request: Request) -> Answer:
    return _leave(instance, request, _whole(request, "code", most=255, default=1))


def exit0(instance: Instance, request: Request) -> Answer:
    return _leave(instance, request, _whole(request, "code", most=255, default=0))


def hang(instance: Instance, request: Request) -> Answer:
    return Answer(200, instance.identity(request.source), then=instance.hang)


def env(instance: Instance, request: Request) -> Answer:
    return Answer(200, dict(os.environ))


def log(instance: Instance, request: Request) -> Answer:
    lines = _whole(request, "lines", most=MOST_LINES, default=1)
    text = " ".join(request.params.get("text", "line").splitlines())
    stream = request.params.get("stream", "stdout")
    if stream not in ("stdout", "stderr"):
        raise Refused(400, f"stream: {stream[:40]!r} is neither stdout nor stderr")
    for number in range(1, lines + 1):
        say(f"{number} {text}", 1 if stream == "stdout" else 2)
    return Answer(200, instance.identity(request.source) | {"lines": lines})


def data(instance: Instance, request: Request) -> Answer:
    """POST writes a file and syncs it to the disk, GET reads it back; a fault of the disk is an answer."""
    import disk

    name = request.params.get("name", "")
    if not name or name.startswith(".") or not PLAIN.issuperset(name):
        raise Refused(400, "name: a plain file name is needed, of letters, digits, '.', '-' and '_'")
    folder = instance.settings.data_dir
    chunks: Iterable[bytes] = [request.body]
    if "bytes" in request.params:
        chunks = disk.made(name, _whole(request, "bytes", most=MOST_BYTES))
    found = disk.write(folder, name, chunks) if request.method == "POST" else disk.read(folder, name)
    status = 500 if "errno" in found else 200
    read = f"{found['bytes']}:{found['sha256']}" if found.get("exists") else "none" if "sha256" in found else ""
    return Answer(status, instance.identity(request.source) | {"name": name} | found, data=read)


def say(text: str, descriptor: int = 1) -> None:
    try:
        write_line(descriptor, text)
    except OSError:
        return  # a log that nobody reads any more must not end the service


def leave(code: int, why: str) -> NoReturn:
    """End at once; the connections in flight are cut, as by any crash."""
    say(f"web stop {why} code={code}")
    os._exit(code)


def _ordinary(instance: Instance, request: Request, **more: Json) -> Answer:
    return Answer(200 if instance.ready else 503, instance.identity(request.source) | more)


def _leave(instance: Instance, request: Request, code: int) -> Answer:
    return Answer(200, instance.identity(request.source) | {"code": code}, then=lambda: leave(code, "asked"))


def _whole(request: Request, name: str, *, most: int, default: int | None = None) -> int:
    """A whole number from the query; a larger one than the most counts as the most."""
    text = request.params.get(name)
    if text is None and default is not None:
        return default
    if text is None or not is_whole(text):
        raise Refused(400, f"{name}: {'missing' if text is None else repr(text[:40])}, a whole number is needed")
    return min(int(text), most)


HANDLERS: dict[str, Handler] = {
    "/": home,
    "/healthz": healthz,
    "/readyz": readyz,
    "/ready": ready,
    "/unready": unready,
    "/sleep": sleep,
    "/burn": burn,
    "/crash": crash,
    "/exit0": exit0,
    "/hang": hang,
    "/env": env,
    "/log": log,
    "/data": data,
}
