"""How far a learner has come is kept, and what is damaged is a beginning."""

from __future__ import annotations

import pytest

from harness.exercises import progress


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A working folder and a state folder of their own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def test_progress_is_kept_from_one_command_to_the_next():
    assert progress.of("x") == progress.Progress()
    kept = progress.keep("x", progress.checked(progress.begun(progress.of("x")), solved=False))
    assert progress.of("x") == kept
    assert (kept.state, kept.checks) == ("started", 1)


def test_solved_stays_solved_and_the_solution_may_be_looked_at_afterwards():
    solved = progress.checked(progress.begun(progress.Progress()), solved=True)
    assert progress.checked(solved, solved=False).state == "solved"
    assert progress.shown(solved).state == "solved"


def test_a_solution_that_was_shown_first_is_told():
    shown = progress.shown(progress.begun(progress.Progress()))
    assert shown.state == "solution shown"
    assert progress.checked(shown, solved=True).state == "solved, after its solution was shown"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"started": ""}', '{"hints": "many"}'])
def test_damaged_progress_is_a_beginning(text):
    file = progress._file("x")
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert progress.of("x") == progress.Progress()
