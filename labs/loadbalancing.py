"""Three copies, and many new connections. Does each copy get its share?"""

from collections import Counter
from dataclasses import dataclass

from harness import (
    Arm, Ask, Lab, Question, Request, Seen, Shared, Sharing, Trial, Trials, Verdict, acts, asks, cluster,
    engine, fails, holds, scenario, swarm,
)  # fmt: skip

lab = Lab(__doc__, __name__)

RUN = "docker run --detach --network {} --cpus 0.1 dk-labs/web:1 x 3"
ALIAS = f"docker network create web; {RUN.format('web --network-alias web')}"
three_runs = Arm("three runs, one alias", engine, ALIAS)
bridge = Arm("three runs on the default bridge", engine, RUN.format("bridge"))
three_names = Arm("three Compose services of one", engine, "three-names.yaml")
compose = Arm("Compose of three", engine, "compose.yaml")
proxied = Arm("Compose of three with a proxy", engine, "compose-proxy.yaml")

hosts = swarm(hosts=3)
vip = Arm("Swarm service, virtual address", hosts, "service-vip.yaml", lacks="IPVS")
dnsrr = Arm("Swarm service, dnsrr", hosts, "service-dnsrr.yaml")
three_tasks = Arm("three Swarm services of one", hosts, "three-names.yaml")

service = Arm("Service of three", cluster, "deployment.yaml service.yaml")
three_services = Arm("three Services of one", cluster, "three-services.yaml")

COPIES, CONNECTIONS, PER_S = 3, 300, 50.0
NAMES = ("web-1", "web-2", "web-3")
ASKS = "In which does each copy get its share?"


def connect(t: Trial, ask: Ask) -> None:
    t.steady(replicas=COPIES)
    t.act(asks(ask))
    t.watch(Shared(CONNECTIONS, COPIES), within_s=15)


@scenario(asks=ASKS)
def inside(t: Trial) -> None:
    """A client in the copies' network opens 300 connections to the name `web`."""
    connect(t, Ask(PER_S))


@scenario(asks=ASKS)
def kept_inside(t: Trial) -> None:
    """A client in the copies' network opens one connection to the name `web`, and asks 300 times over it."""
    connect(t, Ask(PER_S, kept=True))


@scenario(asks=ASKS)
def names_in_turn(t: Trial) -> None:
    """A client in the copies' network opens 300 connections, to the names web-1, web-2 and web-3 in turn."""
    connect(t, Ask(PER_S, to=NAMES))


@scenario(asks=ASKS)
def outside(t: Trial) -> None:
    """Somebody beyond the copies' network opens 300 connections to one port."""
    connect(t, Ask(PER_S, at="outside"))


@scenario(asks=ASKS)
def kept_outside(t: Trial) -> None:
    """A client beyond the copies' network opens one connection to one port, and asks 300 times over it."""
    connect(t, Ask(PER_S, kept=True, at="outside"))


@scenario(asks=ASKS)
def ports_in_turn(t: Trial) -> None:
    """A client beyond the copies' network opens 300 connections, to the ports of web-1, web-2 and web-3 in turn."""
    connect(t, Ask(PER_S, to=NAMES, at="outside"))


@scenario(asks=ASKS)
def forwarded(t: Trial) -> None:
    """`kubectl port-forward service/web` runs, and a client on this machine opens 300 connections to its port."""
    connect(t, Ask(PER_S, at="forwarded", timeout_s=2.0))


@dataclass(frozen=True)
class Share(Question[float]):
    """For judges: of all shares the one that is farthest from a third."""

    def missing(self, seen: Seen) -> str:
        return "" if seen.of(Request) else "a request"

    def answer(self, seen: Seen) -> float | None:
        by = Counter(r.by for r in seen.of(Request) if r.by and not r.error)
        shares = [n / by.total() for n in by.values()]
        return max(shares, key=lambda share: abs(share - 1 / COPIES), default=None)


LB, SWARM = "docker-lb-basic", "swarm-vip-load-balancing"
SERVICE, FORWARD = "k8s-service-lb-builtin", "asked-port-forward-balances"


@lab.claim(
    LB, part="a", tested=inside @ three_runs, blank=kept_inside @ three_runs, standard=names_in_turn @ three_names,
    given={"a user-defined network": inside @ bridge},
)  # fmt: skip
@lab.claim(
    LB, part="b", tested=outside @ proxied, blank=kept_outside @ proxied, standard=names_in_turn @ three_names,
    given={"a proxy": outside @ compose},
)  # fmt: skip
@lab.claim(SWARM, part="a", tested=inside @ vip, blank=kept_inside @ vip, standard=names_in_turn @ three_tasks)
@lab.claim(SWARM, part="b", tested=inside @ dnsrr, blank=kept_inside @ dnsrr, standard=names_in_turn @ three_tasks)
@lab.claim(SERVICE, part="a", blank=kept_inside @ service, standard=names_in_turn @ three_services)
@lab.claim(
    SERVICE, part="b", tested=outside @ service, blank=kept_outside @ service, standard=ports_in_turn @ three_services
)
@lab.claim(FORWARD, tested=forwarded @ service, blank=kept_outside @ service, standard=outside @ service)
def spreads(connected: Trials = inside @ service) -> Verdict:
    found = [copies or 0 for copies in connected.each(Sharing(COPIES))]
    if max(found) < COPIES:
        return fails(f"{max(found) or 'none'} of three copies got a share of the connections")
    connected.answer(Sharing(COPIES))  # which is to be the same in all trials
    share = max((s for s in connected.each(Share()) if s), key=lambda s: abs(s - 1 / COPIES))
    return holds(f"all three got one; {share:.0%} is farthest from a third", share=share)


@scenario(asks="Where is the copy left out that hangs?")
def hung(t: Trial) -> None:
    """One of three copies goes on running and answers nobody any more; a client asks them by their common name."""
    first, *_ = t.steady(replicas=COPIES)
    t.client(per_s=PER_S)
    t.hold(2)
    t.act(acts.hang, first)
    t.left_out(within_s=10)


lab.show(hung @ three_runs, hung @ dnsrr, hung @ service, full=True)
