"""Claims and the lab that they belong to: a judge with the cells that it asks, its blank, standard and conditions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.model.scenario import Trials
from harness.model.verdict import Verdict

Judge = Callable[..., Verdict]


@dataclass(frozen=True, slots=True)
class Claim:
    """One falsifiable sentence (or a part of it), and all that is needed to settle it."""

    id: str
    judge: Judge
    cells: Mapping[str, Trials]
    optional: frozenset[str]
    blank: Trials
    standard: Trials | None
    given: Mapping[str, Trials]
    part: str = ""
    swap: bool = False

    @property
    def roles(self) -> tuple[tuple[Trials, ...], ...]:
        """Its cells in the order in which they are run: the standard, the tested ones, the blank and the conditions.

        The standard of a claim that turns out wrong takes longest: that something does not happen.
        """
        standard = (self.standard,) if self.standard else ()
        return standard, tuple(self.cells.values()), (self.blank, *self.given.values())

    @property
    def trials(self) -> tuple[Trials, ...]:
        """Every cell that takes part in settling it, each once: those of the judge first."""
        return tuple({t.cell: t for role in self.roles for t in role}.values())


@dataclass(slots=True)
class Lab:
    """One question. Its module declares arms, scenarios and claims; `shown` cells are run and told, not judged.

    So are the `long` ones, but only where all is asked for.
    """

    question: str
    claims: list[Claim] = field(default_factory=list)
    shown: list[Trials] = field(default_factory=list)
    long: list[Trials] = field(default_factory=list)
    name: str = ""

    def __init__(self, doc: str | None) -> None:
        if not doc:
            raise TypeError("a lab has a docstring: its question")
        self.question = doc.strip()
        self.claims, self.shown, self.long, self.name = [], [], [], ""

    def claim(
        self,
        id: str,  # noqa: A002  (what a claim's name is called everywhere)
        *,
        blank: Trials,
        tested: Trials | None = None,
        standard: Trials | None = None,
        given: Mapping[str, Trials] | None = None,
        part: str = "",
        swap: bool = False,
    ) -> Callable[[Judge], Judge]:
        """Register a judge. Its parameters' defaults are the cells that it is asked about, the tested one first.

        Where one judge serves several claims or parts, `tested` says for each what its first parameter is.
        `swap` is for a comparison of two sides: its standard is the same comparison the other way round.
        """
        if standard is None and not swap:
            raise TypeError(f"{id}: without a standard nothing shows that it could have held")

        def register(judge: Judge) -> Judge:
            parameters = inspect.signature(judge).parameters
            first = dict(zip(parameters, (tested,), strict=False)) if tested is not None else {}
            cells = {name: first.get(name, p.default) for name, p in parameters.items()}
            if not cells or not all(isinstance(cell, Trials) for cell in cells.values()):
                raise TypeError(f"{id}: each parameter of {judge.__name__} needs a default such as scenario @ arm")
            if swap and len(cells) != 2:
                raise TypeError(f"{id}: a comparison has two sides, this one has {len(cells)}")
            optional = frozenset(n for n in cells if "None" in str(parameters[n].annotation))
            made = Claim(id, judge, cells, optional, blank, standard, given or {}, part, swap)
            # Python applies the lowest of several decorators first: they are kept as they are read.
            same = (n for n, known in enumerate(self.claims) if known.judge is judge)
            self.claims.insert(next(same, len(self.claims)), made)
            return judge

        return register

    def show(self, *cells: Trials, full: bool = False) -> None:
        """Run these beside the claims; with `full`, only in a full run."""
        if full:
            self.long += cells
        else:
            self.shown += cells

    @property
    def cells(self) -> tuple[Trials, ...]:
        """Each cell once, in the order in which the claims need them."""
        every = (*(t for claim in self.claims for t in claim.trials), *self.shown, *self.long)
        return tuple({t.cell: t for t in every}.values())
