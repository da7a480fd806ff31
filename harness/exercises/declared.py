"""What stands in labs/exercises.toml, and what follows from the claims named there: files, scenario, judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.judging import catalog, register
from harness.judging.tables import Table
from harness.lab import manifests
from harness.lab.cell import Trials
from harness.lab.claim import several
from harness.lab.site import Kind
from harness.model.errors import Problem, unknown
from harness.model.verdict import Grade

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.lab.arm import Arm
    from harness.lab.claim import Claim, Lab

FILE = catalog.FOLDER / "exercises.toml"
NOTHING = manifests.FOLDER / "nothing.yaml"
ITS_NAME = {Kind.ENGINE: "compose.yaml", Kind.CLUSTER: "web.yaml"}
"""What the file is called that the learner changes: its names in the lab would give the answer away."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """An unsolved arm: the files to start from, those of the solution, and the claim that judges."""

    name: str
    question: str
    task: str
    hints: tuple[str, ...]
    lab: Lab
    claim: Claim
    start: Arm
    solved: Arm
    goal: Grade = Grade.CONFIRMED
    """What the judge says once it is solved: of a sentence that is wrong, that it does not hold."""

    @property
    def kind(self) -> Kind:
        return self.solved.site.kind

    @property
    def start_files(self) -> dict[str, Path]:
        """By the name that each bears in the learner's folder."""
        return self._files(self.start, self.solved)

    @property
    def solution_files(self) -> dict[str, Path]:
        return self._files(self.solved, self.start)

    def _files(self, of: Arm, other: Arm) -> dict[str, Path]:
        """One that only the other has is there as well, and empty: a learner fills it."""
        named = {name if name in other.names else ITS_NAME[self.kind]: name for name in of.names}
        found = {mine: manifests.FOLDER / self.lab.name / name for mine, name in named.items()}
        more = len(of.names) < len(other.names)
        return found | ({ITS_NAME[self.kind]: NOTHING} if more else {})


def _tested(claim: Claim) -> list[Trials]:
    return [cell for cell in claim.asks.values() if isinstance(cell, Trials)]


def load(path: Path = FILE) -> tuple[Exercise, ...]:
    """All of them, in the order in which they stand there; whatever is wrong is told with its place."""
    file = Table.of(path)
    known = register.load(catalog.REGISTER)
    found = tuple(_exercise(table, known) for table in file.tables("exercise", "name"))
    file.end()
    file.once("name", [one.name for one in found])
    return found


def named(name: str, among: tuple[Exercise, ...]) -> Exercise:
    for one in among:
        if one.name == name:
            return one
    problem = unknown("exercise", name, [one.name for one in among])
    raise Problem(problem.tried, problem.seen, "labs exercise list")


def _exercise(table: Table, known: register.Register) -> Exercise:
    name, hints = table.text("name"), table.texts("hints")
    if not hints:
        raise table.problem("missing or empty", "hints")
    if not all(c.isascii() and (c.islower() or c == "-") for c in name):
        raise table.problem("small letters and hyphens are needed: Compose projects and namespaces bear it", "name")
    lab, claim = _claim(table, known)
    goal = Grade(str(table.take("goal", Grade.CONFIRMED.value)))
    start, solved = _start(table, claim, goal, str(table.take("lacks", ""))), _tested(claim)[0].arm
    made = Exercise(
        name=name,
        question=table.text("question"),
        task=table.text("task").strip(),
        hints=hints,
        lab=lab,
        claim=claim,
        start=start,
        solved=solved,
        goal=goal,
    )
    table.end()
    _check(table, made)
    return made


def _claim(table: Table, known: register.Register) -> tuple[Lab, Claim]:
    id_, part = table.text("claim"), str(table.take("part", ""))
    lab = catalog.lab(known.claim(id_).lab)
    parts: Mapping[str, Claim] = {c.part: c for c in lab.claims if c.id == id_}
    if part not in parts:
        raise table.problem(f"lab {lab.name} judges no part {part!r} of {id_}, but {', '.join(parts)}", "part")
    return lab, parts[part]


def _start(table: Table, claim: Claim, goal: Grade, lacks: str) -> Arm:
    """Where the same is done to an arm that lacks something, the recorded runs show what the judge says of it.

    `lacks` names one of several conditions. Of a sentence that is to be proved wrong it is the standard that holds.
    """
    scenario = _tested(claim)[0].scenario
    if lacks and lacks not in claim.given:
        raise table.problem(
            f"{lacks!r} is none of its conditions: {', '.join(claim.given) or 'it has none'}", "lacks"
        )
    roles = (claim.blank, *claim.given.values()) if goal is Grade.CONFIRMED else (claim.standard,)
    roles = (claim.given[lacks],) if lacks else roles
    lacking: dict[Arm, None] = {c.arm: None for role in roles for c in several(role) if c.scenario is scenario}
    if len(lacking) != 1:
        names = ", ".join(arm.name for arm in lacking) or "none"
        seen = f"one arm has to lack what is asked for, by its blank or a condition; here it is {names}"
        raise table.problem(seen, "claim")
    return next(iter(lacking))


def _check(table: Table, made: Exercise) -> None:
    if made.kind not in ITS_NAME or made.start.site.kind is not made.kind:
        raise table.problem("a learner can only use the engine or the shared cluster, and one of both", "claim")
    if any(cell.arm is not made.solved for cell in _tested(made.claim)):
        raise table.problem("its judge compares arms, and a learner has one", "claim")
    start, solved = set(made.start.names), set(made.solved.names)
    if len(solved - start) != 1 or len(start - solved) > 1:
        raise table.problem("start and solution have to differ in one file, not more and not less", "claim")
