"""What is run inside a copy: `ask METHOD PATH [HOST:PORT]`, the one program that the image brings for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lab.arm import PORT
from harness.lab.open_site import Ask, No
from tests.support.fake.copies import Copy

if TYPE_CHECKING:
    from tests.support.fake.world import World

VALUED = ("--container", "-c", "--namespace", "-n", "--user", "-u", "--env", "-e", "--workdir", "-w")


def ask_in(world: World, words: list[str]) -> tuple[str, int] | None:
    """Of a `docker exec` or `kubectl exec`: what it printed and its exit code; None where it runs something else."""
    if "ask" not in words:
        return None
    at = words.index("ask")
    name = next(w for n, w in enumerate(words) if n > 1 and not w.startswith("-") and words[n - 1] not in VALUED)
    method, path, *place = words[at + 1 :]
    try:
        copy = _named(world, name.rpartition("/")[2])
        status, instance, data = _asked(world, copy, method, path, place[0] if place else "")
    except No as no:
        return f"error {no}", 1
    return f"{status} {instance} {data or '-'}", 0 if status < 400 else 1


def _named(world: World, name: str) -> Copy:
    """A copy by its name, or the first that a Deployment or service of that name has."""
    running = [c for c in world.estate.copies if c.process]
    found = [c for c in running if c.name == name] or [c for c in running if c.owner == name]
    if not found:
        raise No(f"{name} not found")
    return found[0]


def _listening(world: World, copy: Copy, port: str) -> Copy:
    """Who listens at that port in the network that a copy is in, alone or with others."""
    here = copy.within or copy.thing
    for one in world.estate.copies:
        if here in (one.thing, one.within) and one.process and one.container.variable("PORT", str(PORT)) == port:
            return one
    raise No("refused")


def _asked(world: World, copy: Copy, method: str, path: str, place: str) -> tuple[int, str, str]:
    host, _, port = place.rpartition(":")
    if host not in ("", "127.0.0.1", "localhost"):
        at = copy.node if world.site.nodes.cluster else ""
        copy = world.routes.find(Ask(at=at, port=int(port)), host, copy.network)
    else:
        copy = _listening(world, copy, port or str(PORT))
    if (why := world.deaf(copy)) or (process := copy.process) is None:
        raise No(why or "refused")
    status, data = process.answer(method, path, world.clock.now())
    if method == "POST":
        world.acting.become(copy, path)
    return status, process.instance, data
