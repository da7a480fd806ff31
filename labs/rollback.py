"""A version is brought that ends at once. Who takes it back?"""

from dataclasses import dataclass

from harness import (
    Arm, Copy, Lab, Number, Question, Seen, Span, Trial, Trials, Verdict, cluster, command, engine, fact, fails,
    holds, scenario, swarm, update,
)  # fmt: skip

lab = Lab(__doc__, __name__)

FIRST, DEADLINE_S = "1", 10.0  # progressDeadlineSeconds, shortened from 600
SWARM_S = 5.0  # a Swarm's pause before it starts a task's successor
UNDONE_S = 20.0  # three Pods are ended and two are started again, which takes some 5 s

VERSIONS = {"good": "deployment-good.yaml", "bad": "deployment-bad.yaml"}
deployment = Arm("Deployment", cluster, "deployment.yaml", VERSIONS)
compose = Arm("Compose", engine, "compose.yaml", {"bad": "compose-bad.yaml"})
hosts = swarm(hosts=3)
service = Arm("Swarm service, failure action rollback", hosts, "service.yaml", {"bad": "service-bad.yaml"})
paused = Arm("Swarm service, failure action pause", hosts, "service-pause.yaml", {"bad": "service-pause-bad.yaml"})

undo = command("kubectl rollout undo deployment web")
reported = fact(
    "what the Deployment reports",
    "kubectl get deployment web --output 'jsonpath={.status.conditions[?(@.type==\"Progressing\")].reason}'",
)


def others(seen: Seen, *what: str) -> dict[str, Copy]:
    """The containers and Pods of another version of which this is said."""
    return {c.thing: c for c in seen.of(Copy) if c.version not in ("", FIRST) and c.what in what}


@dataclass(frozen=True)
class Broke(Question[Span]):
    def missing(self, seen: Seen) -> str:
        return "" if others(seen, "died", "refused") else "the end of a copy of the new version"

    def answer(self, seen: Seen) -> Span | None:
        broke = others(seen, "died", "refused").values()
        return seen.span(min(c.at_s for c in broke)) if broke else None


@dataclass(frozen=True)
class TakenBack(Question[Span]):
    """A copy of another version was there, none is left, and three of the first one serve."""

    ended_too: bool = False
    """Whether a copy that has ended, or was never begun, stays listed, and is not started again."""

    def _ends(self, seen: Seen) -> dict[str, Copy]:
        return others(seen, "gone", "died") if self.ended_too else others(seen, "gone")

    def missing(self, seen: Seen) -> str:
        begun = ("serving", "died") if self.ended_too else ("created", "serving")
        came = others(seen, *begun)
        if not came:
            return "a copy of another version"
        if left := came.keys() - self._ends(seen).keys():
            return f"the end of {len(left)} of another version"
        return Number(3, version=FIRST).missing(seen)

    def answer(self, seen: Seen) -> Span | None:
        back = Number(3, version=FIRST).answer(seen)
        if self.missing(seen) or not back:
            return None
        last_s = max(c.at_s for c in self._ends(seen).values())
        return seen.span(max(last_s, seen.since.sent_s + back.median_s), back.resolution_s)

    def hopeless(self, _: Seen) -> str:
        return ""

    def sentence(self, answer: Span | None) -> str:
        return f"taken back after {answer}" if answer else "it stayed"


def bring_bad(t: Trial) -> None:
    t.steady(replicas=3)
    t.act(update("bad"))
    t.until(Broke(), within_s=20)


@scenario(asks="Where is it taken back?")
def bad(t: Trial) -> None:
    """A version comes that ends at once. For three deadlines nobody does anything."""
    bring_bad(t)
    t.watch(TakenBack(), within_s=3 * DEADLINE_S)
    t.look(reported)


@scenario(asks="Where is it taken back?")
def bad_listed(t: Trial) -> None:
    """A version comes that ends at once, to what keeps a list of all that has ended."""
    bring_bad(t)
    t.watch(TakenBack(ended_too=True), within_s=3 * DEADLINE_S, timer_s=SWARM_S)


@scenario(asks="Where is it taken back?")
def bad_then_undo(t: Trial) -> None:
    """A version comes that ends at once; then one command."""
    bring_bad(t)
    t.act(undo)
    t.watch(TakenBack(), within_s=UNDONE_S)
    t.look(reported)


@scenario(asks="Where is it taken back?")
def bad_then_rollback(t: Trial) -> None:
    """A version comes that ends at once, to a Swarm; then one command."""
    bring_bad(t)
    t.act(command("docker service rollback web_web"))
    t.watch(TakenBack(ended_too=True), within_s=3 * DEADLINE_S)


@scenario(asks="Where is it taken back?")
def bad_then_first_file(t: Trial) -> None:
    """A version comes that ends at once; then the first file is applied again."""
    bring_bad(t)
    t.act(update())
    t.watch(TakenBack(), within_s=UNDONE_S)
    t.look(reported)


@scenario(asks="Where is it taken back?")
def good(t: Trial) -> None:
    """A version comes that is sound, and is watched for as long."""
    t.steady(replicas=3)
    brought = t.act(update("good"))
    t.until(Number(3, version="2"), within_s=30)
    t.watch(TakenBack(), since=brought, within_s=3 * DEADLINE_S)
    t.look(reported)


ID = "k8s-automated-rollback"


@lab.claim(ID, part="a", tested=bad @ deployment, blank=good @ deployment, standard=bad_then_undo @ deployment)
@lab.claim(
    ID, part="b", tested=bad_then_undo @ deployment, blank=bad @ deployment, standard=bad_then_first_file @ deployment
)
def is_taken_back(after: Trials) -> Verdict:
    back = after.answer(TakenBack())
    if back:
        return holds(f"taken back after {back}", back_s=back.median_s)
    told = " or ".join(sorted({str(said) for said in after.each(reported)}))
    return fails(f"it stayed, with a deadline of {DEADLINE_S:g} s (by default 600 s), and was reported as {told}")


@lab.claim("asked-swarm-cannot-roll-back", blank=bad_then_rollback @ paused, standard=bad_listed @ paused)
def stays(after: Trials = bad_listed @ service) -> Verdict:
    back = after.answer(TakenBack(ended_too=True))
    return fails(f"taken back after {back}", back_s=back.median_s) if back else holds("it stayed")


lab.show(bad_listed @ compose)
