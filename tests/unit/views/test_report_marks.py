"""What a chart draws of a recording, written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model.entries import Entry
from harness.views.report import marks
from harness.views.report.drawn import Drawn
from tests.support.lines import Line, acted, asking, copy, request, serving, told, window

UP = acted("up", 0.9, id_="r0", sent_s=0.0)
STEADY = window("1 copy that serves", 1.5, id_="r1", since="r0", must=True, began_s=0.9)
BEFORE = [UP, serving("a", 1.0, name="web", thing="t"), STEADY]
CRASH = acted("crash", 2.6, id_="r2", sent_s=2.0, victims=("a",), leaves="ended")


def entries(*lines: Line) -> list[Entry]:
    return [one for _, one in lines]


def crashed(*more: Line) -> Drawn:
    return marks.drawn(
        entries(
            *BEFORE,
            copy("died", "a", 2.5, name="web", thing="t", code=1),
            CRASH,
            serving("b", 3.5, name="web", thing="t"),
            window("restored", 4.0, id_="r3", since="r2", began_s=2.6),
            *more,
        )
    )


def test_time_begins_with_the_act_and_copies_serve_until_they_end():
    drawn = crashed()

    assert (drawn.zero, drawn.from_s, drawn.to_s) == ("the act", -1.0, 2.0)
    assert [(m.kind, m.at_s) for m in drawn.moments] == [
        ("served", -1.0),
        ("act", 0.0),
        ("ended", 0.5),
        ("served", 1.5),
    ]
    assert drawn.serving == ((-1.0, 1), (0.5, 0), (1.5, 1))
    assert drawn.last_s == 1.5


def test_a_restart_in_place_serves_again_and_another_container_serves():
    drawn = crashed(serving("c", 3.9, name="other", thing="u"))

    assert [m.told for m in drawn.moments] == [
        "web serves",
        "crash on web",
        "web died with exit code 1",
        "web serves again",
        "other serves",
    ]


def test_a_window_is_drawn_since_its_receipt_and_one_for_what_had_to_come_since_it_was_opened():
    drawn = crashed(
        window("2 copies that serve", 4.5, id_="r4", since="r2", must=True, began_s=4.0),
        window("restored", 5.0, id_="r5", since="r2", began_s=4.5, proved=False, missing="1 of 2 still missing"),
    )

    assert [(s.kind, s.from_s, s.to_s, s.told) for s in drawn.stretches] == [
        ("met", 0.0, 2.0, "watched for 'restored' since crash: it came"),
        ("met", 2.0, 2.5, "waited for '2 copies that serve' since crash: it came"),
        ("unmet", 0.0, 3.0, "watched for 'restored' since crash: it did not come, 1 of 2 still missing"),
    ]


@pytest.mark.parametrize(
    ("lines", "zero", "from_s"),
    [
        ([], "the beginning", 0.0),
        (BEFORE, "the start", 0.0),
        ([*BEFORE, acted("write 8 bytes", 3.0, victims=("a",), leaves="answers"), CRASH], "the act", -1.0),
        ([*BEFORE, acted("ask (per_s=20)", 3.0, id_="r5"), window(since="r5")], "the act", -2.0),
        ([*BEFORE, acted("ask", 1.6, id_="r5"), acted("nothing", 3.0, victims=("a",), leaves="answers", id_="r6"),
          window(since="r6")], "the act", -2.0),
        ([*BEFORE, acted("update to 2", 3.0, id_="r5")], "the act", -2.0),
    ],
    ids=["nothing", "up", "struck after a write", "asked", "nothing done", "updated"],
)  # fmt: skip
def test_zero_is_the_act_that_the_trial_is_about(lines, zero, from_s):
    drawn = marks.drawn(entries(*lines))

    assert (drawn.zero, drawn.from_s) == (zero, pytest.approx(from_s))


def test_that_it_was_brought_up_is_drawn_only_where_that_is_the_act_or_it_failed():
    assert [m.told for m in marks.drawn(entries(UP)).moments] == ["up"]
    assert [m.told for m in marks.drawn(entries(UP, CRASH)).moments] == ["crash on a"]
    refused = acted("up", 0.1, sent_s=0.0, proved=False, no="no room", id_="r0")
    assert marks.drawn(entries(refused, CRASH)).moments[0].told == "up (refused: no room)"


def test_requests_that_failed_are_one_stretch_up_to_the_next_answer():
    drawn = crashed(asking(2.9), *(request(3 + n / 10, "timeout" if n in (2, 3) else "") for n in range(6)))

    asked, failed = (s for s in drawn.stretches if s.kind in ("asked", "failed"))
    assert asked.told == "6 requests, 2 failed"
    assert (failed.told, round(failed.from_s, 3), round(failed.to_s, 3)) == ("2 failed (timeout)", 1.2, 1.4)


def test_requests_of_several_clients_are_told_apart_and_ordered_by_when_they_were_sent():
    late = [request(3.4), request(3.2, "refused"), request(3.0)]
    other = [(trial, replace(one, client="ask (port=9)")) for trial, one in (request(3.1), request(3.3))]
    drawn = crashed(*late, *other)

    assert [s.told for s in drawn.stretches if s.kind in ("asked", "failed")] == [
        "3 requests by ask, 1 failed",
        "1 failed by ask (refused)",
        "2 requests by ask (port=9), 0 failed",
    ]


def test_a_copy_that_is_silent_serves_nobody_until_it_answers():
    drawn = crashed(
        copy("silent", "b", 3.6, name="web"),
        copy("answers", "b", 3.8, name="web"),
        copy("unready", "b", 3.9, name="web"),
        copy("answers", "b", 3.95, name="web"),
    )

    assert [m.kind for m in drawn.moments if m.at_s > 1.55] == ["silent", "unready"]
    assert [count for _, count in drawn.serving[-4:]] == [0, 1, 0, 0]


def test_what_was_asked_for_and_what_was_refused_are_drawn_and_long_answers_cut():
    drawn = crashed(
        told("proxy mode", "iptables", 3.6),
        told("reach", no="timeout", at_s=3.7),
        copy("refused", "", 3.8, name="web-9", no="no such image"),
        told("read back", "x" * 500, 3.9),
    )

    assert [(m.kind, m.told) for m in drawn.moments[-4:-1]] == [
        ("ok", "asked for 'proxy mode': iptables"),
        ("no", "asked for 'reach': failed: timeout"),
        ("no", "web-9 was refused: no such image"),
    ]
    assert len(drawn.moments[-1].told) == marks.LONGEST


def test_a_hundred_copies_at_once_are_one_mark_that_says_how_many():
    drawn = crashed(*(serving(f"c{n}", 3.6 + n / 10_000, name=f"web-{n}") for n in range(100)))

    assert [str(m) for m in drawn.moments][-1] == "web-0 serves and 99 more, 1.6 s"
    assert drawn.serving[-1][1] == 101


def test_it_is_told_in_words_too_the_moments_first():
    assert crashed().words == (
        "web serves, -1.0 s; crash on web, 0.0 s; web died with exit code 1, 0.5 s; web serves again, 1.5 s; "
        "watched for 'restored' since crash: it came, 0.0 to 2.0 s"
    )


def test_what_is_not_a_whole_recording_is_drawn_as_far_as_it_goes():
    assert marks.drawn([]).words == "nothing was recorded"
    drawn = marks.drawn(entries(window("restored", 4.0, since="r9", proved=False)))
    assert [(s.kind, s.from_s) for s in drawn.stretches] == [("unmet", 1.0)]
