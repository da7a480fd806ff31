"""TCP proxy: takes each connection to the next of the addresses that the name server has for a name just then."""
# Nothing is remembered of an address: whether a copy is there is found out anew by each connection.

from __future__ import annotations

import argparse
import itertools
import select
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from endpoints import leave, say
from names import all_by_nameserver
from wire import is_whole, write_line

if TYPE_CHECKING:
    from collections.abc import Callable

    Find = Callable[[str, float], list[str]]

LOOKUP_S = 1.0
CONNECT_S = 1.0  # to each address
IDLE_S = 60.0
REFUSED_LINGER_S = 1.0
MOST_CONNECTIONS = 256  # each has two descriptors, and select takes none above 1023
BLOCK = 65536
STOPS = {signal.SIGTERM, signal.SIGINT}


class Plan(NamedTuple):
    """What is asked for on the command line, checked."""

    host: str
    port: int
    listen: int


class Turns:
    """The addresses of a name as they are now, beginning with the one whose turn it is."""

    def __init__(self, find: Find, host: str) -> None:
        self._find = find
        self._host = host
        self._turn = itertools.count()  # its next() is one step for all threads

    def addresses(self) -> list[str]:
        found = sorted(set(self._find(self._host, time.monotonic() + LOOKUP_S)))
        first = next(self._turn) % len(found)
        return found[first:] + found[:first]


class Way:
    """One direction of a connection; it holds one block at most, so that a slow reader slows the writer down."""

    def __init__(self, source: socket.socket, target: socket.socket) -> None:
        self.source = source
        self.target = target
        self.open = True
        self.held = b""

    def receive(self) -> None:
        self.held = self.source.recv(BLOCK)
        if not self.held:
            self.open = False
            self.target.shutdown(socket.SHUT_WR)

    def send(self) -> None:
        self.held = self.held[self.target.send(self.held) :]


def main(arguments: list[str], find: Find = all_by_nameserver) -> int:
    plan = read_plan(arguments)
    # Blocked and waited for, not handled: a container's first process gets no signal without a handler otherwise.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        listener = socket.create_server(("", plan.listen))  # IPv4 only, as the lookups are
    except OSError as fault:
        write_line(2, f"proxy: listening on port {plan.listen}: {fault.strerror}")
        return 1
    threading.Thread(target=serve, args=(listener, plan, Turns(find, plan.host)), daemon=True).start()
    say(f"web proxy listening port={listener.getsockname()[1]} to={plan.host}:{plan.port}")
    caught = signal.sigwait(STOPS)
    return leave(0, signal.Signals(caught).name)  # whatever the threads wait for


def serve(listener: socket.socket, plan: Plan, turns: Turns) -> NoReturn:
    """Accept for ever; a connection too many waits in the kernel's queue."""
    places = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def one(client: socket.socket) -> None:
        try:
            converse(client, plan, turns)
        finally:
            places.release()

    while True:
        places.acquire()
        if not accept(listener, one):
            places.release()
            time.sleep(0.01)  # out of descriptors or threads: some will be given back


def accept(listener: socket.socket, one: Callable[[socket.socket], None]) -> bool:
    try:
        client, _ = listener.accept()
    except OSError:
        return False
    try:
        threading.Thread(target=one, args=(client,), daemon=True).start()
    except RuntimeError:
        client.close()
        return False
    return True


def converse(client: socket.socket, plan: Plan, turns: Turns) -> None:
    """One connection, from its lookup to its end."""
    try:
        with client:
            pass_on(client, plan, turns)
    except OSError:
        pass  # one side is gone, and the other is closed with it


def pass_on(client: socket.socket, plan: Plan, turns: Turns) -> None:
    try:
        server = reach(plan, turns.addresses())
    except (OSError, ValueError) as fault:  # ValueError: the name server's answer ends within an address
        refuse(client, str(fault))
        return
    with server:
        copy(client, server)


def reach(plan: Plan, addresses: list[str]) -> socket.socket:
    for address in addresses:
        try:
            return socket.create_connection((address, plan.port), CONNECT_S)
        except OSError:
            continue
    raise OSError(f"{plan.host}: no answer on port {plan.port} from {', '.join(addresses)}")


def refuse(client: socket.socket, why: str) -> None:
    """Answer, and wait until that is read: closing on unread bytes would reset it away."""
    text = f"proxy: {why}\n".encode("utf-8", "replace")
    head = f"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
    client.settimeout(REFUSED_LINGER_S)
    client.sendall(head.encode() + b"Connection: close\r\n\r\n" + text)
    client.shutdown(socket.SHUT_WR)
    until = time.monotonic() + REFUSED_LINGER_S
    while time.monotonic() < until and client.recv(BLOCK):
        pass


def copy(client: socket.socket, server: socket.socket) -> None:
    """Both ways in one loop: each goes on while the other waits for its reader, and silence is that of both."""
    for sock in (client, server):
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # blocks are not to wait for one another's ACKs
    ways = Way(client, server), Way(server, client)
    while going := [way for way in ways if way.open]:
        reading = [way.source for way in going if not way.held]
        writing = [way.target for way in going if way.held]
        readable, writable, _ = select.select(reading, writing, [], IDLE_S)
        if not readable and not writable:
            return
        for way in going:
            if way.source in readable:
                way.receive()
            elif way.target in writable:
                way.send()


class Parser(argparse.ArgumentParser):
    """Argparse with errors of one line."""

    def error(self, message: str) -> NoReturn:
        write_line(2, f"proxy: {message}. Try: proxy --help")
        sys.exit(2)


def read_plan(arguments: list[str]) -> Plan:
    parser = Parser(prog="proxy", description=__doc__, allow_abbrev=False)
    parser.add_argument("--to", required=True, metavar="HOST:PORT", help="a name, or an address")
    parser.add_argument("--listen", default="8080", metavar="PORT", help="8080, unless said; 0 takes a free one")
    given = parser.parse_args(arguments)
    try:
        return Plan(*read_to(given.to), read_port("--listen", given.listen, least=0))
    except ValueError as wrong:
        parser.error(str(wrong))


def read_to(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or "/" in host:
        raise ValueError(f"--to {text}: it is HOST:PORT")
    return host.removeprefix("[").removesuffix("]"), read_port(f"--to {host}", port, least=1)


def read_port(what: str, text: str, *, least: int) -> int:
    if not is_whole(text) or not least <= int(text) <= 65535:
        raise ValueError(f"{what}: {text!r} is not a port, which is {least} to 65535")
    return int(text)
