"""Labs are found by their files; one that is broken is told, and breaks no other."""

from __future__ import annotations

import pytest

from harness.judging import catalog
from harness.model.errors import Problem
from tests.support.own_labs import own_labs

SOUND = '"""A question?"""\n\nfrom harness import Lab\n\nlab = Lab(__doc__, __name__)\n'


@pytest.fixture
def labs(tmp_path, monkeypatch):
    """A folder of labs of its own."""
    yield from own_labs(tmp_path, monkeypatch)


def test_each_file_is_a_lab_under_its_name(labs):
    labs(one=SOUND, two_words=SOUND, _hidden=SOUND)
    assert catalog.names() == ["one", "two-words"]
    assert catalog.lab("two-words").name == "two-words"
    assert catalog.every()[1] == {}


def test_a_name_that_there_is_not_is_told_with_those_near_it(labs):
    labs(selfhealing=SOUND)
    with pytest.raises(Problem, match=r"Looking for lab 'self-healing': .*near it: selfhealing"):
        catalog.lab("self-healing")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("raise KeyError('x')", "labs/odd.py raised KeyError: 'x'"),
        ("import nowhere", "labs/odd.py raised ModuleNotFoundError"),
        ("x = (", "labs/odd.py raised SyntaxError"),
        ("from harness import Lab\nlab = Lab(None, __name__)", "labs/odd.py raised TypeError: a lab has a docstring"),
        ("x = 1", "labs/odd.py has no `lab = Lab(__doc__, __name__)`"),
        ("lab = 1", "labs/odd.py has no `lab = Lab(__doc__, __name__)`"),
    ],
)
def test_a_lab_that_cannot_be_loaded_is_told_and_the_others_are_there(labs, text, told):
    labs(sound=SOUND, odd=text)
    with pytest.raises(Problem) as problem:
        catalog.lab("odd")
    assert str(problem.value).startswith("Loading lab odd: ")
    assert told in str(problem.value)
    assert "\n" not in str(problem.value)
    found, broken = catalog.every()
    assert (list(found), list(broken)) == (["sound"], ["odd"])
    assert broken["odd"] == str(problem.value)


def test_ours_can_all_be_loaded():
    found, broken = catalog.every()
    assert broken == {}
    assert list(found) == catalog.names()


def test_the_bench_s_own_lab_judges_no_article():
    assert catalog.OF_BENCH not in catalog.judged()
    assert set(catalog.names()) - set(catalog.judged()) <= {catalog.OF_BENCH}
