"""What is done to whole hosts, nodes and parts of a cluster: whom it hits, and what shows it."""

from __future__ import annotations

import pytest

from harness import (
    Arm,
    Ask,
    Number,
    Outage,
    Restored,
    acts,
    asks,
    cluster,
    docker_host,
    engine,
    own_cluster,
    take_away,
)
from harness.lab.questions.outage import SETTLED_S
from harness.model.entries import Acted, Asked, Copy, Request
from tests.support.one_trial import recorded

RUN = "docker run --detach --restart {} --cpus 0.1 dk-labs/web:1 x 3"
ALWAYS = Arm("policy always", docker_host(), RUN.format("always"))
NEVER = Arm("policy no", docker_host(), RUN.format("no"))
NODES = Arm("a cluster of three", own_cluster(3), "deployment-three.yaml")
STRIKES = [acts.stop_node, acts.pause_node]


def strike(how, node, *, back=None, within_s=20, replicas=3):
    def plays(t):
        t.steady(replicas=replicas)
        hit = t.act(how, node)
        if back is not None:
            t.act(back, node)
        t.watch(Restored(), since=hit, within_s=within_s)

    return plays


@pytest.mark.parametrize("how", [*STRIKES, acts.stop_engine], ids=lambda a: a.name)
def test_a_host_that_is_struck_strikes_each_copy_on_it(how):
    made = recorded(strike(how, "h1"), ALWAYS)
    act = made.of(Acted)[-1]
    assert made.reason == ""
    assert (len(act.victims), act.leaves, act.proved) == (3, "silent", True)
    shows = {c.id for c in made.of(Copy) if c.what == "silent"}
    assert shows == set(act.victims)
    assert made.trials.restored() is None


@pytest.mark.parametrize("how", STRIKES, ids=lambda a: a.name)
def test_only_the_copies_that_a_node_holds_are_struck(how):
    made = recorded(strike(how, "worker"), NODES)
    act = made.of(Acted)[-1]
    where = {c.id: c.where for c in made.of(Copy) if c.what == "serving"}
    assert made.reason == ""
    assert {where[v] for v in act.victims} == {"worker"}
    assert 0 < len(act.victims) < 3


@pytest.mark.parametrize("how", STRIKES, ids=lambda a: a.name)
def test_copies_that_go_on_answering_were_not_struck(how):
    assert recorded(strike(how, "h1"), ALWAYS, "strikes do nothing").reason == "no-receipt"


@pytest.mark.parametrize(
    ("arm", "how", "back", "returns"),
    [
        (ALWAYS, acts.stop_engine, acts.start_engine, True),
        (NEVER, acts.stop_engine, acts.start_engine, False),
        (ALWAYS, acts.pause_node, acts.resume_node, False),  # the same processes go on, which is no return
    ],
    ids=lambda v: getattr(v, "name", ""),
)
def test_who_begins_again_with_its_host_is_restored_from_the_strike_on(arm, how, back, returns):
    made = recorded(strike(how, "h1", back=back), arm)
    assert made.reason == ""
    span = made.trials.restored()
    assert (span is not None) is returns
    if span:
        hit, again = [a for a in made.of(Acted) if a.name in (how.name, back.name)]
        assert span.each_s[0] > again.sent_s - hit.sent_s


def test_what_was_paused_serves_again_as_it_was():
    def plays(t):
        t.steady(replicas=3)
        t.act(acts.pause_node, "h1")
        t.hold(3)
        t.act(acts.resume_node, "h1")
        t.until(Number(3), within_s=20)

    made = recorded(plays, ALWAYS)
    serving = [c.id for c in made.of(Copy) if c.what == "serving"]
    assert made.reason == ""
    assert len(set(serving)) == 3


def test_a_host_that_is_struck_already_says_no():
    def plays(t):
        t.steady(replicas=3)
        t.act(acts.pause_node, "h1")
        t.tries(acts.pause_node, "h1")

    assert recorded(plays, ALWAYS).entries[-1].wrong == "not-steady: no copy on h1"  # whom it could be seen at


def test_what_brings_a_host_back_needs_nobody_there():
    def plays(t):
        t.steady(replicas=3)
        t.tries(acts.resume_node, "h1")

    made = recorded(plays, ALWAYS)
    assert made.reason == ""
    assert made.of(Acted)[-1].no == "resume of h1: it is up"


# -- sites that others use


@pytest.mark.parametrize(
    "arm", [Arm("on the engine", engine, RUN.format("no")), Arm("in the cluster", cluster, "deployment-three.yaml")]
)
@pytest.mark.parametrize("how", [acts.stop_node, take_away("kube-proxy")], ids=lambda a: a.name)
def test_nothing_of_a_shared_site_may_be_broken(arm, how):
    def plays(t):
        t.steady(replicas=3)
        node = t.copies()[0].where
        t.act(how, *([node] if node and how is acts.stop_node else []))

    made = recorded(plays, arm)
    assert "is shared: who breaks one needs one of their own" in made.entries[-1].wrong
    assert made.reason == "broke-off"


def test_a_part_that_there_is_not_cannot_be_taken_away():
    made = recorded(lambda t: (t.steady(replicas=3), t.act(take_away("kube-magic"))), NODES)
    assert "Taking kube-magic away: it is no part that can be" in made.entries[-1].wrong


def test_a_part_that_is_away_already_says_no():
    def plays(t):
        t.steady(replicas=3)
        t.act(take_away("coredns"))
        t.tries(take_away("coredns"))

    made = recorded(plays, NODES)
    assert made.reason == ""
    assert made.trials.refusal(take_away("coredns")).endswith("is away already")


# -- who asks meanwhile


def test_whoever_asks_sees_it_away_until_it_is_back():
    def plays(t):
        t.steady(replicas=1)
        t.client(per_s=20)
        t.hold(2)
        crash = t.act(acts.crash, *t.copies())
        t.watch(Outage(), since=crash, within_s=15)

    made = recorded(plays, Arm("Compose with restart:", engine, "compose-restart.yaml"))
    outage = made.trials.answer(Outage())
    back = next(c for c in reversed(made.of(Copy)) if c.what == "serving").at_s - made.of(Acted)[-1].sent_s
    assert made.reason == ""
    assert outage.each_s[0] == pytest.approx(back, abs=0.2)
    assert outage.resolution_s == pytest.approx(0.05, abs=0.01)
    answered = [r.at_s for r in made.of(Request) if not r.error]
    assert answered[-1] - made.of(Acted)[-1].sent_s - outage.each_s[0] >= SETTLED_S - 0.1


def test_a_load_makes_work_and_none_of_its_requests_is_judged():
    def plays(t):
        t.steady(replicas=1)
        t.act(asks(Ask(10.0, "/burn?ms=5", judged=False)))
        t.client(per_s=20)
        t.hold(3)

    made = recorded(plays, Arm("Compose with restart:", engine, "compose-restart.yaml"))
    sent = {a.client: a.sent for a in made.of(Asked)}
    judged = [r.client for r in made.of(Request)]
    assert len(sent) == 2
    assert len(set(judged)) == 1
    assert sent[judged[0]] == len(judged)
    assert made.reason == ""
