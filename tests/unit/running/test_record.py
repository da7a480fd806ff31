"""One trial from a look at its site's health to another one: what makes it not count, and what it leaves behind."""

from __future__ import annotations

import pytest

from harness import acts
from harness.lab.open_site import No
from harness.model.entries import Began, Checked, Ended, Entry, Heard, Receipt, Told
from harness.model.errors import Problem
from harness.model.lines import Trouble
from harness.running.beside import Stopped
from harness.running.record import Bench, Pen
from tests.support.fake import VirtualClock
from tests.support.one_trial import ALWAYS, NEVER, Changed, recorded


def crashed(t):
    t.act(acts.crash, *t.steady(replicas=1))
    t.restored(within_s=10)


def stumbles(t):
    t.steady(replicas=1)
    raise KeyError("x")


def checks(made):
    return {e.what: e.wrong for e in made.of(Checked)}


def test_what_has_to_be_sound_is_looked_at_before_and_after():
    made = recorded(crashed, ALWAYS)
    kinds = [type(e) for e in made.entries]
    assert kinds[:2] == [Began, Checked]
    assert kinds[-1] is Ended
    assert checks(made) == {"site before": "", "files": "", "site after": "", "stream docker-events": ""}
    assert made.entries[-1] == Ended(at_s=made.entries[-1].at_s, entries=len(made.entries))
    assert made.reason == ""


def test_its_moments_are_on_a_clock_of_its_own():
    made = recorded(crashed, ALWAYS, began_s=12.3456)
    assert made.of(Began)[0].began_s == 12.346
    assert made.entries[0].at_s == 0.0
    assert all(0 <= e.at_s < 30 for e in made.entries)
    assert made.of(Heard)


# -- what makes it not count


@pytest.mark.parametrize(
    ("fault", "reason", "what"),
    [
        ("sick afterwards", "sick-site", "site after"),
        ("the stream ends", "sick-site", "stream docker-events"),
        ("files are altered", "altered", "files"),
    ],
)
def test_a_site_that_is_not_sound_and_files_that_are_altered_show(fault, reason, what):
    made = recorded(crashed, ALWAYS, fault)
    assert made.reason == reason
    assert checks(made)[what]
    assert made.entries[-1].wrong == ""  # it was carried out all the same


def test_on_a_site_that_is_sick_beforehand_nothing_is_begun():
    made = recorded(crashed, ALWAYS, "sick before")
    assert str(made.timeline.wrong) == "sick-site: site before: two Pods of kube-system are away"
    assert made.of(Receipt) == []
    assert made.here is None


def test_what_is_told_in_the_midst_of_it_makes_it_not_count():
    ill = []
    made = recorded(lambda t: (crashed(t), ill[0]("coredns is away")), ALWAYS, watch=ill.append)
    (during,) = [e for e in made.of(Checked) if e.what == "site during"]
    assert made.reason == "sick-site"
    assert during.at_s > 0


def test_what_is_told_after_its_end_is_no_part_of_it():
    ill = []
    made = recorded(crashed, ALWAYS, watch=ill.append)
    before = list(made.entries)
    ill[0]("coredns is away")
    assert made.entries == before
    assert made.reason == ""


# -- what ends it early


def test_a_scenario_that_stumbles_breaks_its_trial_and_says_where():
    made = recorded(stumbles, ALWAYS)
    assert made.entries[-1].wrong == "broke-off: KeyError: 'x'"
    assert "in stumbles" in next(e.text for e in made.of(Trouble))
    assert checks(made)["site after"] == ""


def test_what_could_tell_why_it_broke_is_kept():
    made = recorded(stumbles, ALWAYS)
    kept = {file.name: file.read_text() for file in (made.folder / "t001").iterdir()}
    assert len(kept) == 2
    assert any("web start instance=" in text for text in kept.values())


def test_where_all_went_well_nothing_is_kept():
    assert not (recorded(crashed, ALWAYS).folder / "t001").exists()


def test_a_site_that_cannot_tell_why_is_told_beside():
    def gone(*_):
        raise No("the site is gone")

    made = recorded(stumbles, ALWAYS, change=lambda here: Changed(here, evidence=gone))
    assert [e.text for e in made.of(Trouble)][-1] == "evidence of t001: No: the site is gone"
    assert made.entries[-1].wrong == "broke-off: KeyError: 'x'"


def test_a_run_that_is_ended_stops_it_where_it_stands():
    def stopped(t):
        t.steady(replicas=1)
        raise Stopped

    made = recorded(stopped, ALWAYS)
    assert made.entries[-1].wrong == "stopped: the run was ended"
    assert made.reason == "stopped"
    assert not (made.folder / "t001").exists()  # nobody has time for that


def test_what_was_not_shown_is_its_reason():
    made = recorded(lambda t: t.steady(replicas=3), NEVER, steady_s=2.0)
    assert made.entries[-1].wrong.startswith("did-not-come: 3 copies that serve: ")


def test_some_errors_end_more_than_the_trial():
    def refuses(t):
        raise Problem("Asking from outside", "it publishes no port", "ports: in its file")

    assert recorded(refuses, ALWAYS).entries[-1].wrong.startswith("broke-off: Problem: Asking from outside")
    with pytest.raises(Problem, match="publishes no port"):
        recorded(refuses, ALWAYS, lets=(Problem,))


def test_its_clients_end_with_it_however_it_ends():
    ended = []

    def breaks(t):
        t.steady(replicas=1)
        raise KeyError("x")

    for how in (crashed, breaks):
        recorded(how, ALWAYS, change=lambda here: Changed(here, end=lambda end, *a: ended.append(end(*a))))
    assert len(ended) == 2


# -- its lines


def test_what_the_platform_tells_after_a_trials_end_is_not_written_down():
    entries: list[Entry] = []
    pen = Pen(Bench(VirtualClock(), entries.append, entries, lambda: "", dict))
    pen.put(Told(fact="proxy mode", said="iptables"))
    pen.end(2.0, "")
    pen.put(Heard(at_s=2.1, who="web-1", what="died"))
    assert entries == [Told(fact="proxy mode", said="iptables"), Ended(at_s=2.0, entries=1)]
