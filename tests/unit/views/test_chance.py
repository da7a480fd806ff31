"""What chance makes of even shares, beside what is known of the two distributions."""

from __future__ import annotations

import random
from math import exp

import pytest

from harness.views.chance import band, p_even, survival


@pytest.mark.parametrize(
    ("freedom", "x"), [(1, 3.841), (2, 5.991), (3, 7.815), (4, 9.488), (9, 16.919), (10, 18.307), (29, 42.557)]
)
def test_chi_square_is_above_the_numbers_of_the_tables_in_one_case_of_twenty(freedom, x):
    assert survival(x, freedom) == pytest.approx(0.05, abs=0.0001)


@pytest.mark.parametrize("x", [0.1, 1.0, 7.3, 60.0])
def test_for_three_shares_it_is_an_exponential(x):
    assert survival(x, 2) == pytest.approx(exp(-x / 2), rel=1e-12)


def test_nothing_is_less_even_than_even_and_hardly_anything_than_one_that_has_all():
    assert p_even([100, 100, 100]) == 1.0
    assert 0.0 <= p_even([300, 0, 0]) < 1e-100
    assert survival(1e6, 7) == 0.0


def test_p_is_as_often_below_a_limit_as_the_limit_says():
    found, order = [], random.Random(7)
    for _ in range(2000):
        drawn = order.choices(range(3), k=300)
        found.append(p_even([drawn.count(n) for n in range(3)]))

    for limit in (0.05, 0.3, 0.7):
        assert sum(p < limit for p in found) / len(found) == pytest.approx(limit, abs=0.04)


def test_of_a_hundred_even_shares_99_lie_in_the_band():
    low, high = band(300, 1 / 3)
    order = random.Random(3)
    counts = [sum(order.random() < 1 / 3 for _ in range(300)) for _ in range(3000)]

    assert (low, high) == (pytest.approx(78.9, abs=0.1), pytest.approx(121.1, abs=0.1))
    assert sum(low <= n <= high for n in counts) / len(counts) == pytest.approx(0.99, abs=0.005)


def test_a_band_ends_where_numbers_of_requests_do():
    assert band(3, 1 / 3)[0] == 0.0
    assert band(3, 0.9)[1] == 3.0
    assert band(0, 1 / 3) == (0.0, 0.0)
    assert band(300, 1.0) == (300.0, 300.0)
