"""Claims and the lab they belong to: a judge, what it is asked about, its blank, standard and conditions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.lab.cell import Trials
from harness.model.verdict import Verdict

Judge = Callable[..., Verdict]
Role = Trials | tuple[Trials, ...]
"""What takes the place of the first trials that a judge is asked about."""


@dataclass(frozen=True, slots=True)
class Of:
    """The verdict over another claim, as what a judge is asked about."""

    id: str


def verdict_of(id_: str) -> Any:
    return Of(id_)


@dataclass(frozen=True, slots=True)
class Claim:
    """One falsifiable sentence (or a part of it), and all that is needed to settle it."""

    id: str
    part: str
    judge: Judge
    asks: Mapping[str, Trials | Of]
    blank: Role = ()
    standard: Role = ()
    given: Mapping[str, Role] = field(default_factory=dict)

    @property
    def roles(self) -> tuple[tuple[Trials, ...], ...]:
        """Its cells in the order in which they are run: the standard, the tested ones, the blank and the conditions.

        The standard of a claim that turns out wrong takes longest: that something does not happen.
        """
        others = (self.blank, *self.given.values())
        return _cells(self.standard), _cells(tuple(self.asks.values())), tuple(t for o in others for t in _cells(o))

    @property
    def cells(self) -> dict[str, Trials]:
        """All that it takes to settle it."""
        return {t.cell: t for role in self.roles for t in role}


def several(role: Any) -> tuple[Any, ...]:
    return role if isinstance(role, tuple) else (role,)


def _cells(role: Any) -> tuple[Trials, ...]:
    return tuple(t for t in several(role) if isinstance(t, Trials))


class Lab:
    """One question; its module declares arms, scenarios and claims."""

    def __init__(self, doc: str | None, module: str) -> None:
        if not doc:
            raise TypeError("a lab has a docstring: its question")
        self.question, self.name = doc.strip(), module.rpartition(".")[2].replace("_", "-")
        self.claims, self.shown, self.long = list[Claim](), list[Trials](), list[Trials]()

    def claim(
        self, id_: str, *, part: str = "", tested: Role = (), blank: Role = (), standard: Role = (),
        given: Mapping[str, Role] | None = None,
    ) -> Callable[[Judge], Judge]:  # fmt: skip
        """Register a judge. The defaults of its parameters are what it is asked about: trials, or other verdicts.

        It must fail on the blank and hold on the standard, and is asked without each condition: these trials take
        the place of as many of its first ones. A judge of verdicts alone needs none of them.
        """

        def register(judge: Judge) -> Judge:
            asks = {name: p.default for name, p in inspect.signature(judge).parameters.items()}
            asks |= dict(zip(asks, several(tested), strict=False))
            if not asks or not all(isinstance(a, Trials | Of) for a in asks.values()):
                raise TypeError(f"{id_}: each parameter of {judge.__name__} needs a default such as scenario @ arm")
            if not (blank and standard) and any(isinstance(a, Trials) for a in asks.values()):
                raise TypeError(f"{id_}: without blank and standard nothing shows that its judge can tell")
            made = Claim(id_, part, judge, asks, blank, standard, given or {})
            # Python applies the lowest of several decorators first: they are kept as they are read.
            same = (n for n, known in enumerate(self.claims) if known.judge is judge)
            self.claims.insert(next(same, len(self.claims)), made)
            return judge

        return register

    def show(self, *cells: Trials, full: bool = False) -> None:
        """Run these beside the claims, and judge nothing by them; with `full`, only in a full run."""
        if full:
            self.long += cells
        else:
            self.shown += cells

    @property
    def cells(self) -> dict[str, Trials]:
        """Each cell once, in the order in which the claims need them."""
        own = {name: t for claim in self.claims for name, t in claim.cells.items()}
        return own | {t.cell: t for t in (*self.shown, *self.long)}
