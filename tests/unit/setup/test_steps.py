"""What is shown of a set-up while it goes on."""

from __future__ import annotations

import io
import threading

from rich.console import Console

from harness.setup.steps import Steps


def terminal():
    return Steps(Console(file=io.StringIO(), width=100, force_terminal=True))


def test_what_a_step_tells_of_itself_is_in_its_line_as_soon_as_the_line_is_drawn():
    steps = terminal()
    with steps.step("image built") as doing:
        doing.tell("compiling kube")
        steps._live.refresh()
        assert "compiling kube" in steps.console.file.getvalue()
        doing.tell("compiling pause")
        steps._live.refresh()
        assert "compiling pause" in steps.console.file.getvalue()
    assert steps._live is None


def test_steps_beside_one_another_share_one_thread_that_draws():
    steps = terminal()
    with steps.live("a"), steps.live("b"), steps.live("c"):
        assert sum(type(t).__name__ == "_RefreshThread" for t in threading.enumerate()) == 1


def test_a_long_step_fits_its_line():
    steps = terminal()
    with steps.step("x") as doing:
        doing.tell("y" * 500)
        steps._live.refresh()
    assert "y" * 50 in steps.console.file.getvalue()
    assert "y" * 51 not in steps.console.file.getvalue()
