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

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.lab.arm import Arm
    from harness.lab.claim import Claim, Lab

FILE = catalog.FOLDER / "exercises.toml"
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
        named = {ITS_NAME[self.kind] if name not in _names(other) else name: name for name in _names(of)}
        return {mine: manifests.FOLDER / self.lab.name / name for mine, name in named.items()}


def _tested(claim: Claim) -> list[Trials]:
    return [cell for cell in claim.asks.values() if isinstance(cell, Trials)]


def _names(arm: Arm) -> tuple[str, ...]:
    return arm.names


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
    start, solved = _start(table, claim), _tested(claim)[0].arm
    made = Exercise(
        name=name,
        question=table.text("question"),
        task=table.text("task").strip(),
        hints=hints,
        lab=lab,
        claim=claim,
        start=start,
        solved=solved,
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


def _start(table: Table, claim: Claim) -> Arm:
    """Where the same is done to an arm that lacks something, the recorded runs show that the judge fails it."""
    scenario = _tested(claim)[0].scenario
    roles = (claim.blank, *claim.given.values())
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
    if len(set(_names(made.start)) ^ set(_names(made.solved))) != 2:
        raise table.problem("start and solution have to differ in one file, not more and not less", "claim")
