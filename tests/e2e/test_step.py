"""A run step by step, on the real engine, by somebody who sits before a terminal."""

from __future__ import annotations

import pytest

from tests.e2e.screen import Terminal

STORAGE = ("run", "storage", "--claim", "docker-volumes-persist", "--step")
QUESTION = "  >"


def asked(times: int):
    """So many questions are to be seen, the last of which nobody has answered yet."""

    def seen(terminal: Terminal) -> bool:
        prompts = [row for row in terminal.text.splitlines() if row.startswith(QUESTION)]
        return len(prompts) == times and prompts[-1] == QUESTION

    return seen


@pytest.fixture
def stepping(host, web):
    """`host` and `web` have all ready that the run needs."""
    with Terminal(110, 60, *STORAGE) as terminal:
        yield terminal


def test_what_was_expected_is_held_against_what_came_of_it(stepping):
    stepping.until(asked(1))
    assert "It writes 8 MiB and crashes" in stepping.text
    assert "yes" not in stepping.text.partition("Which still have the 8 MiB?")[2]
    stepping.types("1")
    stepping.until(asked(2))
    assert "writable layer: yes  as you expected" in stepping.text
    stepping.types("all")

    assert stepping.ended() == 0
    assert "named volume: yes  as you expected" in stepping.text
    assert "writable layer: no  not what you expected" in stepping.text
    assert "You expected 3 of 4 outcomes rightly." in stepping.text


def test_whoever_leaves_at_a_question_leaves_nothing_behind(stepping, host):
    stepping.until(asked(1))
    run = stepping.text.partition("run ")[2].partition(":")[0]
    assert host.client.containers.list(filters={"label": f"dk-labs.run={run}"})
    stepping.interrupt()

    assert stepping.ended() == 130
    assert host.client.containers.list(all=True, filters={"label": f"dk-labs.run={run}"}) == []
