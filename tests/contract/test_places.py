"""What a trial may rely on at any site: one suite for the fake one and for each real one, so that they agree."""

from __future__ import annotations

import gc
import itertools
import subprocess
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness import acts
from harness.acts.door import Door
from harness.model.arm import IMAGE, Arm, Run
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.parts import DAEMONS, KNOWN, KUBELET
from harness.model.site import Kind, cluster, engine, swarm
from harness.setup import paths as places
from harness.setup import projects, tools
from harness.setup.life import Life
from harness.sites import cluster as cluster_site
from harness.sites import parts
from harness.sites.cluster import ClusterPlace
from harness.sites.engine import EnginePlace
from harness.sites.place import Ask, Gone, Scope, Unanswered
from harness.waiting import until

if TYPE_CHECKING:
    from harness.sites.place import Place

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containerz: [{name: web, image: 'dk-labs/web:1'}]}\n"
# Docker's SDK drops a socket unclosed where nobody takes the connection, as at a host that was broken on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket.socket .*family=1,:ResourceWarning")

HERE = Path(__file__).parent
NEXT = {
    "Compose of three": "compose-three-next.yaml",
    "Deployment of three": "deployment-three-next.yaml",
    "service of three": "service-three-next.yaml",
}


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
    return EnginePlace(host, run), Arm("three runs", engine, Run(restart="always", copies=3, name="web")), Real, False


def compose(request, folder, run):
    place, _, clock, heals = docker(request, folder, run)
    return place, Arm("Compose of three", engine, "compose-three.yaml"), clock, heals


def kubernetes(request, folder, run):
    from harness.sites.cluster import ClusterPlace

    host = request.getfixturevalue("host")
    request.getfixturevalue("web")
    return (
        ClusterPlace(host, run),
        Arm("Deployment of three", cluster, "deployment-three.yaml service.yaml"),
        Real,
        True,
    )


def docker_host(request, folder, run):
    from harness.sites.docker_host import DockerHostPlace

    host = request.getfixturevalue("host")
    return DockerHostPlace(host, run, "docker host"), docker(request, folder, run)[1], Real, False


def swarm_of_two(request, folder, run):
    from harness.sites.swarm import SwarmPlace

    host = request.getfixturevalue("host")
    return SwarmPlace(host, run, "swarm of 2", 2), Arm("service of three", swarm(2), "service-three.yaml"), Real, True


def own(request, folder, run):
    from harness.sites.own_cluster import OwnClusterPlace

    _, arm, clock, heals = kubernetes(request, folder, run)
    return OwnClusterPlace(request.getfixturevalue("host"), run, "own cluster of 2", 2), arm, clock, heals


OWN = [docker_host, swarm_of_two, pytest.param(own, marks=pytest.mark.slow)]
SITES = [fake, docker, compose, kubernetes, *OWN]
NODE = {"docker host": "h1", "swarm of 2": "h2", "own cluster of 2": "worker"}
"""One that may be lost while the rest can still be asked, where there is a rest."""


@pytest.fixture(params=SITES, ids=lambda f: f.__name__, scope="module")
def opened(request, tmp_path_factory):
    """An open site, which has to be as if it had never been afterwards; to others it is a run that is alive."""
    run = f"c{time.time_ns() % 16**6:06x}"
    place, arm, clock, heals = request.param(request, tmp_path_factory.mktemp("run"), run)
    unreal = request.param is fake
    with nullcontext() if unreal else Life.begin(run, request.getfixturevalue("host")):
        try:
            place.open(Deadline.after(60))
            yield place, arm, clock, heals, run, itertools.count(1)
        finally:
            left = list(place.close(Deadline.after(60)))
            gc.collect()  # here, where what the SDK drops unclosed is no error
            assert left == []


@pytest.fixture
def site(opened, tmp_path):
    """Three copies on it that serve, in a trial of their own."""
    place, arm, clock, heals, run, numbers = opened
    heard = []
    scope = Scope(run, f"t{next(numbers):03d}", arm, HERE, tmp_path, heard=lambda *event: heard.append(event))
    try:
        place.apply(scope)
        found = Found(place, scope, clock, heals)
        found.wait("three copies", lambda: "" if len(found.running()) == 3 else "copies")
        for one in found.running():
            found.wait("an answer", lambda one=one: "" if place.ask(scope, one, "GET", "/").status == 200 else "200")
        yield found
        assert heard
    finally:
        place.leave(scope)


