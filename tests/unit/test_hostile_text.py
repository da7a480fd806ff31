"""Names and words that others wrote: whatever is in them, they are text on the terminal and nothing else."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from harness.model.scenario import Scenario
from harness.model.timeline import parse
from harness.model.verdict import Grade, Verdict
from harness.outcome import Finding
from harness.step import Stepper
from harness.views import table
from harness.views.show import Show
from harness.views.words import one_line
from tests.unit.lines import Tty, busy, end, entry, event, nothing_said, run, trial, wait, wanted

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
    yield run(labs=[said])
    yield {"type": "opening", "at_s": 1.0, "site": said}
    yield {"type": "site", "at_s": 2.0, "site": f"{said}!", "began_s": 1.0, "took_s": 1.0}
    for number, cell in enumerate((f"{said} @ {said}", f"crash @ {said}", f"{said} @ web")):
        yield wanted(2, cell, lab=said)
        yield trial(f"t{number}", cell, lab=said)
        yield event("serving", f"{number}", trial=f"t{number}")
        yield entry("act", said, trial=f"t{number}", ok="yes")
        yield wait(said, at_s=2.0, allowed_s=30.0, trial=f"t{number}")
    yield wanted(1, f"over {said} @ web")
    yield trial("t9", f"over {said} @ web")
    yield end("t9", how="broke", why=said)


def shown(console: Console, said: str) -> None:
    show = Show(console, lambda: 30.0, by_itself=False)
    with show:
        for line in everywhere(said):
            show.take(line)
        show.verdict(finding(said))
        show.now()
        for line in busy(3).lanes:
            show.take(end(line))


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
    assert len(file.getvalue().splitlines()) == len(["run", "opened", "broke", "verdict", "waiting"])
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
    stepper.over({said: [parse("1 s  trial  try:reach  ok=yes\n2 s  trial  mark:end  how=done")]})

    left = RICHS.sub("", file.getvalue())

    assert len(asked) == 2
    assert left.endswith(": yes")
    assert CONTROL.findall(left + "".join(asked)) == []


def test_what_is_left_out_of_a_text_is_seen_to_be_missing():
    assert one_line("a\x1b[2Jb\n  c\t\x00d") == "a\N{REPLACEMENT CHARACTER}[2Jb c \N{REPLACEMENT CHARACTER}d"
