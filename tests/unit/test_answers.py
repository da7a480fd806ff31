"""What may be asked of recordings besides a return: on timelines in the text notation, and with one fact changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model.arm import Arm
from harness.model.scenario import Scenario
from harness.model.site import engine, own_cluster
from harness.model.timeline import parse
from harness.model.verdict import NotShown

DATA = Scenario("remove and recreate", "It writes and goes.", lambda _t: None) @ Arm("volume", engine, "compose.yaml")
REACH = Scenario("ask both", "They are asked.", lambda _t: None) @ Arm(
    "worker", own_cluster(2), "web.yaml", at="worker"
)

KEPT = """
0.0 s  trial  mark:health  when=before  ok=yes
1.0 s  web-1  serving  id=a  instance=first  again=no
1.1 s  trial  mark:steady  replicas=1  ids=a
1.5 s  web-1  try:written  id=a  ok=yes  data=8:abc  by=first
2.0 s  web-1  act:remove  id=a  sent_s=2.0  ok=yes
2.1 s  web-1  gone  id=a
2.5 s  platform  act:apply  sent_s=2.4  ok=yes
3.0 s  web-1  serving  id=b  instance=second  again=no
3.1 s  trial  mark:steady  replicas=1  ids=b
3.5 s  web-1  try:read  id=b  ok=yes  data=8:abc  by=second
4.0 s  trial  mark:health  when=after  ok=yes
4.0 s  docker-events  mark:stream  state=open
4.1 s  trial  mark:end  how=done
"""


def kept(*texts: str) -> int | None:
    return replace(DATA, timelines=tuple(map(parse, texts))).kept()


def reason(ask) -> str:
    with pytest.raises(NotShown) as shown:
        ask()
    return shown.value.reason


def test_what_another_copy_reads_unchanged_was_kept():
    assert kept(KEPT, KEPT) == 8


def test_what_is_not_there_was_not_kept():
    assert kept(KEPT.replace("data=8:abc  by=second", "data=none  by=second")) is None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("data=8:abc  by=second", "data=8:abd  by=second", "changed"),
        ("data=8:abc  by=second", "data=4:abc  by=second", "changed"),
        ("by=second", "by=first", "contradiction"),
        ("by=second", "by=somebody", "contradiction"),
        ("1.5 s  web-1  try:written", "2.9 s  web-1  try:written", "contradiction"),
        ("try:written  id=a  ok=yes", "try:written  id=a  ok=no", "not-written"),
        ("try:written  id=a", "try:written  id=x", "contradiction"),
        ("ok=yes  data=8:abc  by=first", 'ok=yes  data=""  by=first', "not-written"),
        ("try:read  id=b  ok=yes", "try:read  id=b  ok=no", "not-read"),
        ("2.1 s  web-1  gone  id=a\n", "", "no-receipt"),
        ("2.1 s  web-1  gone  id=a", "1.9 s  web-1  gone  id=a", "no-receipt"),
        ("sent_s=2.4  ok=yes", "sent_s=2.4  ok=no", "no-receipt"),
        ("state=open", "state=lost", "stream-lost"),
        ("when=after  ok=yes", "when=after  ok=no", "sick-site"),
        ("how=done", "how=broke", "broke-off"),
    ],
)  # fmt: skip
def test_one_changed_fact_opens_whether_it_was_kept(old, new, expected):
    assert KEPT.count(old) == 1
    assert reason(lambda: kept(KEPT.replace(old, new))) == expected


def test_trials_that_differ_are_not_shown():
    assert (
        reason(lambda: kept(KEPT, KEPT.replace("data=8:abc  by=second", "data=none  by=second"))) == "trials-differ"
    )


REACHED = """
0.0 s  trial  mark:health  when=before  ok=yes
1.0 s  web-1  serving  id=a  instance=first  again=no
1.1 s  trial  mark:steady  replicas=1  ids=a
2.0 s  platform  act:take-away  sent_s=1.9  ok=yes
3.0 s  old  try:reach  ok=yes  waited_s=0.2  allowed_s=8
12.0 s  new  try:reach  ok=no  waited_s=8.5  allowed_s=8
13.0 s  trial  mark:health  when=after  ok=yes
13.0 s  pod-events  mark:stream  state=open
13.1 s  trial  mark:end  how=done
"""
QUICK = REACHED.replace("new  try:reach  ok=no  waited_s=8.5", "new  try:reach  ok=yes  waited_s=1.5")


def reached(service: str, *texts: str, beside: tuple[str, ...] = ()) -> object:
    made = tuple(map(parse, texts))
    return replace(REACH, timelines=made, beside=(*made, *map(parse, beside))).reached(service)


def test_a_service_that_answered_tells_after_how_long():
    assert reached("old", REACHED).each_s == (0.2,)
    assert reached("new", QUICK, QUICK).median_s == 1.5


def test_a_service_that_did_not_was_asked_for_five_times_as_long_as_another_took():
    assert reached("new", REACHED, beside=(QUICK,)) is None
    slow = QUICK.replace("waited_s=1.5", "waited_s=1.8")
    assert reason(lambda: reached("new", REACHED, beside=(slow,))) == "window-too-short"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("12.0 s  new  try:reach", "12.0 s  other  try:reach", "not-tried"),
        ("waited_s=8.5", "waited_s=7.5", "window-too-short"),
        ("2.0 s  platform  act:take-away  sent_s=1.9  ok=yes\n", "", "no-receipt"),
        ("sent_s=1.9  ok=yes", "sent_s=1.9  ok=no", "no-receipt"),
        ("state=open", "state=lost", "stream-lost"),
        ("how=done", "how=stopped", "broke-off"),
    ],
)  # fmt: skip
def test_one_changed_fact_opens_whether_it_was_reached(old, new, expected):
    assert REACHED.count(old) == 1
    assert reason(lambda: reached("new", REACHED.replace(old, new))) == expected


@pytest.mark.parametrize(("said", "expected"), [("yes", None), ("no", "not-steady")])
def test_what_was_not_reached_before_anything_was_done_says_nothing_of_what_was_done(said, expected):
    before = f"1.5 s  new  try:reach  ok={said}  waited_s=1.0  allowed_s=8\n2.0 s  platform  act"
    asked = REACHED.replace("2.0 s  platform  act", before)

    assert (reached("new", asked) if expected is None else reason(lambda: reached("new", asked))) == expected


def test_trials_of_which_only_some_reached_it_are_not_shown():
    assert reason(lambda: reached("new", REACHED, QUICK)) == "trials-differ"


# -- the client's numbers ------------------------------------------------------------------------------------------

ASKED = Scenario("asked", "They are asked.", lambda _t: None) @ Arm("three", engine, "compose.yaml")
FRAME = """
0.0 s  trial  mark:health  when=before  ok=yes
0.5 s  trial  mark:steady  replicas=1  ids=a
0.9 s  client  mark:begins  per_s=10  resolution_s=0.105
{requests}
9.0 s  client  mark:ends  sent={sent}  ok=0  failed=0
9.1 s  trial  mark:health  when=after  ok=yes
9.1 s  docker-events  mark:stream  state=open
9.2 s  trial  mark:end  how=done
"""


def seen(*answers: str, sent: int | None = None):
    """A client's requests, a tenth of a second apart: a copy's letter, or how it failed."""
    lines = [
        f"{1 + n / 10:.1f} s  web  request:{'200' if len(a) == 1 else a}  n={n}"
        + (f"  by={a}" if len(a) == 1 else "")
        for n, a in enumerate(answers)
    ]
    text = FRAME.format(requests="\n".join(lines), sent=len(answers) if sent is None else sent)
    return replace(ASKED, timelines=(parse(text),))


@pytest.mark.parametrize(
    ("answers", "longest"),
    [
        ("a a a a", 0.0),
        ("a refused a a", 0.1),
        ("a refused timeout 503 a", 0.3),
        ("a refused a a timeout timeout a", 0.2),
        ("refused a a", 0.1),
    ],
)
def test_an_outage_is_from_the_first_failed_to_the_next_successful_sending(answers, longest):
    span = seen(*answers.split()).outage()

    assert span.each_s == pytest.approx((longest,))
    assert span.resolution_s == 0.105


def test_an_outage_without_an_end_is_not_shown():
    assert reason(seen("a", "refused", "refused").outage) == "still-away"


def test_failures_and_shares_are_counted_over_what_was_sent():
    asked = seen("a", "a", "b", "timeout")

    assert asked.failed() == 0.25
    assert asked.shares() == (pytest.approx((2 / 3, 1 / 3)),)


def test_where_nobody_answered_there_are_no_shares():
    assert reason(seen("refused", "refused").shares) == "nobody-answered"


@pytest.mark.parametrize("ask", ["outage", "failed", "shares"])
def test_a_request_that_is_missing_leaves_the_clients_numbers_open(ask):
    assert reason(getattr(seen("a", "a", sent=3), ask)) == "client-broke-off"


def test_what_was_asked_for_too_short_a_time_counts_where_it_was_run_again():
    short = replace(parse(REACHED.replace("waited_s=8.5", "waited_s=4.5")), number=1)
    other, again = replace(parse(REACHED), number=2), replace(parse(REACHED), number=1)

    assert reason(lambda: replace(REACH, timelines=(short, other)).reached("new")) == "window-too-short"
    assert list(replace(REACH, timelines=(short, other)).to_repeat()) == [1]
    assert replace(REACH, timelines=(short, other, again)).reached("new") is None
    assert replace(REACH, timelines=(short, other, again)).to_repeat() == {}