def test_each_copy_has_a_name_an_incarnation_and_an_instance_of_its_own(site):
    copies = site.running()
    instances = [site.place.ask(site.scope, one, "GET", "/").instance for one in copies]
    for values in ([c.name for c in copies], [c.id for c in copies], [c.thing for c in copies], instances):
        assert len(set(values)) == 3
        assert all(values)


def test_a_sound_site_says_so_and_hears_its_events(site):
    assert site.place.health() == ""
    assert set(site.place.streams().values()) == {"open"}


def test_a_crashed_copy_is_another_incarnation_of_the_same_thing_or_of_another(site):
    """Of the same everywhere but in a Swarm, which makes another container for a task that ended."""
    before = {r.thing for r in site.running()}
    victim = site.running()[0]
    acts.crash(Door(site.place, site.scope), victim)
    anew = site.scope.arm.site.kind is Kind.SWARM

    def back() -> str:
        fresh = [r for r in site.running() if (r.thing not in before if anew else r.thing == victim.thing)]
        return "" if fresh and fresh[0].id != victim.id else "another incarnation"

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
    told = "\n".join(word for pair in site.place.evidence(site.scope).items() for word in pair)
    assert all(one.name in told for one in site.running())


def test_as_many_copies_run_as_the_platform_was_asked_for(site):
    if site.scope.arm.name == "three runs":
        with pytest.raises(Problem, match="has no number to change"):
            site.place.scale(site.scope, 2)
        return
    said = site.place.scale(site.scope, 2)
    site.wait("two copies", lambda: "" if len(site.running()) == 2 else f"{len(site.running())} run")
    assert "2" in said


def test_a_client_inside_reaches_the_copies_by_their_name(site):
    """One request after the other, until each of the three has answered one."""
    by: set[str] = set()
    client = site.place.client(site.scope, Ask(per_s=50), lambda _at, told: by.add(told["instance"] or ""))
    try:
        client.ready(Deadline(site.clock.now() + 30, site.clock))

        def missing() -> str:
            site.place.look(site.scope)
            return "" if len(by - {""}) == 3 else f"answers of {len(by - {''})} copies"

        site.wait("answers of all three", missing)
    finally:
        client.stop()
    assert client.end["sent"]


def test_a_client_outside_reaches_a_copy_at_the_published_port(site):
    if site.scope.arm.name == "three runs":
        with pytest.raises(Problem, match="publishes no port"):
            site.place.client(site.scope, Ask(outside=True), lambda *_: None)
        return
    by: set[str] = set()
    client = site.place.client(site.scope, Ask(outside=True), lambda _at, told: by.add(told["instance"] or ""))
    try:
        client.ready(Deadline(site.clock.now() + 30, site.clock))

        def missing() -> str:
            site.place.look(site.scope)
            return "" if by - {""} else "an answer"

        site.wait("an answer", missing)
    finally:
        client.stop()
    instances = {site.place.ask(site.scope, one, "GET", "/").instance for one in site.running()}
    assert by - {""} <= instances


def test_a_new_version_takes_the_place_of_every_copy(site):
    if site.scope.arm.name == "three runs":
        return  # a person removes and starts each of them
    before = {r.thing for r in site.running()}
    said = site.place.change(site.scope, [NEXT.get(site.scope.arm.name, "next.yaml")])

    def replaced() -> str:
        now = {r.thing for r in site.running()}
        return "" if len(now) == 3 and not now & before else f"{len(now - before)} of 3 are new"

    site.wait("three others", replaced)
    assert "next" in said


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


def names(function):
    return getattr(function, "__name__", None)


def silent(site, copies):
    def missing() -> str:
        answering = [one.name for one in copies if answers(site, one)]
        return f"silence of {', '.join(answering)}" if answering else ""

    site.wait("silence", missing)


