"""Names and words that others wrote: whatever is in them, they are text on the terminal and nothing else."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from harness.judging.findings import Finding
from harness.lab.cell import Scenario
from harness.lab.questions import Restored
from harness.lab.timeline import Step, Timeline
from harness.model.verdict import Grade, Verdict
from harness.views import table
from harness.views.show import Show
from harness.views.step import Stepper
from harness.views.words import one_line
from tests.support.lines import (
    acted,
    copy,
    ended,
    flat,
    opened,
    opening,
    planned,
    run,
    serving,
    trial,
    trouble,
    waits,
    window,
)  # fmt: skip
from tests.support.screen import Tty, nothing_said

RICHS = re.compile(r"\x1b\[[0-9;]*m|\x1b\[2K|\x1b\[1A|\x1b\[\?25[lh]|\r(?=\x1b\[(?:2K|1A))|\r\n|\n")
"""What Rich says to a terminal: colours, a line erased, one line up, the cursor hidden and shown."""

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
BREAKS = {
    "clears": "a\x1b[2Jb",
    "another screen": "a\x1b[?1049hb",
    "title": "a\x1b]0;owned\x07b",
    "eight bits": "a\x9b2Jb\x9d0;owned\x9c",
    "lines": "a\nb\r\nc\x0bd\x0ce\u2028f\u2029g\x85h",
    "back": "a\rb\x08\x08c",
    "every": "".join(map(chr, range(32))) + "".join(map(chr, range(127, 160))),
    "half a character": "a\ud83db\udc00",
    "wide": "全角文字" * 60,
    "joined": "e\u0301\u200d👩\u200d👩\u200d👧" * 40,
    "long": "word " * 500,
    "one word": "w" * 3000,
    "markup": "[bold red]a[/] [link=x]b",
}
hostile = pytest.mark.parametrize("said", BREAKS.values(), ids=BREAKS)


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    nothing_said(monkeypatch)


def finding(said: str) -> Finding:
    return Finding("a-claim", "small", "It is so.", Verdict(Grade.REFUTED, said), {}, (), "REFUTED", (), {})


def everywhere(said: str):
    """Lines that hold it wherever a line may hold words, of trials that go on and of one that broke."""
    yield run(labs=[said], seed=said)
    yield opening(said)
    yield opened(f"{said}!")
    yield trouble(said)
    for number, cell in enumerate((f"{said} @ {said}", f"crash @ {said}", f"{said} @ web")):
        name = f"t{number}"
        yield planned(f"u{number}", cell, 2, lab=said)
        yield trial(name, cell, lab=said)
        yield serving(f"{number}{said}", trial=name)
        yield copy(said, f"{number}{said}", trial=name, no=said, state=said)
        yield acted(said, trial=name, said=said)
        yield waits(said, at_s=2.0, allowed_s=30.0, trial=name)
    yield trial("t9", f"over {said} @ web")
    yield ended("t9", wrong=said)


def shown(console: Console, said: str) -> None:
    show = Show(console, lambda: 30.0, by_itself=False)
    with show:
        for name, one in flat(everywhere(said)):
            show.hear(name, one)
        show.verdict(finding(said))
        show.now()


@hostile
def test_on_a_terminal_nothing_but_rich_itself_speaks_to_it(said):
    file = Tty()
    shown(Console(file=file, width=80, height=30), said)
    left = RICHS.sub("", file.getvalue())

    assert "●" in left
    assert CONTROL.findall(left) == []
    file.getvalue().encode()


@hostile
def test_in_a_file_there_is_text_alone_and_each_thing_is_one_line(said):
    file = io.StringIO()
    shown(Console(file=file, width=80), said)

    assert CONTROL.findall(file.getvalue()) == []
    assert len(file.getvalue().splitlines()) == len(["run", "opened", "trouble", "broke", "verdict", "waiting"])
    file.getvalue().encode()


@hostile
def test_a_verdict_s_words_are_text_at_the_end_too(said):
    file = Tty()
    console = Console(file=file, width=80)
    for line in table.closing([finding(said)]):
        console.print(line, soft_wrap=True)

    assert CONTROL.findall(RICHS.sub("", file.getvalue())) == []


@hostile
def test_what_comes_of_a_step_is_text(said):
    file = Tty()
    show = Show(Console(file=io.StringIO()), lambda: 0.0, by_itself=False)
    asked = []
    stepper = Stepper(Console(file=file, width=80), show, lambda prompt: asked.append(prompt) or "")
    stepper.begin(Scenario(said, said, lambda _t: None, asks=said), [said])
    for number in range(2):
        stepper.gate(number, said)
        stepper.answer()
    _, came = window(proved=True)
    stepper.over({said: [Timeline((), 1, {"r2": Step(came, 0, Restored())}, None)]})
    left = RICHS.sub("", file.getvalue())

    assert len(asked) == 2
    assert left.endswith(": yes")
    assert CONTROL.findall(left + "".join(asked)) == []


def test_what_is_left_out_of_a_text_is_seen_to_be_missing():
    assert one_line("a\x1b[2Jb\n  c\t\x00d") == "a\N{REPLACEMENT CHARACTER}[2Jb c \N{REPLACEMENT CHARACTER}d"
