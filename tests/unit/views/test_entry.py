"""Each entry of a recording as a line of plain English."""

from __future__ import annotations

import pytest

from harness.model.entries import Copy, Held
from harness.views import entry
from tests.support.folders import bench
from tests.support.lines import (
    acted,
    asked,
    asking,
    began,
    checked,
    copy,
    ended,
    looked,
    request,
    serving,
    told,
    window,
    wrote,
)  # fmt: skip

CRASH = acted(at_s=1.0, victims=("one",), leaves="ended", by=("i-one",), done_s=1.1, code=200)
UP = acted(
    "up", 0.0, id_="r0", typed=("docker run a", "docker run a", "docker rm b"), files=("compose.yaml",), lines=5,
    objects=1,
)  # fmt: skip


def said(*lines) -> list[str]:
    return [text.split("s  ", 1)[1] for _, text in entry.lines([one for _, one in lines])]


def test_an_act_names_its_victims_what_came_of_it_and_what_was_typed():
    assert said(serving("one", name="web-1"), CRASH)[1:] == [
        "r1 crash on web-1: done; sent at 1.000 s, answered at 1.100 s by i-one; status 200"
    ]
    (told,) = said(UP)
    assert told.startswith(
        "r0 up: done; sent at 0.000 s, answered at 0.000 s; typed: docker run a (2 times); docker rm b"
    )
    assert told.endswith("; applied 1 file, 5 lines and 1 object: compose.yaml")
    assert said(acted("kubectl x", tried=True, proved=False, no="1: forbidden")) == [
        "r1 kubectl x: refused: 1: forbidden; sent at 1.000 s, answered at 1.000 s"
    ]
    assert "no effect was seen" in said(acted(proved=False))[0]


@pytest.mark.parametrize(
    ("one", "came"),
    [
        (window(), "it came"),
        (window(proved=False, missing="1 of 3 still missing"), "it did not come, 1 of 3 still missing"),
        (window(proved=False, missing="an answer of old"), "it did not come, still missing: an answer of old"),
        (window(proved=False, missing="a", no="no room"), "it did not come, still missing: a; given up: no room"),
    ],
)
def test_a_window_says_what_was_watched_for_since_which_receipt_and_whether_it_came(one, came):
    told = said(CRASH, one)[1]

    assert told == f"r2 watched for 'restored' since crash: {came} (r1 at 1.000 s; from 1.000 s on, 4 s planned)"


def test_what_has_to_come_is_waited_for_and_a_known_pause_is_told():
    assert "waited for 'restored' since crash" in said(CRASH, window(must=True))[1]
    assert "4 s planned, 300 s of them a known pause" in said(CRASH, window(timer_s=300.0))[1]


def test_a_window_whose_receipt_is_not_there_says_so():
    assert "since r1, which was not written down" in said(window())[0]


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (copy("created", "", name="web-1", thing="t"), "web-1 was created (not started yet)"),
        (serving("one", name="web-1", where="n2"), "web-1 serves (incarnation one, answers as i-one, on n2)"),
        (copy("died", name="web-1", code=137), "web-1 died with exit code 137 (incarnation one)"),
        (copy("refused", name="web-1", no="no such image"), "web-1 was refused: no such image (incarnation one)"),
        (copy("gone", name="web-1", unseen_s=0.5), "web-1 is gone (incarnation one, last look 0.500 s before)"),
        (told("proxy mode", "iptables"), "asked for 'proxy mode': iptables"),
        (told("proxy mode", no="timeout"), "asked for 'proxy mode': failed: timeout"),
        (told("read back", by="i-two", of="two"), "asked for 'read back': nothing (of two, answered by i-two)"),
        (asking(per_s=50), "client 'ask' begins: 50 requests a second, resolution 0.000 s"),
        (asked(9, failed=2, wrong="1"),
         "client 'ask' ends: 9 requests sent, 2 failed, at most 0.000 s late; it broke off: 1"),
        (began(at_s=1.5), "the trial begins, 1.5 s into the run"),
        (checked("files"), "check of files: passed"),
        (checked("site after", "a node is gone"), "check of site after: failed: a node is gone"),
        (("", Held(seconds=10)), "left alone for 10 s"),
        (wrote("begins", container="first"), "web, first writes: begins"),
        (wrote("begins", name="web-1"), "web-1 writes: begins"),
        (ended(wrong="no-receipt: crash", entries=4), "the trial ends after 4 entries: no-receipt: crash"),
    ],
)  # fmt: skip
def test_whatever_else_was_written_down_reads_plainly(one, told):
    assert said(one) == [told]


def test_what_there_are_hundreds_of_is_counted():
    entries = [one for _, one in (request(1.0), request(1.1), looked(1.0), began())]

    assert len(list(entry.lines(entries))) == 1
    assert entry.not_shown(entries) == "(1 look and 2 requests not shown)"
    assert entry.not_shown(entries[3:]) == ""


@pytest.mark.parametrize("lab", ["selfhealing", "healthchecks", "architecture"])
def test_every_entry_of_a_run_is_one_line(lab):
    for timelines in bench(lab).docket.recorded(lab).timelines.values():
        for timeline in timelines:
            texts = [text for _, text in entry.lines(timeline.entries)]
            quiet = sum(type(e) in entry.QUIET for e in timeline.entries)
            assert len(texts) + quiet == len(timeline.entries)
            assert not any("\n" in text for text in texts)


@pytest.mark.parametrize("lab", ["selfhealing", "healthchecks", "setup-and-scale"])
def test_however_a_copy_was_seen_there_are_words_for_it(lab):
    seen = {one.what for _, one in bench(lab).lines if isinstance(one, Copy)}

    assert seen <= entry.OF_COPIES.keys()