def answers(site, one) -> bool:
    try:
        return site.place.ask(site.scope, one, "GET", "/").status == 200
    except Unanswered:
        return False


def three_answer(site) -> str:
    running = [one for one in site.running() if answers(site, one)]
    return "" if len(running) == 3 else f"three answers, there are {len(running)}"


def on(site, node):
    return [one for one in site.running() if site.place.holds(node, one)]


@pytest.mark.slow
@pytest.mark.parametrize("opened", OWN, indirect=True, ids=names)
def test_the_copies_of_a_node_that_was_stopped_are_silent_and_the_site_is_as_sound_as_it_can_be(site):
    node = NODE[site.place.name]
    there = on(site, node)
    others = [one for one in site.running() if one not in there]
    site.place.power(site.scope, node, "stop")
    silent(site, there)
    assert there
    assert all(answers(site, one) for one in others)
    assert site.place.health() == ""
    site.place.power(site.scope, node, "resume")
    assert site.place.health() == ""
    site.wait("three copies", lambda: three_answer(site))


@pytest.mark.slow
@pytest.mark.parametrize("opened", OWN, indirect=True, ids=names)
def test_the_copies_of_a_node_that_was_paused_are_silent_until_it_goes_on(site):
    node = NODE[site.place.name]
    there = on(site, node)
    site.place.power(site.scope, node, "pause")
    silent(site, there)
    assert there
    site.place.power(site.scope, node, "resume")
    site.wait("three copies", lambda: three_answer(site))


def rolling(site, name) -> str:
    """Which Pods of a DaemonSet are still to be replaced by others."""
    found = site.place.kube.get(f"/apis/apps/v1/{parts.SYSTEM}/daemonsets/{name}")
    status, seen = found["status"], found["status"]["observedGeneration"] == found["metadata"]["generation"]
    assert found["spec"]["updateStrategy"]["type"] == "RollingUpdate"
    there = status["desiredNumberScheduled"]
    done = seen and there == status.get("updatedNumberScheduled", 0) == status["numberReady"]
    return "" if done else str(status)


@pytest.mark.slow
@pytest.mark.parametrize("opened", [own], indirect=True, ids=names)
@pytest.mark.parametrize("part", KNOWN)
def test_a_part_that_was_taken_away_is_away_until_the_trial_is_over(site, part):
    node = "worker" if part in (KUBELET, *DAEMONS) else "control-plane"

    def there():
        if part == KUBELET:
            return site.place.shell(site.scope, node, "systemctl is-active kubelet | grep -x active || true")
        return parts.running(site.place.node(node), part)

    def elsewhere():
        """Which Pods of it are on the other nodes; of a server that is gone nobody can ask."""
        pods = site.place.kube.get(f"/api/v1/{parts.SYSTEM}/pods", labelSelector=f"k8s-app={part}")["items"]
        return {p["metadata"]["uid"] for p in pods if p["spec"]["nodeName"] != site.place.node(node).name}

    others = elsewhere() if part in DAEMONS else set()
    assert there()
    said = site.place.take_away(site.scope, part, node)
    assert part in said
    assert not there()
    assert site.place.health() == ""
    site.place.leave(site.scope)
    assert site.place.health() == ""
    site.wait("it again", lambda: "" if there() else part)
    if part in DAEMONS:
        site.wait("nothing left to be made anew", lambda: rolling(site, part))
        assert elsewhere() == others, "the other nodes have other Pods of it now"


@pytest.mark.slow
@pytest.mark.parametrize("opened", [docker_host], indirect=True, ids=names)
def test_the_containers_of_an_engine_that_was_stopped_end_and_begin_again_with_it(site):
    before = site.running()
    site.place.power(site.scope, "h1", "stop-engine")
    silent(site, before)
    site.place.power(site.scope, "h1", "start-engine")
    site.wait("three copies", lambda: three_answer(site))
    now = site.running()
    assert {one.thing for one in now} == {one.thing for one in before}
    assert not {one.id for one in now} & {one.id for one in before}


