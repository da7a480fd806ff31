"""A measured number beside what was predicted and published: as text, and where each lies on one scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.judging.findings import Finding
from harness.judging.register import Band, Published
from harness.judging.register import Claim as Known
from harness.views.evidence import within

SECONDS = "_s"


@dataclass(frozen=True, slots=True)
class Number:
    name: str
    measured: float | None
    predicted: Band | None
    published: Published | None

    @property
    def unit(self) -> str:
        return " s" if self.name.endswith(SECONDS) else ""

    @property
    def shown_name(self) -> str:
        return self.name.removesuffix(SECONDS).replace("_", " ")

    @property
    def measured_told(self) -> str:
        return "not measured" if self.measured is None else f"{_short(self.measured)}{self.unit}"

    @property
    def predicted_told(self) -> str:
        return "none" if self.predicted is None else f"{told_band(self.predicted)}{self.unit}"

    @property
    def published_told(self) -> str:
        return f"{told_band(self.published.value)}{self.unit}" if self.published else ""

    @property
    def compared(self) -> str:
        return within(self.measured, self.predicted) if self.measured is not None and self.predicted else ""

    @property
    def outside(self) -> bool:
        return self.compared.startswith("outside")

    def percent(self, value: float) -> float:
        """Where a value lies between 0 and a little more than the greatest of them."""
        return round(100 * max(0.0, value) / self._most, 1)

    @property
    def _most(self) -> float:
        each = [self.measured or 0.0, *(self.predicted or ()), *(self.published.value if self.published else ())]
        return 1.1 * max(each) or 1.0


def told_band(band: Band) -> str:
    low, high = band
    return _short(low) if low == high else f"{_short(low)} to {_short(high)}"


def numbers_of(found: Finding, known: Known) -> Iterator[Number]:
    """Those that were measured, then those that somebody predicted or published and nothing measured."""
    measured = found.verdict.measured
    for name in dict.fromkeys([*measured, *known.predicted, *known.published]):
        yield Number(name, measured.get(name), known.predicted.get(name), known.published.get(name))


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
