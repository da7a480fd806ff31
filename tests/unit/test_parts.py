"""No slow test and no lab is forgotten: each is in exactly one of the parts that CI runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from harness.judging import catalog
from tests.parts import EVERY_TIME, LAB, PARTS, takes

ROOT = Path(__file__).resolve().parents[2]
SELECTED = [one for part in PARTS for one in part.selected]


def said(*argv: str) -> str:
    return subprocess.run([sys.executable, *argv], cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def slow():
    """Their node ids, as pytest finds them."""
    told = said("-m", "pytest", "-q", "--collect-only", "-m", "slow", "tests/contract", "tests/e2e")
    return [line for line in told.splitlines() if "::" in line]


def test_every_slow_test_is_in_exactly_one_part(slow):
    assert slow
    held = {test: sum(takes(one, test) for one in SELECTED) for test in slow}
    assert {test: n for test, n in held.items() if n != 1} == {}, "how many parts each of these is in"


def test_a_part_asks_for_nothing_that_is_not_there(slow):
    assert [one for one in SELECTED if not any(takes(one, test) for test in slow)] == []


def test_every_lab_is_in_exactly_one_part_or_run_every_time():
    held = Counter([EVERY_TIME, *(lab for part in PARTS for lab in part.labs)])
    assert held == Counter(catalog.judged()), "the bench's own has a test of its own"


def test_a_lab_that_a_part_names_is_run_by_a_test(slow):
    assert {LAB.format(lab) for part in PARTS for lab in part.labs} <= set(slow)


@pytest.mark.parametrize(
    ("selected", "test", "whether"),
    [
        ("tests/contract", "tests/contract/test_sites.py::test_x[own]", True),
        ("tests/e2e/test_run.py", "tests/e2e/test_run.py::test_x", True),
        ("tests/e2e/test_run.py::test_x", "tests/e2e/test_run.py::test_x[1-2]", True),
        ("tests/e2e/test_run.py::test_x", "tests/e2e/test_run.py::test_x", True),
        ("tests/e2e/test_run.py::test_x", "tests/e2e/test_run.py::test_xy", False),
        ("tests/e2e/test_run.py::test_x[1]", "tests/e2e/test_run.py::test_x[2]", False),
    ],
)
def test_what_pytest_takes_of_what_it_is_asked_for(selected, test, whether):
    assert takes(selected, test) is whether


def test_the_workflow_s_list_needs_nothing_but_python():
    listed = json.loads(said("-I", "-S", "tests/parts.py", "--json"))
    assert [(one["part"], one["name"]) for one in listed] == [(n, part.name) for n, part in enumerate(PARTS)]
    assert int(said("-I", "-S", "tests/parts.py", "--count")) == len(PARTS)


def test_the_list_of_labs_from_which_a_workflow_takes_its_matrix_says_which_are_built():
    listed = json.loads(said("-m", "harness", "list", "--json"))["labs"]
    built = [lab["name"] for lab in listed if any(claim["built"] for claim in lab["claims"])]
    assert sorted(built) == catalog.names()
