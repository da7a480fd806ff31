"""How the differences between two runs read."""

from __future__ import annotations

from harness.journal import Recording
from harness.judging.compare import Difference
from harness.views import compare

FIRST = Recording(
    "r1", {"began": "2026-11-20", "host": {"cores": 2}, "engine": {"version": "26"}, "kubernetes": {"version": "1"}}
)
SECOND = Recording("r2\x1b[2J", {"host": [1], "engine": "none\n"})


def told(*found: Difference) -> list[str]:
    return [line.plain for line in compare.lines(FIRST, SECOND, found)]


def test_what_both_were_made_on_stands_first_whatever_they_say_of_themselves():
    assert told()[:2] == [
        "r1: 2026-11-20, 2 cores, Docker 26, Kubernetes 1",
        "r2\N{REPLACEMENT CHARACTER}[2J: ? cores, Docker ?, Kubernetes ?",
    ]


def test_a_verdict_and_a_number_that_differ_are_told_with_both_values():
    assert told(Difference("a", "", "CONFIRMED", "REFUTED"), Difference("a", "back_s", "1 (1 to 1)", "5 (4 to 6)"))[
        2:
    ] == [
        "a, the verdict: CONFIRMED, then REFUTED",
        "a, back_s: 1 (1 to 1), then 5 (4 to 6)",
    ]


def test_where_nothing_differs_that_is_said():
    assert told()[2:] == ["No verdict differs, and no number by more than it varies within a run."]
