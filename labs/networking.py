"""Three copies, and somebody who asks. From where does one address lead to all of them?"""

from harness import Arm, Lab, Shared, Sharing, Trial, Trials, Verdict, cluster, engine, fails, holds, scenario

lab = Lab(__doc__, __name__)

compose = Arm("Compose of three", engine, "compose.yaml")
proxied = Arm("Compose of three with a proxy", engine, "compose-proxy.yaml")
# Not the default bridge: there the name `web` would be asked of the host's name server, and who knows where it leads.
three_names = Arm("Compose of three services", engine, "compose-three-names.yaml")
service = Arm("Deployment of three with a Service", cluster, "deployment.yaml service.yaml")

COPIES, REQUESTS = 3, 300
ALL = Shared(REQUESTS, COPIES)


def ask(t: Trial, *, outside: bool) -> None:
    t.steady(replicas=COPIES)
    t.client(per_s=50, outside=outside)
    t.watch(ALL, within_s=15)


@scenario(asks="In which do all three answer?")
def from_inside(t: Trial) -> None:
    """A client in the copies' network opens 300 connections to the name `web`."""
    ask(t, outside=False)


@scenario(asks="In which do all three answer?")
def from_outside(t: Trial) -> None:
    """A client beyond the copies' network opens 300 connections to one published port."""
    ask(t, outside=True)


@lab.claim(
    "docker-network-needs-config",
    blank=from_outside @ proxied,
    standard=from_inside @ three_names,
    given={"a caller outside Docker's network": from_inside @ compose},
)
def takes_more(
    asked: Trials = from_outside @ compose,
    inside: Trials = from_inside @ compose,
    proxy: Trials = from_outside @ proxied,
) -> Verdict:
    copies = asked.answer(Sharing(COPIES))
    if copies == COPIES:
        return fails(f"all three answered, for {asked.cost()}")
    more = proxy.cost() - inside.cost()
    return holds(f"{copies} of three answered; behind a proxy all did, for {more} more", lines=more.lines)


lab.show(from_inside @ service, from_outside @ service)
