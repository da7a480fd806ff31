"""How long one must watch before saying that something does not come."""

import pytest

from harness.lab.question import needed


@pytest.mark.parametrize(
    ("within_s", "timer_s", "came_s", "least_s"),
    [
        (10, 0, [], 10),  # as declared, where it came nowhere
        (10, 0, [1.0, 1.5], 10),  # five times 1.5 is less
        (10, 0, [1.0, 3.0], 15),
        (10, 300, [302.0], 310),  # a timer counts once: 300 + 5 x 2
        (10, 300, [302.0, 310.0], 350),
        (10, 300, [], 300),
        (5, 30, [12.0, 20.0], 90),  # sooner than the timer: it is a bound, and the quickest success unexplained
        (5, 30, [12.0, 60.0], 180),
    ],
)
def test_a_known_timer_counts_once(within_s, timer_s, came_s, least_s):
    assert needed(within_s, timer_s, came_s) == pytest.approx(least_s)


def test_a_success_that_is_still_to_come_may_be_slower():
    assert needed(10, 0, [3.0], slower_s=0.5) == pytest.approx(17.5)


def test_a_longer_declared_timer_does_not_make_a_short_window_count():
    assert needed(5, 30, [2.0]) >= needed(5, 0, [2.0])
