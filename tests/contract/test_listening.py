"""Who listens hears all that containers write, each line once, with the runtime's moment of it."""

from __future__ import annotations

from harness.lab import acts
from harness.model.entries import Said
from tests.contract.kinds import only

listens = only(lambda kind: kind.name in ("runs", "compose", "kubernetes", "own cluster"))
MANY = 20


def starts(site):
    return [s for s in site.of(Said) if s.line.startswith("web start")]


def wait_for_starts(site, n):
    """Looks go on meanwhile, as in every trial."""

    def missing() -> str:
        site.here.look()
        return "" if len(starts(site)) >= n else f"{n} that begin"

    site.wait("lines", missing)
    return starts(site)


@listens
def test_what_was_written_before_is_heard_as_well(site):
    begun_s = site.opened.clock.now()
    site.here.listen()
    said = wait_for_starts(site, 3)
    assert {s.name for s in said} == {c.name for c in site.running()}
    assert {s.container for s in said} <= {"web", *(s.name for s in said)}
    assert all(s.at_s < begun_s for s in said)


@listens
def test_lines_come_in_the_order_in_which_they_are_written(site):
    site.here.listen()
    copy = site.running()[0]
    asked_s = site.opened.clock.now()
    site.here.ask(copy, "POST", f"/log?lines={MANY}&text=line")
    own = [f"{n} line" for n in range(1, MANY + 1)]

    def heard() -> list[Said]:
        return [s for s in site.of(Said) if s.line in own]

    def missing() -> str:
        site.here.look()
        return "" if len(heard()) >= MANY else "lines"

    site.wait("lines", missing)
    assert [s.line for s in heard()] == own
    assert [s.at_s for s in heard()] == sorted(s.at_s for s in heard())
    assert {s.name for s in heard()} == {copy.name}
    assert all(asked_s <= s.at_s <= site.opened.clock.now() for s in heard())


@listens
def test_of_a_copy_that_is_started_again_each_start_is_heard_once(site):
    site.here.listen()
    wait_for_starts(site, 3)
    acts.crash.send(site.here, site.running()[:1])
    wait_for_starts(site, 4)
    site.wait_for(3)
    assert len(starts(site)) == 4
    assert site.opened.place.streams()["logs"] == ""


@listens
def test_what_a_copy_writes_at_its_end_is_heard_though_it_is_gone_then(site):
    site.here.listen()
    wait_for_starts(site, 3)
    victim = site.running()[0]
    stops = "stop" in site.kind.signals
    site.here.signal(victim, "stop" if stops else "remove")
    if not stops:
        site.gone(victim)

    def last() -> list[Said]:
        site.here.look()
        return [s for s in site.of(Said) if s.line.startswith("web stop SIGTERM")]

    site.wait("its last line", lambda: "" if last() else "it")
    assert {s.name for s in last()} == {victim.name}
    assert site.opened.place.streams()["logs"] == ""


@listens
def test_when_the_trial_is_left_nobody_listens_any_more(site):
    assert "logs" not in site.opened.place.streams()
    site.here.listen()
    assert site.opened.place.streams()["logs"] == ""
    site.here.leave()
    assert "logs" not in site.opened.place.streams()
