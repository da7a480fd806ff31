"""The text notation of timelines: what is printed can be read back, and what cannot be read is told with its line."""

from __future__ import annotations

import pytest

from harness.model.timeline import Entry, Kind, Timeline, parse, written

VALUES = (
    "plain",
    "",
    "two words",
    'a "quoted" word',
    "a=b",
    "back\\slash",
    'back\\slash and "quote"',
    "#hash",
    "tab\tand\nnew line",
    "größer, 日本",
    " leading and trailing ",
    "a  name=value",
    '"',
    "\\",
)


@pytest.mark.parametrize("kind", list(Kind))
def test_an_entry_of_each_kind_is_read_back_as_it_was(kind):
    entry = Entry(1.25, kind, "web-1", "serving", {"id": "a/b:c", "instance": "i1"})

    assert parse(str(entry)).entries == (entry,)


@pytest.mark.parametrize("value", VALUES)
def test_any_value_of_a_fact_is_read_back_as_it_was(value):
    entry = Entry(0.5, Kind.NOTE, "trial", "note", {"before": "x", "text": value, "after": "y"})

    assert parse(str(entry)).entries == (entry,)


@pytest.mark.parametrize("odd", ["\x85", "\u2028", "\u2029", "\x0b", "\x1c", "\r"])
def test_characters_that_python_takes_for_the_end_of_a_line_stay_inside_their_value(odd):
    entry = Entry(0.5, Kind.NOTE, "trial", "note", {"text": f"before{odd}after"})

    assert parse(str(entry)).entries == (entry,)


def test_a_timeline_is_read_back_line_by_line():
    timeline = Timeline(
        (
            Entry(0.0, Kind.MARK, "trial", "health", {"when": "before", "ok": "yes"}),
            Entry(0.625, Kind.EVENT, "web-1", "running"),
            Entry(12.001, Kind.ACT, "web-1", "crash", {"said": "POST /crash?code=1, answered by instance d8"}),
            Entry(1234.5, Kind.SAMPLE, "trial", "serving", {"value": "0"}),
        )
    )

    assert parse(str(timeline)).entries == timeline.entries


def test_blank_lines_comments_and_indentation_are_left_out():
    text = """
    # a comment

      1.9 s  web-b  ready
         # another
      2 s    trial  mark:end  how=done
    """

    assert [str(e) for e in parse(text).entries] == ["1.900 s  web-b  ready", "2.000 s  trial  mark:end  how=done"]


def test_what_has_no_kind_is_an_event():
    assert parse("1.9 s  web-b  ready").entries[0].kind is Kind.EVENT


def test_a_hash_inside_a_value_is_no_comment():
    assert parse("1 s  web  note:note  text=#1").entries[0].facts == {"text": "#1"}


@pytest.mark.parametrize(
    "line",
    [
        "web-1  serving",
        "1.0  web-1  serving",
        "soon s  web-1  serving",
        "-1.0 s  web-1  serving",
        "1.0 s  web-1",
        "1.0 s",
        "1.0 s  web-1  serving  and more",
        "1.0 s  web-1  serving  id=a  stray",
        "1.0 s  web-1  serving  2=a",
        "1.2.3 s  web-1  serving",
        ". s  web-1  serving",
        '1.0 s  web-1  serving  id="never closed',
        '1.0 s  web-1  serving  id="bad \\x escape"',
        "1.0 s  trial  mrak:end  how=done",
        "1.0 s  trial  mark:",
    ],
)
def test_an_odd_line_is_a_value_error_that_names_it(line):
    with pytest.raises(ValueError, match="line 3"):
        parse(f"0.1 s  web-1  running\n# fine\n{line}\n5 s  web-1  serving")


def test_entries_are_put_in_order_of_time_and_equal_times_keep_theirs():
    late = Entry(2.0, Kind.EVENT, "a", "serving")
    first, second = Entry(1.0, Kind.EVENT, "a", "running"), Entry(1.0, Kind.EVENT, "b", "running")

    assert written([late, first, second]).entries == (first, second, late)


def test_first_and_last_look_at_one_kind_and_word_only():
    timeline = parse("1 s  a  end\n2 s  trial  mark:end  n=1\n3 s  trial  mark:end  n=2\n4 s  trial  note:end")

    assert timeline.first(Kind.MARK, "end").facts == {"n": "1"}
    assert timeline.last(Kind.MARK, "end").facts == {"n": "2"}
    assert timeline.first(Kind.MARK, "begin") is None
    assert timeline.last(Kind.ACT, "end") is None
