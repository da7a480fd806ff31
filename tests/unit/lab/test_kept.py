"""How many of the bytes that were written are there to be read?"""

from __future__ import annotations

import pytest

from harness.lab.questions import Kept
from harness.model.verdict import NotShown
from tests.support.lines import acted, copy, serving, told
from tests.support.trials import seen

WRITTEN = acted("write 8 bytes", 1.1, id_="r1", said="8:abc", victims=("a",), by=("i-a",), leaves="answers")
REMOVED = acted("remove", 2.1, id_="r2", victims=("a",), leaves="ended")
READ = told("read back", "8:abc", 4.0, by="i-b", of="b")
STORY = {
    "writer": serving("a", 0.5), "written": WRITTEN, "removed": REMOVED, "end": copy("gone", "a", 2.05),
    "reader": serving("b", 3.0), "read": READ,
}  # fmt: skip


def kept(**changes):
    """With some of it said otherwise, or not at all."""
    return Kept().answer(seen(*(line for line in (STORY | changes).values() if line)))


def test_what_another_copy_reads_unchanged_was_kept():
    assert kept() == 8
    assert Kept().missing(seen(*STORY.values())) == ""


def test_what_is_not_there_was_not_kept():
    assert kept(read=told("read back", "none", 4.0, by="i-b", of="b")) == 0


def test_before_it_was_read_nobody_knows():
    assert kept(read=None) is None
    assert Kept().missing(seen(*list(STORY.values())[:-1])) == "what was read"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"read": told("read back", "8:abd", 4.0, by="i-b", of="b")}, "changed"),
        ({"read": told("read back", "4:abc", 4.0, by="i-b", of="b")}, "changed"),
        ({"read": told("read back", "8:abc", 4.0, by="i-a", of="b")}, "contradiction"),  # the writer itself
        ({"read": told("read back", "8:abc", 4.0, by="i-z", of="b")}, "contradiction"),
        ({"read": told("read back", "8:abc", 4.0, by="i-a", of="a")}, "contradiction"),
        ({"read": told("read back", "8:abc", 4.0, by="", of="z")}, "contradiction"),
        ({"read": told("read back", "", 4.0, no="timeout", of="b")}, "not-read"),
        ({"read": told("read back", "", 4.0, by="i-b", of="b")}, "not-read"),
        ({"reader": None}, "contradiction"),
        ({"end": None}, "contradiction"),
        ({"written": None}, "not-written"),
        ({"written": acted("write 8 bytes", 1.1, id_="r1", victims=("a",), by=("i-a",))}, "not-written"),
        (
            {"written": acted("write 8 bytes", 1.1, id_="r1", said="8:abc", victims=("a",), proved=False)},
            "not-written",
        ),
    ],
)
def test_one_changed_fact_opens_whether_it_was_kept(changes, reason):
    with pytest.raises(NotShown) as open_:
        kept(**changes)
    assert open_.value.reason == reason


def test_of_two_writings_the_last_one_counts():
    other = acted("write 4 bytes", 1.5, id_="r9", said="4:xyz", victims=("a",), by=("i-a",))
    with pytest.raises(NotShown, match="8:abc was read where 4:xyz was written"):
        Kept().answer(seen(*list(STORY.values())[:2], other, *list(STORY.values())[2:]))


def test_it_says_what_came_of_it():
    assert Kept().sentence(8) == "8 bytes were there"
    assert Kept().sentence(0) == "nothing was there"
