"""Each line that is written is read back as it was; what nobody wrote is told."""

import json
from dataclasses import fields

import pytest

from harness.model.entries import KINDS, Copy, Request, Window
from harness.model.lines import Fewer, Run, read, written

SAMPLES = {"str": "a text", "int": 3, "float": 1.5, "bool": True, "tuple[str, ...]": ("a", "b"), "dict[str, Any]": {}}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda k: k.__name__)
def test_every_kind_comes_back_as_it_was_written(kind):
    one = kind(**{f.name: SAMPLES[str(f.type)] for f in fields(kind)})
    assert read(written("t001", one)) == ("t001", one)


def test_what_is_at_its_default_is_not_written():
    assert json.loads(written("t001", Copy(name="web", thing="x", id="y"))) == {
        "kind": "Copy", "trial": "t001", "name": "web", "thing": "x", "id": "y",
    }  # fmt: skip


def test_a_line_of_the_run_names_no_trial():
    assert read(written("", Fewer(lab="l", cell="c", of=3))) == ("", Fewer(lab="l", cell="c", of=3))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[]", "kind"),
        ('{"trial": "t1"}', "kind"),
        ('{"kind": "Nothing"}', "no line of a journal"),
        ('{"kind": "Looked", "serving": "3"}', "Looked.serving is '3'"),
        ('{"kind": "Looked", "serving": true}', "Looked.serving is True"),
        ('{"kind": "Looked", "serving": 1, "colour": "red"}', "Looked has no colour"),
        ('{"kind": "Looked", "serving": 1, "at_s": NaN}', "Looked.at_s is nan"),
        ('{"kind": "Looked", "serving": 1, "at_s": Infinity}', "Looked.at_s is inf"),
        (
            '{"kind": "Acted", "id": "r1", "name": "x", "sent_s": 0, "proved": true, "tried": true, "by": [1]}',
            "by is",
        ),
        ('{"kind": "Run", "schema": "s", "run": "r", "facts": []}', "Run.facts is"),
        ('{"kind": "Looked", "trial": 3, "serving": 1}', "no line of a journal"),
    ],
)
def test_what_a_line_is_not_is_told(line, told):
    with pytest.raises((ValueError, TypeError), match=told):
        read(line)


def test_a_number_that_nobody_can_reckon_with_is_told():
    with pytest.raises(OverflowError):
        read(f'{{"kind": "Looked", "serving": 1, "at_s": 1{"0" * 400}}}')


def test_a_line_that_lacks_something_is_told():
    with pytest.raises(TypeError, match="serving"):
        read('{"kind": "Looked"}')


def test_whole_numbers_pass_for_seconds():
    line = '{"kind": "Window", "id": "r2", "name": "n", "sent_s": 2, "proved": true, "since": "r1", "must": false, '
    one = read(line + '"began_s": 1, "within_s": 10}')[1]
    assert isinstance(one, Window)
    assert one.within_s == 10


def test_what_people_wrote_in_other_scripts_is_kept():
    one = Request(client="ask", to="wéb\u2028", error="\x1b[31m")
    assert "\n" not in written("t", one)
    assert read(written("t", one))[1] == one


def test_the_first_line_says_which_schema_it_is():
    one = Run(schema="labs.journal/2", run="r", facts={"labs": ["a"]})
    assert json.loads(written("", one))["schema"] == "labs.journal/2"
