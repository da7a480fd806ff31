"""What somebody else has brought up can be tried, and is left where it is."""

from __future__ import annotations

import pytest

from harness.lab import acts
from harness.lab.arm import IMAGE
from harness.lab.open_site import Ask
from harness.model.entries import Heard
from tests.contract.conftest import Site
from tests.contract.kinds import only
from tests.contract.real import PEOPLE, by_hand


def shared(kind):
    return kind.name in ("compose", "kubernetes")


@pytest.fixture
def attached(opened, tmp_path):
    heard = []
    scope = opened.scope(tmp_path, heard.append, at=f"{PEOPLE}{opened.run[-4:]}")
    with by_hand(opened, scope):
        here, images = opened.place.attach(scope)
        assert images == (IMAGE,)
        found = Site(opened, here, scope, heard)
        try:
            found.wait_for(3)
            yield found
        finally:
            here.leave()
        again, _ = opened.place.attach(scope)
        assert len([c for c in again.look() if c.ready]) == 3
        again.leave()


@only(shared)
def test_it_can_be_acted_upon_and_asked(attached):
    before = attached.running()
    victim = before[0]
    acts.crash.send(attached.here, [victim])

    def back() -> str:
        fresh = [c for c in attached.running() if c.thing == victim.thing and c.id != victim.id]
        return "" if fresh and len(attached.running()) == 3 else "another incarnation"

    attached.wait("another incarnation", back)
    attached.asked(Ask(per_s=20), lambda rs: "" if len(rs) > 10 else "requests")
    assert {c.thing for c in attached.running()} == {c.thing for c in before}
    assert attached.of(Heard)


@only(shared)
def test_the_files_are_applied_again_where_they_are(attached):
    for command in attached.kind.arm.commands():
        assert attached.here.types(command).code == 0
    assert len(attached.running()) == 3


@only(shared)
def test_nothing_is_attached_to_where_nobody_brought_anything_up(opened, tmp_path):
    here, images = opened.place.attach(opened.scope(tmp_path, at=f"dkl-exercise-nobody-{opened.run[-4:]}"))
    assert images == ()
    assert list(here.look()) == []
    here.leave()
