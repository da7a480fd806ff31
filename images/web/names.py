"""Knows how to turn a host name into the first of the addresses that the name server gives."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# IPv4 only, in both ways: the experiments' networks have nothing else, and AAAA would double the questions.
A, IN, NXDOMAIN = 1, 1, 3
RECURSION_DESIRED = 0x0100
RESOLV_CONF = Path("/etc/resolv.conf")
# A resolver's call can't be cancelled: these threads may outlive their requests by many seconds.
LOOKUPS = threading.BoundedSemaphore(256)


class Unresolved(OSError):
    """No address for the name, for whatever reason, within the time."""


class Resolver(NamedTuple):
    """What /etc/resolv.conf says."""

    server: str
    search: tuple[str, ...] = ()
    ndots: int = 1


def is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        return True
    return False


def by_system(host: str, deadline: float) -> str:
    """Ask the system's resolver, in a thread of its own, which is left behind when it takes too long."""
    if is_address(host):
        return host
    found: list[str] = []
    done = threading.Event()

    def look() -> None:
        try:
            found.append(str(socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]))
        except (OSError, UnicodeError):
            pass  # an empty list says it
        finally:
            LOOKUPS.release()
            done.set()

    if not LOOKUPS.acquire(timeout=max(0.0, deadline - time.monotonic())):
        raise Unresolved(f"{host}: too many lookups are still under way")
    threading.Thread(target=look, daemon=True).start()
    if not done.wait(max(0.0, deadline - time.monotonic())) or not found:
        raise Unresolved(f"{host}: no address")
    return found[0]


def by_nameserver(host: str, deadline: float, conf: Path = RESOLV_CONF, port: int = 53) -> str:
    """Ask the name server itself: system resolvers may sort the addresses, and then stick to one copy."""
    if is_address(host):
        return host
    try:
        resolver = read_resolver(conf.read_text(encoding="utf-8"))
        for name in candidates(host, resolver):
            if found := ask(name, resolver.server, port, deadline):
                return found
    except (OSError, ValueError, IndexError, struct.error) as fault:
        raise Unresolved(f"{host}: {fault}") from fault
    raise Unresolved(f"{host}: no such name")


def read_resolver(text: str) -> Resolver:
    """The first name server, the last search list and ndots, as resolv.conf(5) has them."""
    server, ndots = "127.0.0.1", 1
    search: tuple[str, ...] = ()
    for line in reversed(text.splitlines()):
        match line.split():
            case ["nameserver", address, *_]:
                server = address
            case ["search" | "domain", *domains] if not search:
                search = tuple(domains)
            case ["options", *options]:
                ndots = next((int(o[6:]) for o in options if o.startswith("ndots:") and o[6:].isdigit()), ndots)
    return Resolver(server, search, ndots)


def candidates(host: str, resolver: Resolver) -> list[str]:
    """The full names to ask for, in order."""
    if host.endswith("."):
        return [host[:-1]]
    searched = [f"{host}.{domain}".rstrip(".") for domain in resolver.search]
    return [host, *searched] if host.count(".") >= resolver.ndots else [*searched, host]


def ask(name: str, server: str, port: int, deadline: float) -> str | None:
    """One question, never repeated: a packet that gets lost is an answer that did not come."""
    ident = int.from_bytes(os.urandom(2), "big")
    with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((server, port))
        sock.send(question(ident, name))
        while (left := deadline - time.monotonic()) > 0:
            sock.settimeout(left)
            packet = sock.recv(4096)
            if packet[:2] == ident.to_bytes(2, "big"):
                return next(addresses(packet), None)
    raise TimeoutError(f"the name server {server} did not answer")


def question(ident: int, name: str) -> bytes:
    labels = [label.encode("ascii") for label in name.split(".")]
    if any(not 0 < len(label) < 64 for label in labels):
        raise Unresolved(f"{name}: not a host name")
    asked = b"".join(bytes([len(label)]) + label for label in labels)
    return struct.pack("!6H", ident, RECURSION_DESIRED, 1, 0, 0, 0) + asked + struct.pack("!BHH", 0, A, IN)


def addresses(packet: bytes) -> Iterator[str]:
    """The A records in the order that the server sent; what stands behind the last one taken is not read."""
    _, flags, questions, answers, _, _ = struct.unpack_from("!6H", packet)
    if flags & 0xF not in (0, NXDOMAIN):
        raise Unresolved(f"the name server refused, with code {flags & 0xF}")
    at = 12
    for _ in range(questions):
        at = _after_name(packet, at) + 4
    for _ in range(answers):
        at = _after_name(packet, at)
        kind, _, _, length = struct.unpack_from("!HHIH", packet, at)
        at += 10
        if kind == A:
            yield socket.inet_ntop(socket.AF_INET, packet[at : at + 4])
        at += length


def _after_name(packet: bytes, at: int) -> int:
    while length := packet[at]:
        if length >= 0xC0:  # the rest stands elsewhere in the packet
            return at + 2
        at += 1 + length
    return at + 1
