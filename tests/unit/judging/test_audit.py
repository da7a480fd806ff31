"""A recording is played once more by its scenario: every step is there, in its place, and ended as it says."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from harness.judging.audit import audited
from harness.lab import acts
from harness.lab.acts import fact
from harness.lab.cell import scenario
from harness.lab.questions import Restored
from harness.model.entries import Acted, Checked, Copy, Ended, Held, Looked, Told, Window
from tests.support.lines import acted, asked, asking, looked, request, told, wrote
from tests.support.trials import away, back, but, counted, crash, frame, one, steady, timeline, without


def reason(entries, how=crash):
    wrong = timeline(entries, how=how).wrong
    return wrong.reason if wrong else ""


def test_a_sound_recording_is_found_sound_with_each_of_its_steps():
    of = timeline(back())
    assert of.wrong is None
    assert [(s.receipt.name, s.question and s.question.label) for s in of.steps.values()] == [
        ("up", None), ("1 copy that serves", "1 copy that serves"), ("1 copy that serves", "1 copy that serves"),
        ("crash", None), ("restored", "restored"),
    ]  # fmt: skip
    assert reason(away()) == ""


# -- whole


@pytest.mark.parametrize("entries", [[], back()[:-1]])
def test_what_was_cut_off_shows_nothing(entries):
    assert reason(entries) == "lines-lost"


@pytest.mark.parametrize("many", [-1, 1])
def test_the_last_line_counts_the_others(many):
    assert reason(but(back(), Ended, entries=len(back()) + many)) == "lines-lost"


@pytest.mark.parametrize(
    ("wrong", "reason_", "detail"),
    [
        ("did-not-come: 1 copy that serves; none do", "did-not-come", "1 copy that serves; none do"),
        ("broke-off: KeyError: 'x'", "broke-off", "KeyError: 'x'"),
        ("stopped: the run was ended", "stopped", "the run was ended"),
    ],
)
def test_a_trial_that_broke_says_why_itself(wrong, reason_, detail):
    found = timeline(but(back(), Ended, wrong=wrong)).wrong
    assert (found.reason, found.detail) == (reason_, detail)


@pytest.mark.parametrize(
    ("what", "reason_"),
    [
        ("site before", "sick-site"),
        ("site after", "sick-site"),
        ("stream docker-events", "sick-site"),
        ("files", "altered"),
    ],
)
def test_what_has_to_be_sound_is_looked_at_and_was(what, reason_):
    checks = [e.what for e in back() if isinstance(e, Checked)]
    nth = checks.index(what)
    assert reason(but(back(), Checked, nth, wrong="a node is away")) == reason_
    assert reason(without(back(), Checked, nth)) == "not-checked"


def test_a_site_that_was_sick_in_the_midst_of_it_makes_it_not_count():
    during = Checked(at_s=1.5, what="site during", wrong="coredns is away")
    entries = counted([*back()[:8], during, *back()[8:]])
    assert str(timeline(entries).wrong) == "sick-site: site during: coredns is away"
    assert reason(counted([*back()[:8], replace(during, wrong=""), *back()[8:]])) == ""


def listened(*checks):
    """A recording of somebody who listened, whose streams were checked so."""
    listen = one(acted(acts.listen.name, 0.8, id_="r9", sent_s=0.8))
    entries = [e for e in back() if e.at_s <= 0.7 or isinstance(e, Ended | Checked)]
    at = next(n for n, e in enumerate(entries) if isinstance(e, Checked) and e.what == "files")
    return counted([*entries[:at], listen, *checks, *entries[at:]])


@scenario
def listens(t):
    """It stands, and is listened to."""
    t.steady(replicas=1)
    t.act(acts.listen)


@pytest.mark.parametrize(
    ("checks", "reason_"),
    [
        ([Checked(at_s=0.9, what="stream logs")], ""),
        ([Checked(at_s=0.9, what="stream logs", wrong="web: it broke off")], "sick-site"),
        ([], "not-checked"),
    ],
)
def test_who_listened_has_to_have_heard_all(checks, reason_):
    assert reason(listened(*checks), how=listens) == reason_


@pytest.mark.parametrize(
    ("ahead_s", "reason_"), [(-100.0, ""), (0.4, ""), (0.6, "contradiction"), (37.5, "contradiction")]
)
def test_nothing_was_read_or_seen_before_it_came_to_pass(ahead_s, reason_):
    at = next(n for n, e in enumerate(back()) if isinstance(e, Looked))
    now_s = back()[at].at_s
    said = one(wrote("x", now_s + ahead_s))
    assert reason(counted([*back()[:at], said, *back()[at:]])) == reason_
    assert reason(but(back(), Copy, 1, at_s=back()[-1].at_s + 1)) == "contradiction"


# -- clients


def asks(*times, sent=None, end=True, **more):
    requests = [request(t) for t in times]
    ends = [asked(len(times) if sent is None else sent, **more)] if end else []
    client = [one(line) for line in (asking(0.9), *requests, *ends)]
    return counted([*back()[:-5], *client, *back()[-5:]])


TENTHS = [1 + n / 10 for n in range(30)]


@pytest.mark.parametrize(
    ("entries", "reason_"),
    [
        (asks(*TENTHS), ""),
        (asks(*TENTHS, sent=31), "client-broke-off"),
        (asks(*TENTHS, end=False), "client-broke-off"),
        (asks(*TENTHS, wrong="it ended by itself"), "client-broke-off"),
        (asks(*TENTHS[:10], *TENTHS[20:]), ""),  # a second and a tenth
        (asks(*TENTHS[:10], *(t + 1 for t in TENTHS[10:])), ""),
        (asks(*TENTHS[:10], *(t + 1.1 for t in TENTHS[10:])), "client-silent"),
        (asks(*reversed(TENTHS)), ""),
        (asks(), ""),
    ],
)
def test_a_client_tells_of_each_request_and_is_never_silent_for_long(entries, reason_):
    assert reason(entries) == reason_


def loaded(*end, judged=False):
    """A load of ten a second, from 1 s on."""
    client = [replace(one(asking(1.0)), judged=judged), *end]
    return counted([*back()[:-5], *client, *back()[-5:]])


def test_of_a_load_only_the_end_is_told():
    end = one(asked(30, 4.0))
    assert [reason(loaded(end)), reason(loaded(end, judged=True)), reason(loaded())] == [
        "", "client-broke-off", "client-broke-off",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "failed", "reason_"),
    [(30, 0, ""), (30, 6, ""), (30, 7, "no-load"), (24, 0, ""), (23, 0, "no-load"), (0, 0, "no-load")],
)
def test_a_load_of_which_too_few_requests_were_answered_was_none(sent, failed, reason_):
    found = timeline(loaded(one(asked(sent, 4.0, failed=failed)))).wrong
    assert (found.reason if found else "") == reason_
    assert not reason_ or found.detail == f"{sent - failed} of 30 requests of the load were answered"


# -- as it is planned


def swapped(kind):
    entries = back()
    first, second = [n for n, e in enumerate(entries) if isinstance(e, kind)][-2:]
    entries[first], entries[second] = entries[second], entries[first]
    return entries


@pytest.mark.parametrize(
    "entries",
    [
        but(back(), Acted, 1, name="hang"),
        but(back(), Acted, 1, tried=True),
        but(back(), Acted, 1, leaves="silent"),
        but(back(), Acted, 1, victims=("a2",)),
        but(back(), Acted, 1, victims=()),
        but(back(), Acted, 1, id="r1"),
        but(back(), Window, 2, name="left out"),
        but(back(), Window, 2, within_s=9.0),
        but(back(), Window, 2, timer_s=30.0),
        but(back(), Window, 2, must=True),
        but(back(), Window, 2, since="r1"),
        but(back(), Window, 2, victims=()),
        swapped(Window),
        without(back(), Acted, 0),
        without(back(), Window, 0),
        without(back(), Window, 2),
        counted([*back()[:-4], back()[-5], *back()[-4:]]),  # the last window twice
    ],
)
def test_every_step_is_there_in_its_place_as_it_was_declared_and_no_other(entries):
    assert reason(entries) == "another-plan"


def test_a_scenario_that_changed_makes_its_old_recordings_another_plan():
    @scenario
    def longer(t):
        """It is watched for longer."""
        t.act(acts.crash, *t.steady(replicas=1))
        t.watch(Restored(), within_s=11.0)

    @scenario
    def two(t):
        """There are two."""
        t.act(acts.crash, *t.steady(replicas=2))

    @scenario
    def other(t):
        """It stumbles."""
        t.steady(replicas=1)
        raise KeyError("x")

    assert reason(back(), longer) == "another-plan"
    assert reason(back(), two) == "another-plan"
    assert timeline(back(), how=other).wrong.detail == "KeyError: 'x'"


# -- each step decided once more


@pytest.mark.parametrize(
    "entries",
    [
        but(back(), Window, 2, proved=False),
        but(away(), Window, 2, proved=True),
        but(back(), Window, 2, no="no room"),
        but(away(), Window, 2, no="no room"),
        but(back(), Window, 2, sent_s=99.0),
        but(back(), Acted, 1, proved=False),
        but(back(), Acted, 1, no="timeout"),
        but(back(), Acted, 1, by=("i-b",)),
        but(back(), Copy, 1, what="silent"),
        without(back(), Copy, 1),  # its end
        without(back(), Copy, 2),  # its return
        but(back(), Copy, 2, what="created"),
        but(back(), Copy, 2, id="a1"),
    ],
)
def test_what_contradicts_the_lines_is_found_out(entries):
    assert reason(entries) == "contradiction"


def test_what_came_after_the_window_is_not_in_it():
    entries = back()
    n = next(n for n, e in enumerate(entries) if isinstance(e, Window) and e.name == "restored")
    entries[n - 1], entries[n] = entries[n], entries[n - 1]
    assert reason(entries) == "contradiction"


def test_a_refusal_counts_where_the_lines_show_it():
    refused = Copy(at_s=1.5, what="refused", name="a2", thing="a2", id="", no="no room")
    early = but(away(1.5), Window, 2, no="no room")
    place = next(n for n, e in enumerate(early) if isinstance(e, Window) and e.name == "restored")
    assert reason(counted([*early[:place], refused, *early[place:]])) == ""
    assert reason(early) == "contradiction"


# -- what is no receipt

ROWS = fact("rows", "kubectl get rows")


@scenario
def looks(t):
    """It is looked at, and left alone."""
    t.steady(replicas=1)
    t.look(ROWS)
    t.hold(2)


def with_looks(*own):
    return frame(*steady(), *own)


LOOK, HOLD = one(told("rows", "3", 1.0)), Held(at_s=3.0, seconds=2)


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ([LOOK, HOLD], ""),
        ([one(looked(0.9)), LOOK, one(looked(1.4)), HOLD], ""),
        ([HOLD], "nobody asked for rows"),
        ([replace(LOOK, fact="columns"), HOLD], "nobody asked for rows"),
        ([LOOK], "it was not left alone for 2 s"),
        ([LOOK, replace(HOLD, seconds=1)], "it was not left alone for 2 s"),
        ([HOLD, LOOK], "it was not left alone for 2 s"),
    ],
)
def test_looks_and_pauses_are_where_they_are_planned(own, told):
    wrong = timeline(with_looks(*own), how=looks).wrong
    assert (wrong.detail if wrong else "") == told


def test_a_look_before_the_last_receipt_is_none():
    entries = with_looks(LOOK, HOLD)
    kept = [e for e in entries if not isinstance(e, Told)]
    assert reason([*kept[:4], LOOK, *kept[4:]], looks) == "another-plan"


def test_it_knows_its_number_and_run():
    of = audited(3, back(), crash.play, "run-9")
    assert (of.number, of.run, of.which) == (3, "run-9", ("run-9", 3))
    assert of.of(Looked) == [e for e in back() if isinstance(e, Looked)]
    assert all(a.at_s <= b.at_s for a, b in pairwise(of.of(Looked)))
