"""What a trial may rely on at any site: one suite for the fake one and for each real one, so that they agree."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from harness import acts
from harness.acts.door import Door
from harness.model.arm import Arm, Run
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.site import cluster, engine
from harness.setup import places
from harness.sites.place import Gone, Scope, Unanswered
from harness.waiting import until

if TYPE_CHECKING:
    from harness.sites.place import Place

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containerz: [{name: web, image: 'dk-labs/web:1'}]}\n"
MANIFESTS = places.CHECKOUT / "manifests" / "selfhealing"


@dataclass
class Found:
    """An open site, with three copies that serve."""

    place: Place
    scope: Scope
    clock: object
    heals: bool

    def running(self):
        return [r for r in self.place.look(self.scope) if r.ready]

    def wait(self, what, look):
        until(what, look, Deadline(self.clock.now() + 60, self.clock), passing=(Unanswered,))


class Real:
    now = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


def fake(_request, folder, run):
    from tests.contract.fake import FakePlace, Policy, VirtualClock

    clock = VirtualClock()
    policy = Policy(restarts_after_s=0.4, replaces_after_s=0.8)
    arm = Arm("three copies", cluster, "deployment-three.yaml")
    return FakePlace(clock, copies=3, policy=policy, lag_s=0.5), arm, clock, True


def docker(request, folder, run):
    from harness.sites.engine import EnginePlace

    host = request.getfixturevalue("host")
    request.getfixturevalue("web")
    return EnginePlace(host, run), Arm("three runs", engine, Run(restart="always", copies=3)), Real, False


def compose(request, folder, run):
    place, _, clock, heals = docker(request, folder, run)
    return place, Arm("Compose of three", engine, "compose-three.yaml"), clock, heals


def kubernetes(request, folder, run):
    from harness.sites.cluster import ClusterPlace

    host = request.getfixturevalue("host")
    request.getfixturevalue("web")
    return ClusterPlace(host, run), Arm("Deployment of three", cluster, "deployment-three.yaml"), Real, True


@pytest.fixture(params=[fake, docker, compose, kubernetes], ids=lambda f: f.__name__)
def site(request, tmp_path):
    run = f"c{time.time_ns() % 16**6:06x}"
    place, arm, clock, heals = request.param(request, tmp_path, run)
    place.open(Deadline.after(30))
    heard = []
    scope = Scope(run, "t001", arm, MANIFESTS, tmp_path, heard=lambda *event: heard.append(event))
    try:
        place.apply(scope)
        found = Found(place, scope, clock, heals)
        found.wait("three copies", lambda: "" if len(found.running()) == 3 else "copies")
        for one in found.running():
            found.wait("an answer", lambda one=one: "" if place.ask(scope, one, "GET", "/").status == 200 else "200")
        yield found
    finally:
        place.leave(scope)
        assert list(place.close(Deadline.after(60))) == []


def test_each_copy_has_a_name_an_incarnation_and_an_instance_of_its_own(site):
    copies = site.running()
    instances = [site.place.ask(site.scope, one, "GET", "/").instance for one in copies]
    for values in ([c.name for c in copies], [c.id for c in copies], [c.thing for c in copies], instances):
        assert len(set(values)) == 3
        assert all(values)


def test_a_sound_site_says_so_and_hears_its_events(site):
    assert site.place.health() == ""
    assert set(site.place.streams().values()) == {"open"}


def test_a_crashed_copy_is_another_incarnation_of_the_same_thing(site):
    victim = site.running()[0]
    acts.crash(Door(site.place, site.scope), victim)

    def back() -> str:
        same = [r for r in site.running() if r.thing == victim.thing]
        return "" if same and same[0].id != victim.id else "another incarnation"

    site.wait("another incarnation", back)


def test_a_removed_copy_is_gone_for_good_as_a_thing(site):
    victim = site.running()[0]
    acts.remove(Door(site.place, site.scope), victim)
    site.wait(
        "its end", lambda: victim.name if victim.thing in {r.thing for r in site.place.look(site.scope)} else ""
    )
    with pytest.raises(Gone):
        acts.remove(Door(site.place, site.scope), victim)
    if site.heals:
        site.wait("a successor", lambda: "" if len(site.running()) == 3 else "three copies")
        assert victim.thing not in {r.thing for r in site.running()}


def test_a_copy_that_hangs_goes_on_running_and_answers_nobody(site):
    victim, *others = site.running()
    acts.hang(Door(site.place, site.scope), victim)

    def silent() -> str:
        try:
            return f"silence, not {site.place.ask(site.scope, victim, 'GET', '/').status}"
        except Unanswered:
            return ""

    site.wait("silence", silent)
    assert victim.id in {r.id for r in site.running()}
    assert site.place.ask(site.scope, others[0], "GET", "/").status == 200


def test_a_copy_that_is_made_unready_refuses(site):
    victim = site.running()[0]
    acts.unready(Door(site.place, site.scope), victim)
    site.wait(
        "its refusal", lambda: "" if site.place.ask(site.scope, victim, "GET", "/").status == 503 else "it goes on"
    )


def test_evidence_names_each_copy(site):
    told = "\n".join(site.place.evidence(site.scope).values())
    assert all(one.name in told for one in site.running())


def test_as_many_copies_run_as_the_platform_was_asked_for(site):
    if site.scope.arm.name == "three runs":
        with pytest.raises(Problem, match="has no number to change"):
            site.place.scale(site.scope, 2)
        return
    said = site.place.scale(site.scope, 2)
    site.wait("two copies", lambda: "" if len(site.running()) == 2 else f"{len(site.running())} run")
    assert "2" in said


def test_what_is_not_there_does_not_answer(site):
    victim = site.running()[0]
    acts.remove(Door(site.place, site.scope), victim)
    site.wait(
        "its end", lambda: victim.name if victim.thing in {r.thing for r in site.place.look(site.scope)} else ""
    )
    with pytest.raises(Unanswered):
        site.place.ask(site.scope, victim, "GET", "/")


def test_after_leaving_nothing_is_seen(site):
    site.place.leave(site.scope)
    site.wait("nothing", lambda: "copies" if site.running() else "")


@pytest.mark.parametrize(
    ("make", "name", "text", "seen"),
    [
        (compose, "compose.yaml", "services: {web: {image: dk-labs/web:1, restrat: always}}", "restrat"),
        (kubernetes, "pod.yaml", POD, "containerz"),
    ],
    ids=["compose", "kubernetes"],
)
def test_a_file_with_an_unknown_field_is_told_with_its_place_before_anything_runs(
    request, tmp_path, monkeypatch, make, name, text, seen
):
    place, arm, *_ = make(request, tmp_path, "c000000")
    monkeypatch.setattr(places, "CHECKOUT", tmp_path)
    (tmp_path / name).write_text(text)
    try:
        place.open(Deadline.after(30))
        with pytest.raises(Problem, match=rf"{name}.*{seen}"):
            place.check(Arm("wrong", arm.site, name), tmp_path)
    finally:
        place.close(Deadline.after(60))
