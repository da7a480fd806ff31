"""A run step by step, on the real engine, by somebody who sits before a terminal."""

from __future__ import annotations

import pytest

from tests.support.terminal import Terminal

STORAGE = ("run", "storage", "--claim", "docker-volumes-persist", "--step")
QUESTION = "  >"
NEXT = "Enter to go on:"


def asked(times: int):
    """So many questions are to be seen, the last of which nobody has answered yet."""

    def seen(terminal: Terminal) -> bool:
        prompts = [row for row in terminal.text.splitlines() if row.startswith(QUESTION)]
        return len(prompts) == times and prompts[-1] == QUESTION

    return seen


def stopped(times: int, before: str):
    """That many acts later, before that one."""

    def seen(terminal: Terminal) -> bool:
        prompts = [row for row in terminal.text.splitlines() if row.endswith(NEXT)]
        return len(prompts) == times and before in prompts[-1]

    return seen


@pytest.fixture
def stepping(web, here):
    """`web` has all ready that the run needs."""
    with Terminal(110, 60, *STORAGE, cwd=here) as terminal:
        yield terminal


def test_what_was_expected_is_held_against_what_came_of_it(stepping):
    stepping.until(asked(1))
    assert "It writes 8 MiB and crashes" in stepping.text
    assert "yes" not in stepping.text.partition("Which still have the 8 MiB?")[2]
    stepping.types("1")
    stepping.until(stopped(1, "Next: crash."))
    stepping.types("")
    stepping.until(asked(2))
    assert "writable layer: yes  as you expected" in stepping.text
    stepping.types("all")
    stepping.until(stopped(2, "Next: remove."))
    stepping.types("")
    stepping.until(stopped(3, "Next: apply the first files again."))
    stepping.types("")

    assert stepping.ended() == 0
    assert "named volume: yes  as you expected" in stepping.text
    assert "writable layer: no  not what you expected" in stepping.text
    assert "You guessed 3 of 4 outcomes right." in stepping.text


def test_whoever_leaves_at_a_question_leaves_nothing_behind(stepping, left):
    stepping.until(asked(1))
    assert left() != []
    stepping.interrupt()

    assert stepping.ended() == 130
    assert left() == []
