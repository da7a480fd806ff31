"""However a run ends, what it made is removed, and what was recorded is kept."""

from __future__ import annotations

import pytest

from harness import Arm, acts, cluster, docker_host, engine, own_cluster, scenario
from harness.journal import FILE, Journal, recorded
from harness.model.entries import Began, Ended
from harness.model.errors import Interrupted, Problem
from harness.model.lines import Opened, Over, Removed
from harness.running.run import HURRY_S
from tests.support.started import Otherwise, lab_of, start

RUN = "docker run --detach --restart no --cpus 0.1 dk-labs/web:1"
ONE, POD = Arm("one", engine, RUN), Arm("pod", cluster, "pod-never.yaml")


@scenario
def crash(t):
    """It crashes, and is watched for long."""
    t.act(acts.crash, *t.steady(replicas=1))
    t.restored(within_s=10)


def stopped_after(run, seconds, error):
    def check():
        if run.clock.now() > run.run.began + seconds:
            raise error

    run.run.check = check
    return run


# -- interrupted


@pytest.mark.parametrize("after_s", [0.1, 0.5, 3.0, 8.0])
@pytest.mark.parametrize("error", [Interrupted(130), KeyboardInterrupt()], ids=repr)
def test_a_run_that_is_interrupted_cleans_up_and_raises_on(after_s, error):
    run = stopped_after(start(lab_of(crash @ ONE, crash @ POD), trials=2), after_s, error)
    with pytest.raises(type(error)):
        run.go()
    over = run.of(Over)[0]
    assert (over.how, over.left) == ("interrupted", ())
    assert over.wall_s <= after_s + HURRY_S
    assert not any(site.estates for site in run.sites.values())
    run.clock.sleep(60)  # and nothing is begun any more
    assert not any(site.estates for site in run.sites.values())


def test_trials_that_are_on_stop_where_they_stand():
    run = stopped_after(start(lab_of(crash @ ONE)), 5.0, Interrupted(130))
    with pytest.raises(Interrupted):
        run.go()
    run.clock.sleep(1)
    assert list(run.ends.values()) == ["stopped: the run was ended"]
    assert run.timelines(crash @ ONE) == ()  # nobody judges it


def test_trials_that_wait_for_room_or_have_not_begun_do_not_begin():
    run = stopped_after(start(lab_of(crash @ ONE), trials=3, room=0.1), 5.0, Interrupted(130))
    with pytest.raises(Interrupted):
        run.go()
    run.clock.sleep(60)
    assert set(run.ends.values()) == {"stopped: the run was ended"}
    assert len(run.of(Ended)) == len(run.of(Began)) < 3


@pytest.mark.parametrize("site", [docker_host(), own_cluster(2)], ids=lambda s: s.name)
def test_what_is_just_being_made_is_waited_for_and_removed(site):
    recipe = RUN if site.program == "docker" else "pod-never.yaml"
    closed = []

    def close(deadline):
        closed.append(deadline.left() <= HURRY_S)
        return ()

    run = start(lab_of(crash @ Arm("a", site, recipe)), change=lambda _, s: Otherwise(s, close=close))
    with pytest.raises(Interrupted):
        stopped_after(run, 1.0, Interrupted(130)).go()
    assert closed == [True]


def test_what_was_running_for_the_run_is_ended_before_the_clean_up():
    order = []
    run = start(lab_of(crash @ ONE), change=lambda _, s: Otherwise(s, close=lambda _: order.append("close") or ()))
    run.run.programs.end = lambda: order.append("programs end")
    with pytest.raises(Interrupted):
        stopped_after(run, 3.0, Interrupted(130)).go()
    assert order == ["programs end", "close"]


# -- a site that cannot be had


def test_a_site_that_cannot_be_opened_ends_the_run_and_the_others_are_cleaned():
    def refuses(_deadline):
        raise Problem("Opening the cluster", "no space left on device", "docker system prune")

    change = lambda declared, s: Otherwise(s, open=refuses) if declared is cluster else s  # noqa: E731
    run = start(lab_of(crash @ ONE, crash @ POD), change=change)
    with pytest.raises(Problem, match="no space left on device"):
        run.go()
    assert {o.site: bool(o.wrong) for o in run.of(Opened)}["cluster"]
    assert run.of(Over)[0].how == "interrupted"
    assert not run.sites["engine"].estates


def test_a_file_that_the_platform_does_not_take_ends_it_before_anything_was_tried():
    def check(_arm, _folder):
        raise Problem("Reading selfhealing/pod.yaml", "line 3: unknown field", "mend that file")

    run = start(lab_of(crash @ POD), change=lambda _, s: Otherwise(s, check=check))
    with pytest.raises(Problem, match="unknown field"):
        run.go()
    assert run.of(Began) == []


def test_a_site_that_falls_over_while_it_is_closed_is_told_and_the_others_are_cleaned():
    def falls(_deadline):
        raise RuntimeError("odd")

    change = lambda declared, s: Otherwise(s, close=falls) if declared is cluster else s  # noqa: E731
    run = start(lab_of(crash @ ONE, crash @ POD), change=change).go()
    assert run.left == ["cluster: RuntimeError: odd"]
    assert run.of(Removed)[0].left == ("cluster: RuntimeError: odd",)
    assert not run.sites["engine"].estates


# -- a disk that is full


@pytest.fixture
def full_after(monkeypatch):
    """From that line on nothing can be written."""

    def limit(lines):
        write, count = Journal._write, [0]

        def writes(self, text):
            count[0] += 1
            if count[0] == lines:
                self._file.close()
                self._file = open("/dev/full", "w", buffering=1)  # noqa: SIM115
            write(self, text)

        monkeypatch.setattr(Journal, "_write", writes)

    return limit


@pytest.mark.parametrize("lines", [10, 30])
def test_a_disk_that_is_full_in_mid_run_is_told_in_one_line_and_the_run_cleans_up(full_after, lines):
    full_after(lines)
    run = start(lab_of(crash @ ONE, crash @ POD))
    with pytest.raises(Problem) as problem:
        run.go()
    told = str(problem.value)
    assert told.startswith("Recording the run: No space left on device: ")
    assert "what the run had made is removed" in told
    assert told.endswith("Try: make room on that disk, and run it again")
    assert "\n" not in told
    assert not any(site.estates for site in run.sites.values())
    assert run.of(Over)[0].how == "interrupted"  # whoever looks on is told all the same
    kept = recorded(run.journal.folder)
    assert (len(kept.lines), kept.over) == (lines - 1, None)


def test_one_that_is_full_at_the_very_end_is_told_too(full_after):
    whole = start(lab_of(crash @ ONE)).go()
    full_after(len((whole.journal.folder / FILE).read_text().splitlines()))
    run = start(lab_of(crash @ ONE))
    with pytest.raises(Problem, match="No space left on device"):
        run.go()
    assert list(run.ends.values()) == [""]


def test_what_was_left_all_the_same_is_named(full_after):
    full_after(20)
    with pytest.raises(Problem, match=r"what the run had made was not removed \(network dkl-1\)"):
        start(lab_of(crash @ ONE), "left behind").go()
