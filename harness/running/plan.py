"""Which trials a run has, and in which order."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterable
from pathlib import Path

from harness.lab import manifests
from harness.lab.arm import Arm
from harness.lab.cell import Trials
from harness.lab.claim import Lab
from harness.model.errors import Problem
from harness.running.longest import longest_s
from harness.running.schedule import Job

OFTEN = {6.0: 3, 20.0: 2}
"""Trials that take longer than so many seconds, from their steady state on, are run so often at most."""


SCALED = re.compile(r"(?:--replicas[ =]|--scale \w+=|scale .*\w=)(\d+)")
"""What a typed command says of the number of copies."""


def capacity() -> float:
    """Three quarters of the cores are for what is measured: so much changes no figure (docs/measurements.md)."""
    return max(1.0, (os.cpu_count() or 2) * 3 / 4)


def cpus(arm: Arm, folder: Path) -> float:
    """What an arm may use, added up over its copies; with a later version's number where a command says it."""
    every = manifests.containers(arm, folder)
    lasting = sum(c.cpus * c.copies for c in every if not c.passing)
    each = max((c.cpus for c in every), default=0.0)
    later = [each * int(found[1]) for text in arm.versions.values() if (found := SCALED.search(text))]
    return max([lasting, *later, *(c.cpus * c.copies for c in every if c.passing)])


def plan(
    labs: Iterable[Lab], *, trials: int, seed: int = 0, only: frozenset[str] = frozenset(), full: bool = False
) -> list[Job]:
    """Claim by claim, so that the first verdict comes early; of each the standard, the tested cells, then the rest.

    Within these, cells and repetitions are interleaved by the seed. Sites that take the whole machine are made one
    after the other: each has a phase.
    """
    order, found, group = random.Random(seed), list[tuple[str, Trials, int, int]](), 0  # noqa: S311  (an order)
    for lab in labs:
        check(lab)
        done: set[str] = set()
        wanted = [cells for c in lab.claims if not only or c.id in only for cells in c.roles]
        wanted += [] if only else [tuple(lab.shown), tuple(lab.long if full else ())]
        for cells in wanted:
            group += 1
            fresh = list({c.cell: c for c in cells if c.cell not in done}.values())
            done |= {c.cell for c in fresh}
            for number in range(1, max([trials, *(c.scenario.trials for c in fresh)]) + 1):
                order.shuffle(fresh)
                found += [(lab.name, c, number, group) for c in fresh if number <= (c.scenario.trials or trials)]
    heavy = {
        name: n for n, name in enumerate(dict.fromkeys(c.arm.site.name for _, c, _, _ in found if c.arm.site.heavy))
    }
    return [
        Job(
            f"t{n:03}", lab, cell, number, cpus(cell.arm, manifests.FOLDER / lab), group,
            heavy.get(cell.arm.site.name, 0), "held" if spare and number > sure(cell) else "waiting",
            spare=spare,
        )
        for n, (lab, cell, number, group) in enumerate(found, 1)
        for spare in [is_spare(cell, number, trials, full=full)]
    ]  # fmt: skip


def is_spare(cell: Trials, number: int, trials: int, *, full: bool) -> bool:
    """Whether it depends on how long the first one takes."""
    return not (full or cell.scenario.trials or cell.scenario.round) and number > min(OFTEN.values()) < trials


def sure(cell: Trials) -> int:
    """How often it is run even where nothing comes that it watches for."""
    return most(longest_s(cell)) or max(OFTEN.values())


def most(lasted_s: float) -> int | None:
    """How often a trial that lasts so long is run at most, where there is a limit."""
    return min((n for limit_s, n in OFTEN.items() if lasted_s > limit_s), default=None)


def check(lab: Lab) -> None:
    """That the lab's files can be read, and that its arms differ in nothing but what is asked about."""
    folder = manifests.FOLDER / lab.name
    arms = dict.fromkeys(cell.arm for cell in lab.cells.values())
    for arm in arms:
        for version in arm.versions:
            manifests.containers(arm.version(version), folder)
    if unlike := manifests.unlike(arms, folder):
        why, fix = "; ".join(unlike[:3]), "make them alike, or say why in the arm's differs="
        raise Problem(f"Comparing the arms of lab {lab.name}", why, fix)