@pytest.mark.slow
@pytest.mark.parametrize("opened", OWN, indirect=True, ids=names)
def test_a_node_left_broken_by_a_trial_is_sound_again_after_it(site):
    node = NODE[site.place.name]
    site.place.power(site.scope, node, "stop")
    site.place.leave(site.scope)
    assert site.place.health() == ""


@pytest.mark.parametrize("opened", OWN, indirect=True, ids=names)
def test_a_command_on_a_node_answers_what_it_printed_or_that_it_failed(site):
    node = NODE[site.place.name]
    assert node in site.place.shell(site.scope, node, "hostname")
    with pytest.raises(Unanswered, match="code 3"):
        site.place.shell(site.scope, node, "exit 3")
    with pytest.raises(Problem, match="elsewhere"):
        site.place.shell(site.scope, "elsewhere", "true")


@contextmanager
def by_hand(place, scope):
    """Three copies that a person brought up at `scope.at`, and takes down again."""
    if not isinstance(place, EnginePlace | ClusterPlace):
        place.somebody_runs(scope, 3)
        yield
        return
    if isinstance(place, ClusterPlace):
        cluster_site.lend(place.kube, scope.at)
        program = tools.kubectl("dk-labs-control-plane", endpoint_env=place.engine.environment)
        kubectl = [str(program), "--kubeconfig", str(place.shape.kubeconfig), "--namespace", scope.at]
        up = [*kubectl, "apply", *(f"--filename={HERE / name}" for name in scope.arm.recipe.names)]
    else:
        up = [*tools.compose(), "--project-name", scope.at]
        up += [*(f"--file={HERE / name}" for name in scope.arm.recipe.names), "up", "--detach", "--pull", "never"]
    try:
        subprocess.run(up, check=True, capture_output=True, env=place.engine.environment)
        yield
    finally:
        if isinstance(place, ClusterPlace):
            cluster_site.take_back(place.kube, scope.at, Deadline.after(60))
        else:
            projects.take_down(place.engine, scope.at)


@pytest.fixture
def attached(opened, tmp_path):
    """What a person brought up by hand, taken for a trial; all of it has to be there afterwards."""
    place, arm, clock, heals, run, numbers = opened
    number, heard = next(numbers), []
    at = f"dkl-exercise-{run}"
    scope = Scope(run, f"t{number:03d}", arm, HERE, tmp_path, heard=lambda *event: heard.append(event), at=at)
    with by_hand(place, scope):
        assert place.attach(scope) == (IMAGE,)
        try:
            found = Found(place, scope, clock, heals)
            found.wait("three copies", lambda: three_answer(found))
            yield found
        finally:
            place.leave(scope)
        assert heard
        assert len(found.running()) == 3


@pytest.mark.parametrize("opened", [fake, compose, kubernetes], indirect=True, ids=names)
def test_what_is_attached_to_can_be_acted_upon_and_asked_and_is_left_where_it_is(attached):
    before = attached.running()
    victim = before[0]
    acts.crash(Door(attached.place, attached.scope), victim)

    def back() -> str:
        fresh = [r for r in attached.running() if r.thing == victim.thing and r.id != victim.id]
        return "" if fresh and len(attached.running()) == 3 else "another incarnation"

    attached.wait("another incarnation", back)
    client = attached.place.client(attached.scope, Ask(per_s=20), lambda *_: None)
    client.ready(Deadline(attached.clock.now() + 30, attached.clock))
    client.stop()
    assert {r.thing for r in attached.running()} == {r.thing for r in before}


@pytest.mark.parametrize("opened", [fake, compose, kubernetes], indirect=True, ids=names)
def test_nothing_is_attached_to_where_nobody_brought_anything_up_whatever_runs_beside_it(opened, tmp_path):
    place, arm, *_, run, numbers = opened
    own = Scope(run, f"t{next(numbers):03d}", arm, HERE, tmp_path, heard=lambda *_: None)
    other = Scope(
        run, f"t{next(numbers):03d}", arm, HERE, tmp_path, heard=lambda *_: None, at=f"dkl-exercise-{run}-no"
    )
    place.apply(own)
    try:
        assert place.attach(other) == ()
        assert place.look(other) == ()
    finally:
        place.leave(other)
        place.leave(own)


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
