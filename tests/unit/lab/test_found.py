"""What finds who asks from inside a container?"""

from __future__ import annotations

from itertools import permutations

import pytest

from harness.lab.acts import fact, found_by
from harness.lab.questions import Found, Read
from harness.model.seen import Span
from harness.model.verdict import NotShown
from tests.support.lines import acted, copy, serving, told
from tests.support.trials import seen

IDS = "abc"
ALL = [serving(id_) for id_ in IDS]
ASKED = acted("nothing", 2.1, sent_s=2.0)
PAIRS = list(permutations(IDS, 2))


def finds(of: str, by: str, at_s: float = 3.0):
    return told(f"{of} asks {by}", "200", at_s, of=of, by=f"i-{by}")


def in_vain(of: str, by: str, no: str = "error resolve", at_s: float = 3.0):
    return told(f"{of} asks {by}", no=no, at_s=at_s, of=of)


def story(*lines):
    return seen(*ALL, ASKED, *lines)


def test_it_is_there_when_each_was_answered_by_each_other_one():
    every = [finds(*pair, at_s=3.0 + n) for n, pair in enumerate(PAIRS)]
    assert Found().missing(story(*every[:-1])) == "1 of 6 answers of each to each"
    assert Found().answer(story(*every)) == Span((6.0,))
    assert Found().answer(story(*every, finds(*PAIRS[0], at_s=20.0))) == Span((6.0,))


def test_only_answers_since_the_receipt_count_and_only_of_who_served_then():
    every = [finds(*pair) for pair in PAIRS]
    early = [finds(*PAIRS[0], at_s=1.5)]
    assert Found().missing(seen(*ALL, *early, ASKED, *every[1:])) == "1 of 6 answers of each to each"
    assert Found().missing(story(*every, serving("d", 4.0))) == ""
    assert Found().missing(story(copy("died", "c", 2.5), *every[:2])) == "4 of 6 answers of each to each"


def test_who_answers_as_somebody_else_was_not_found():
    every = [finds(*pair) for pair in PAIRS[1:]]
    assert Found().missing(story(*every, told("a asks b", "200", 3.0, of="a", by="i-c"))) != ""


def test_where_nobody_serves_nobody_is_found():
    assert Found().missing(seen(ASKED)) == "0 of 0 answers of each to each"


def test_that_all_asked_in_vain_is_a_finding():
    assert Found().answer(story(*(in_vain(*pair) for pair in PAIRS))) is None


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [in_vain(*pair) for pair in PAIRS if pair[0] != "a"],
        [in_vain(*pair) for pair in PAIRS[1:]]
        + [in_vain(*PAIRS[0], no="Error response from daemon: No such container")],
    ],
    ids=["nobody asked", "one never asked", "one could not ask"],
)
def test_that_somebody_could_not_ask_is_none(lines):
    with pytest.raises(NotShown) as open_:
        Found().answer(story(*lines))
    assert open_.value.reason == "look-failed"


def test_who_could_not_ask_at_first_may_ask_in_vain_in_the_end():
    first = in_vain(*PAIRS[0], no="Error response from daemon: it restarts")
    assert Found().answer(story(first, *(in_vain(*pair, at_s=4.0) for pair in PAIRS))) is None


def test_it_is_called_alike_by_who_asks_and_by_who_judges():
    asks = (found_by(ALL[0][1], "b:8080"),)
    assert (Found(asks).label, Found(asks).looks) == (Found().label, asks)
    assert Found().sentence(Span((1.0,))) == "all found each other after 1.0 s (once)"
    assert Found().sentence(None) == "not all found each other by their names"
    assert next(Found().by_hand("docker exec", 4)) == "# does each find all the others within 4 s?"


# -- what somebody else wrote

READ = fact("read there", "kubectl exec web -- ask GET /data?name=a there:1")
WROTE = acted("write", 2.1, sent_s=2.0, said="200 i-a 8:abc")


def test_what_one_wrote_is_read_by_another():
    story = seen(WROTE, told(READ.name, no="error refused", at_s=2.5), told(READ.name, "200 i-b 8:abc", 3.0))
    assert (Read(READ).missing(story), Read(READ).answer(story)) == ("", Span((1.0,)))


@pytest.mark.parametrize(
    "line",
    [
        told(READ.name, "200 i-a 8:abc", 3.0),
        told(READ.name, "200 i-b 8:abd", 3.0),
        told(READ.name, "200 i-b none", 3.0),
        told(READ.name, "200 i-b 8:abc", 1.0),
        told("read elsewhere", "200 i-b 8:abc", 3.0),
    ],
    ids=["by the writer itself", "changed", "nothing", "before it was written", "elsewhere"],
)
def test_what_is_no_reading_of_it(line):
    story = seen(line, WROTE, told(READ.name, no="error refused", at_s=4.0))
    assert (Read(READ).missing(story), Read(READ).answer(story)) == ("read there", None)


def test_nothing_that_is_read_where_nothing_was_written_is_no_reading():
    story = seen(acted("ask", 2.1, sent_s=2.0, said="200 i-a -"), told(READ.name, "200 i-b -", 3.0))
    assert Read(READ).missing(story) == "read there"


def test_where_nothing_was_written_nothing_is_read():
    refused = acted("write", 2.1, sent_s=2.0, said="error refused", no="1: error refused", proved=False)
    story = seen(refused, told(READ.name, "200 i-b none", 3.0))
    assert (Read(READ).answer(story), Read(READ).hopeless(story)) == (None, "1: error refused")


@pytest.mark.parametrize("lines", [[], [told(READ.name, no="error: unable to upgrade connection", at_s=3.0)]])
def test_that_nobody_could_read_does_not_say_that_it_was_not_there(lines):
    with pytest.raises(NotShown, match=r"unable|never asked"):
        Read(READ).answer(seen(WROTE, *lines))


def test_it_is_called_as_what_is_looked_at():
    assert (Read(READ).label, Read(READ).looks) == ("read there", (READ,))
    assert Read(READ).sentence(Span((1.0,))) == "read there after 1.0 s (once)"
    assert Read(READ).sentence(None) == "never read there"
