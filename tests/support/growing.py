"""A lab whose copies become more under a load and fewer after it, and recordings of it, written by hand."""

from __future__ import annotations

from harness.journal import Recording
from harness.lab import acts
from harness.lab.acts import asks, calm
from harness.lab.cell import Trials, scenario
from harness.lab.claim import Lab
from harness.lab.open_site import Ask
from harness.lab.questions import Number
from harness.model.entries import Asked, Asking, Entry, Planned, label
from harness.model.verdict import Verdict, fails, holds
from tests.support.lines import Line, acted, copy, serving, window
from tests.support.trials import cell, frame, head, steady

CLAIM = "k8s-autoscales-on-demand"
LOAD = Ask(per_s=5, path="/burn?ms=16", judged=False)
UP, DOWN = Number(3, or_more=True), Number(1)


@scenario
def busy(t):
    """One copy is given work, until more come or not."""
    t.steady(replicas=1)
    t.act(asks(LOAD))
    t.watch(UP, within_s=60)
    t.act(calm)
    t.watch(DOWN, within_s=60)


@scenario
def quiet(t):
    """One copy has nothing to do."""
    t.steady(replicas=1)
    t.act(acts.nothing)
    t.watch(UP, within_s=60)


GROWS, STAYS, LOOP = cell("an HPA", how=busy), cell("an HPA", how=quiet), cell("a loop of ours", how=busy)


def grown(up_s: float, down_s: float, *, most: int = 4) -> list[Entry]:
    """After so long there are three, and the last one goes so long after the load."""
    extra = [serving(f"b{n}", 1.0 + up_s * (0.7 + 0.15 * n), name=f"web-{n}") for n in range(1, most)]
    up_s, calm_s = 1.0 + up_s, 1.4 + up_s
    gone = [copy("gone", f"b{n}", calm_s + down_s * (0.6 + 0.4 * n / (most - 1))) for n in range(1, most)]
    name = label(LOAD)
    own: list[Line] = [
        ("", Asking(at_s=1.1, client=name, per_s=5, judged=False)),
        acted(name, 1.2, id_="r4", sent_s=1.0),
        *(line for line in extra if line[1].at_s <= up_s),
        window(UP.label, up_s, id_="r5", since="r4", within_s=60.0, began_s=1.2),
        ("", Asked(at_s=calm_s, client=name, sent=int(5 * calm_s))),
        acted("calm", calm_s, id_="r6", sent_s=calm_s - 0.1),
        *sorted([*(line for line in extra if line[1].at_s > up_s), *gone], key=lambda line: line[1].at_s),
        window(DOWN.label, calm_s + down_s, id_="r7", since="r6", within_s=60.0, began_s=calm_s),
    ]
    return frame(*steady(), *(one for _, one in own))


def lab() -> Lab:
    made = Lab("Does their number follow the load?", "labs.autoscaling")

    @made.claim(CLAIM, blank=STAYS, standard=LOOP)
    def follows(load: Trials = GROWS) -> Verdict:
        up = load.answer(UP)
        return holds(f"three or more served after {up}", up_s=up.median_s) if up else fails("it stayed at one")

    return made


def run() -> Recording:
    """Three trials where it grows, two of the loop."""
    each = {GROWS: [(20.0, 30.0), (26.0, 24.0), (22.0, 28.0)], LOOP: [(8.0, 9.0), (9.0, 12.0)]}
    lines = [head("run-1", labs=["autoscaling"])]
    for of, times in each.items():
        for number, (up_s, down_s) in enumerate(times, 1):
            trial = f"{of.arm.name}-{number}"
            lines.append((trial, Planned(lab="autoscaling", cell=of.cell, number=number, of=len(times))))
            lines += [(trial, one) for one in grown(up_s, down_s)]
    return Recording("run-1", {"labs": ["autoscaling"]}, lines)
