"""Copies are known by a name or by an address. Which of the two still leads to the application?"""

from dataclasses import dataclass

from harness import (
    Arm, Ask, Copy, Lab, NotShown, Number, Question, Request, Seen, Span, Trial, Trials, Verdict, acts, asks,
    cluster, engine, fails, holds, scenario,
)  # fmt: skip

lab = Lab(__doc__, __name__)

RUN = "docker run --detach --network web --name web --cpus 0.1 dk-labs/web:1"
named = Arm("run on a user-defined network", engine, f"docker network create web; {RUN}")
compose = Arm("Compose on a network of its own", engine, "compose.yaml")
bridge = Arm("Compose on the default bridge", engine, "compose-bridge.yaml")
service = Arm("Service of three", cluster, "deployment.yaml service.yaml")
service_one = Arm("Service of one", cluster, "deployment-one.yaml service.yaml")
headless = Arm("headless Service of three", cluster, "deployment.yaml service-headless.yaml")

NAME = Ask(per_s=20)
COPIES, REPLACED_S, FOUND_S = 3, 30.0, 6.0
REPLACED, FINDS = "Where is the application reached again?", "From where is the name found?"


@dataclass(frozen=True)
class Reached(Question[Span]):
    """A copy of the application answers that was not acted upon."""

    def _first(self, seen: Seen) -> Request | None:
        others = {c.instance for c in seen.of(Copy) if c.what == "serving" and c.id not in seen.since.victims}
        sent = (r for r in seen.of(Request) if r.at_s >= seen.since.sent_s)
        return next((r for r in sent if r.by in others and not r.error), None)

    def missing(self, seen: Seen) -> str:
        return "" if self._first(seen) else "an answer of the application"

    def answer(self, seen: Seen) -> Span | None:
        first = self._first(seen)
        return seen.span(first.at_s) if first else None

    def sentence(self, answer: Span | None) -> str:
        return f"the application answered after {answer}" if answer else "the application never answered"


@dataclass(frozen=True)
class Sends(Question[bool]):
    """A client has sent something."""

    def missing(self, seen: Seen) -> str:
        return "" if seen.of(Request) else "the client's first request"

    def answer(self, seen: Seen) -> bool | None:
        return None if self.missing(seen) else True


@dataclass(frozen=True)
class Addresses(Question[tuple[frozenset[str], frozenset[str]]]):
    """For judges: where the copies were that were acted upon, and where those are that serve now."""

    def missing(self, _: Seen) -> str:
        return ""

    def answer(self, seen: Seen) -> tuple[frozenset[str], frozenset[str]]:
        before = frozenset(c.address for c in seen.of(Copy) if c.id in seen.since.victims and c.address)
        return before, frozenset(c.address for c in seen.fresh())


def replaced(t: Trial, victims: tuple[Copy, ...], ask: Ask) -> None:
    t.act(asks(ask))
    t.hold(1)
    t.act(acts.remove, *victims)
    all_there = t.until(Number(COPIES, or_more=True), within_s=REPLACED_S)
    t.watch(Reached(), since=all_there, within_s=FOUND_S)


@scenario(asks=REPLACED)
def replace_by_name(t: Trial) -> None:
    """A client asks the name `web`. Then all copies are removed, and others come in their place."""
    replaced(t, t.steady(replicas=COPIES), NAME)


@scenario(asks=REPLACED)
def replace_by_address(t: Trial) -> None:
    """A client asks the address of one of the copies. Then all are removed, and others come in their place."""
    copies = t.steady(replicas=COPIES)
    replaced(t, copies, Ask(per_s=20, to=(copies[0].address,)))


@scenario(asks=REPLACED)
def replace_one(t: Trial) -> None:
    """A client asks the name `web`. Then one copy of three is removed, and another one comes in its place."""
    replaced(t, t.steady(replicas=COPIES)[:1], NAME)


@scenario(asks=FINDS)
def by_name(t: Trial) -> None:
    """One copy serves. A client in the same network asks for it by its name."""
    t.steady(replicas=1)
    t.act(asks(NAME))
    sends = t.until(Sends(), within_s=FOUND_S)  # to start it may take seconds, which are none of the name's
    t.watch(Reached(), since=sends, within_s=FOUND_S)


@lab.claim("k8s-service-discovery", blank=replace_by_address @ service, standard=replace_one @ service)
def still_leads(asked: Trials = replace_by_name @ service) -> Verdict:
    reached = asked.answer(Reached()) and asked.answer(Reached(), acts.remove)
    if not reached:
        return fails("no copy that came later was reached")
    for found in asked.each(Addresses()):
        if found and (again := found[0] & found[1]):
            raise NotShown("same-address", f"{', '.join(sorted(again))} was given away again")
    return holds(f"a copy at another address answered after {reached}", reached_s=reached.median_s)


@lab.claim("docker-lacks-service-discovery", blank=by_name @ service_one, standard=by_name @ bridge)
def cannot_find(asked: Trials = by_name @ compose) -> Verdict:
    reached = asked.answer(Reached())
    return fails(f"it was found by its name after {reached}") if reached else holds("it was never found by its name")


lab.show(by_name @ named, replace_by_name @ headless)
