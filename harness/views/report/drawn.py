"""What a chart draws of one trial, in seconds from its zero, and how it is told in words."""

from __future__ import annotations

from dataclasses import dataclass, replace

SAID_AT_MOST = 10
"""Moments of a trial that are told one by one in words."""


@dataclass(frozen=True, slots=True)
class Moment:
    kind: str
    at_s: float
    told: str
    more: int = 0
    """How many others of its kind are so near that they are drawn with it."""

    def since(self, zero_s: float) -> Moment:
        return replace(self, at_s=self.at_s - zero_s)

    def __str__(self) -> str:
        return f"{self.told}{f' and {self.more} more' if self.more else ''}, {seconds(self.at_s)} s"


@dataclass(frozen=True, slots=True)
class Stretch:
    kind: str
    from_s: float
    to_s: float
    told: str

    def since(self, zero_s: float) -> Stretch:
        return replace(self, from_s=self.from_s - zero_s, to_s=self.to_s - zero_s)

    def __str__(self) -> str:
        return f"{self.told}, {seconds(self.from_s)} to {seconds(self.to_s)} s"


@dataclass(frozen=True, slots=True)
class Drawn:
    """All that followed once everything was up."""

    from_s: float
    to_s: float
    zero: str
    zero_s: float
    """When that was, in seconds of the trial."""

    serving: tuple[tuple[float, int], ...]
    moments: tuple[Moment, ...]
    stretches: tuple[Stretch, ...]

    @property
    def last_s(self) -> float:
        """When the last thing happened; a window may go on for long after it."""
        failed = (s.to_s for s in self.stretches if s.kind == "failed")
        return max([m.at_s for m in self.moments] + list(failed), default=self.to_s)

    @property
    def words(self) -> str:
        said = [str(m) for m in self.moments[:SAID_AT_MOST]]
        if len(self.moments) > SAID_AT_MOST:
            said.append(f"{len(self.moments) - SAID_AT_MOST} more")
        failed = [s for s in self.stretches if s.kind == "failed"]
        said += [str(s) for s in self.stretches if s.kind != "failed"]
        if failed:
            said.append(f"the longest failure: {max(failed, key=lambda s: s.to_s - s.from_s)}")
        return "; ".join(said) or "nothing was recorded"


def seconds(value: float) -> str:
    return f"{round(value, 1) + 0.0:.1f}"  # no -0.0
