"""What a person sees of a run in a terminal: a picture that leaves nothing behind, or plain lines.

A recorded run is replayed, so that it needs neither an engine nor a cluster.
"""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.support.terminal import ROOT, Terminal, environment

STORAGE, MANY = ("replay", "labs/recorded/storage"), ("replay", "labs/recorded/selfhealing")
PICTURE = re.compile("[━●○✗↓⚡▁▂▃▄▅▆▇█]|  #\\d+|more lines$|, \\d+ of \\d+$|\\d of \\d+ trials$| #\\d+ ")
"""What is nowhere but in a picture."""

CLOSING = "docker-volumes-persist                  the article is right  (as expected)"
NEWS = "docker-volumes-persist: the article is right"


def drawn(rows: list[str]) -> list[str]:
    return [row for row in rows if PICTURE.search(row)]


def has_lanes(terminal: Terminal) -> bool:
    """A picture with trials in it is shown, whole: its head is not all that was read so far."""
    return any("●" in row and "#" in row for row in terminal.rows)


def newly(terminal: Terminal, frames: int = 3):
    """So many pictures were drawn from now on: each begins with going up to where the last one began."""
    before = terminal.raw.count(b"\x1b[1A")
    lines = len(drawn(terminal.rows)) + 1
    return lambda t: t.raw.count(b"\x1b[1A") >= before + frames * lines


def test_a_replay_ends_with_its_verdicts_and_without_its_picture():
    with Terminal(80, 24, *STORAGE, "--speed", "20") as terminal:
        terminal.until(lambda t: t.screen.cursor.hidden)
        code = terminal.ended()

        assert code == 0
        assert "━━━━" in terminal.raw.decode()
        assert CLOSING in terminal.text
        assert terminal.text.count(NEWS) == 1
        assert drawn([*terminal.scrolled, *terminal.rows]) == []
        assert not terminal.screen.cursor.hidden


@pytest.mark.parametrize(("columns", "rows"), [(30, 5), (200, 50)])
def test_the_picture_never_has_more_rows_than_the_screen(columns, rows):
    """What did not fit would scroll away at the top, where nobody can wipe it off any more."""
    with Terminal(columns, rows, *MANY, "--speed", "10") as terminal:
        terminal.until(lambda t: len(drawn(t.rows)) >= min(8, rows - 2))
        terminal.until(newly(terminal))
        terminal.interrupt()

        assert terminal.ended() == 130
        assert drawn([*terminal.scrolled, *terminal.rows]) == []


def test_ctrl_c_leaves_what_was_told_and_a_cursor():
    with Terminal(80, 24, *STORAGE, "--speed", "2") as terminal:
        terminal.until(has_lanes)
        terminal.interrupt()
        code = terminal.ended()

        assert code == 130
        assert drawn([*terminal.scrolled, *terminal.rows]) == []
        assert not terminal.screen.cursor.hidden
        assert "engine opened" in terminal.text
        assert "Traceback" not in terminal.text


@pytest.mark.parametrize(("columns", "rows"), [(50, 24), (80, 10), (160, 50)])
def test_another_size_in_the_middle_leaves_nothing_of_the_picture_before(columns, rows):
    with Terminal(80, 24, *MANY, "--speed", "10") as terminal:
        terminal.until(lambda t: len(drawn(t.rows)) > 6)
        terminal.resize(columns, rows)
        terminal.until(newly(terminal))
        heads = [row for row in terminal.rows if re.search(r"^ \d+:\d\d  ━", row)]
        terminal.interrupt()
        terminal.ended()

        assert len(heads) == 1
        assert drawn(terminal.rows) == []
        assert not terminal.screen.cursor.hidden


@pytest.mark.parametrize("said", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"CI": "1"}], ids=lambda s: next(iter(s)))
def test_a_terminal_on_which_nothing_is_to_move_gets_plain_lines(said):
    with Terminal(80, 24, *STORAGE, "--speed", "20", **said) as terminal:
        assert terminal.ended() == 0
        told = terminal.raw.decode()

    assert NEWS in told
    assert CLOSING in told
    assert PICTURE.search(told) is None
    assert "\x1b" not in told


def test_a_pipe_gets_plain_lines_at_once():
    argv = [sys.executable, "-m", "harness", *STORAGE, "--speed", "0.1"]
    done = subprocess.run(argv, capture_output=True, cwd=ROOT, env=environment(), timeout=60, check=False)
    told = done.stderr.decode()

    assert (done.returncode, done.stdout) == (0, b"")
    assert NEWS in told
    assert CLOSING in told
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", told) is None


def test_a_pipe_that_may_have_colours_gets_no_picture_either():
    argv = [sys.executable, "-m", "harness", *STORAGE, "--speed", "0.1"]
    env = environment(FORCE_COLOR="1")
    done = subprocess.run(argv, capture_output=True, cwd=ROOT, env=env, timeout=60, check=False)

    assert done.returncode == 0
    assert set(re.findall(rb"\x1b\[[?0-9;]*([A-Za-z])", done.stderr)) == {b"m"}
