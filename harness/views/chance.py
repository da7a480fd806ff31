"""What chance alone makes of even shares: it stands beside what was recorded, and nothing is judged by it."""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, exp, lgamma, log, sqrt

DEVIATIONS = 2.58
"""Of a hundred shares that are even but for chance, 99 lie within so many deviations of the mean."""


def band(tries: int, share: float) -> tuple[float, float]:
    """Between which numbers of hits an even share falls, by the binomial mean and its deviations."""
    mean, reach = tries * share, DEVIATIONS * sqrt(tries * share * (1 - share))
    return max(0.0, mean - reach), min(float(tries), mean + reach)


def p_even(counts: Sequence[int]) -> float:
    """How often even shares come out as uneven as that, or more: Pearson's chi-square."""
    even = sum(counts) / len(counts)
    return survival(sum((count - even) ** 2 for count in counts) / even, len(counts) - 1)


def survival(x: float, freedom: int) -> float:
    """How often chi-square with so many degrees of freedom is x or more.

    Exactly: a sum that goes up by two degrees at a time, from exp(-x/2) for two or from erfc for one.
    """
    half = x / 2
    if half <= 0:
        return 1.0
    found, degrees = (erfc(sqrt(half)), 1) if freedom % 2 else (exp(-half), 2)
    while degrees < freedom:
        found += exp(degrees / 2 * log(half) - half - lgamma(degrees / 2 + 1))
        degrees += 2
    return min(1.0, found)
