"""The demo application: an HTTP server that says which instance it is, and fails in the ways it is asked."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import threading
import time

from endpoints import Answer, answer, leave, say
from instance import Instance, Settings
from wire import EndOfStream, Reader, Refused, read_request, response, to_json, write_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

# With 1024 a paused instance serves its queue of stale connections first: 0.5-0.7 s of outage hidden.
BACKLOG = 5
IDLE_S = 30.0
REFUSED_LINGER_S = 1.0
# Docker takes a container's network down together with its process: an answer still on its way would be lost.
EXIT_LINGER_S = 0.05


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["client"]:
        import client

        return client.main(arguments[1:])
    if arguments == ["agent"]:
        import agent

        return agent.main()
    if arguments:
        write_line(2, f"web: what is {arguments[0]!r}? Try: no argument for the server, client --help")
        return 2
    try:
        settings = Settings(os.environ)
    except ValueError as wrong:
        write_line(2, f"web: {wrong}")
        return 2
    return serve(Instance(settings))


def serve(instance: Instance) -> int:
    settings = instance.settings
    signalled = handle_signals(instance)
    say(f"web start version={settings.version} instance={instance.id} pid={os.getpid()}")
    begun = time.monotonic()
    while (left_s := begun + settings.start_delay_s - time.monotonic()) > 0:
        wait(signalled, within_s=left_s)
    try:
        listener = listen(settings.port)
    except OSError as fault:
        write_line(2, f"web: {fault}")
        return 1
    instance.be_ready(after_s=settings.ready_delay_s)
    say(f"web listening port={listener.getsockname()[1]}")
    while not instance.hung:
        if wait(signalled, listener):
            accept(instance, listener)
    say("web hung")
    while True:
        wait(signalled)


def wait(signalled: socket.socket, listener: socket.socket | None = None, within_s: float | None = None) -> bool:
    """Until a connection or a signal comes, whose handler runs then; whether it is a connection.

    A signal that comes just before a call that blocks would be handled after it: here its byte is there already.
    """
    able, _, _ = select.select([signalled, *([listener] if listener else ())], [], [], within_s)
    if signalled in able:
        signalled.recv(64)
    return listener in able


def handle_signals(instance: Instance) -> socket.socket:
    """The first process of a container ignores every signal that it has no handler for.

    Answers a socket that becomes readable with each signal.
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        leave(0, "drained" if number == signal.SIGALRM else signal.Signals(number).name)

    def drain(_number: int, _frame: FrameType | None) -> None:
        if not instance.draining:
            instance.draining = True
            say(f"web draining seconds={instance.settings.drain_s:g}")
            signal.setitimer(signal.ITIMER_REAL, instance.settings.drain_s or 1e-6)  # zero would disarm it

    def ignore(_number: int, _frame: FrameType | None) -> None:
        say("web ignores SIGTERM")

    def wake(_number: int, _frame: FrameType | None) -> None:
        """It is to hang: what it waits for is over."""

    signal.signal(signal.SIGTERM, {"exit": stop, "drain": drain, "ignore": ignore}[instance.settings.on_term])
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGUSR1, wake)
    signalled, written = socket.socketpair()
    written.setblocking(False)
    signal.set_wakeup_fd(written.detach(), warn_on_full_buffer=False)
    return signalled


def listen(port: int) -> socket.socket:
    """One socket for IPv6 and IPv4, or for IPv4 alone where the kernel has no IPv6."""
    try:
        return _listen(socket.AF_INET6, "::", port)
    except OSError:
        return _listen(socket.AF_INET, "0.0.0.0", port)


def _listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind((address, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as fault:
        listener.close()
        raise OSError(f"listening on port {port}: {fault.strerror}") from fault
    return listener


def accept(instance: Instance, listener: socket.socket) -> None:
    try:
        connection, peer = listener.accept()
    except OSError:
        time.sleep(0.01)  # out of descriptors: some will be given back
        return
    source = str(peer[0]).removeprefix("::ffff:")
    try:
        threading.Thread(target=converse, args=(instance, connection, source), daemon=True).start()
    except RuntimeError:
        connection.close()  # out of threads


def converse(instance: Instance, connection: socket.socket, source: str) -> None:
    """All requests of one connection."""
    reader = Reader(lambda: connection.recv(65536))
    with connection:
        connection.settimeout(IDLE_S)
        try:
            while one_request(instance, connection, reader, source):
                pass
        except (OSError, EndOfStream):
            pass  # the client is gone, or silent for too long
        instance.stay_if_hung()


def one_request(instance: Instance, connection: socket.socket, reader: Reader, source: str) -> bool:
    """One request and its answer; tells whether another may follow."""
    try:
        request = read_request(reader, lambda: connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n"))
    except Refused as refused:
        send(instance, connection, Answer(refused.status, {"error": str(refused)}))
        linger(connection, REFUSED_LINGER_S)
        return False
    request.source = source
    instance.stay_if_hung()
    begun = time.monotonic()
    given = answer(instance, request)
    again = request.keep_alive and not instance.draining and given.then is None
    if instance.settings.log_requests:  # before it is sent: what a client has read is in the log
        took_s = time.monotonic() - begun
        say(f"web {source} {request.method} {request.path[:80]} {given.status} {took_s:.3f}s")
    try:
        send(instance, connection, given, again=again, with_body=request.method != "HEAD")
    finally:  # whoever asks for a crash gets it, also when gone before the answer
        if given.then is not None:
            linger(connection, EXIT_LINGER_S)
            given.then()
    return again


def send(
    instance: Instance,
    connection: socket.socket,
    given: Answer,
    *,
    again: bool = False,
    with_body: bool = True,
) -> None:
    instance.stay_if_hung()
    headers = {
        "X-Instance": instance.id,
        "X-Host": instance.host,  # the client reads headers only
        "Connection": "keep-alive" if again else "close",
    }
    if given.data:
        headers["X-Data"] = given.data
    body = (to_json(given.fields) + "\n").encode("utf-8", "replace")
    connection.sendall(response(given.status, headers, body, with_body=with_body))


def linger(connection: socket.socket, seconds: float) -> None:
    """Wait until the client has read the answer and closed: closing on unread bytes would reset it away."""
    until = time.monotonic() + seconds
    try:
        connection.shutdown(socket.SHUT_WR)
        while (left := until - time.monotonic()) > 0:
            connection.settimeout(left)
            if not connection.recv(65536):
                return
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
