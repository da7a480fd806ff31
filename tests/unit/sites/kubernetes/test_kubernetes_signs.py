"""Leases as signs of life, and the stream over which they come: no clock but our own has a say."""

from __future__ import annotations

import threading

import pytest

from harness.setup.cluster.kube import Refused
from harness.sites.kubernetes.follow import Follower
from harness.sites.kubernetes.signs import NODES, SYSTEM, Signs


class Clock:
    def __init__(self):
        self.at = 100.0

    def __call__(self):
        return self.at


def lease(name, said, namespace=SYSTEM):
    return {"metadata": {"namespace": namespace, "name": name}, "spec": {"renewTime": said}}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def signs(clock):
    return Signs(None, clock)


def renew(signs, clock, leader, said, at):
    clock.at = at
    signs.take("MODIFIED", lease(leader, said))


BOTH = ("kube-controller-manager", "kube-scheduler")


def test_the_first_sight_of_a_lease_shows_nothing(signs):
    for leader in BOTH:
        signs.take("LISTED", lease(leader, "2026-11-30T17:00:00Z"))
    assert signs.leaders_missing() == "a sign of kube-controller-manager and kube-scheduler"


def test_leaders_that_renew_are_there_whatever_their_clock_says(signs, clock):
    for leader in BOTH:
        renew(signs, clock, leader, "2026-11-30T17:00:00Z", 100)
        renew(signs, clock, leader, "2026-11-30T15:00:00Z", 102)  # its clock was set back
    clock.at = 110
    assert signs.leaders_missing() == signs.leaders_silent() == ""


def test_a_leader_that_stops_renewing_is_named_although_its_last_sign_lies_in_the_future(signs, clock):
    for leader in BOTH:
        renew(signs, clock, leader, "2026-11-30T18:00:00Z", 100)
        renew(signs, clock, leader, "2026-11-30T18:00:02Z", 102)
    renew(signs, clock, BOTH[0], "2026-11-30T18:00:12Z", 112)
    clock.at = 115
    assert signs.leaders_silent() == "kube-scheduler has given no sign of life for 13 s"
    assert signs.leaders_silent(but=frozenset({"kube-scheduler"})) == ""


def test_one_that_was_never_seen_is_silent_since_the_beginning(signs, clock):
    clock.at = 111
    assert signs.leaders_silent() == ""
    clock.at = 113
    assert "kube-controller-manager" in signs.leaders_silent()


def test_what_is_listed_anew_is_a_sign_only_if_it_changed(signs, clock):
    renew(signs, clock, BOTH[0], "a", 100)
    renew(signs, clock, BOTH[0], "b", 101)
    for at in (105, 120):
        clock.at = at
        signs.take("LISTED", lease(BOTH[0], "b"))
    assert signs.leaders_silent() == "kube-controller-manager has given no sign of life for 19 s"


def test_a_node_has_reported_if_it_renewed_later(signs, clock):
    signs.take("LISTED", lease("n", "a", NODES))
    clock.at = 105
    signs.take("MODIFIED", lease("n", "b", NODES))
    assert signs.renewed_since(NODES, "n", 104.0)
    assert not signs.renewed_since(NODES, "n", 105.0)
    assert not signs.renewed_since(NODES, "other", 1.0)


class Listed:
    """A server whose stream hangs, so that it has to be asked."""

    def __init__(self, *leases):
        self.leases = leases

    def get(self, path):
        return {"items": self.leases}


def test_a_stream_that_hangs_hides_no_sign(clock):
    server = Listed(*(lease(leader, "a") for leader in BOTH))
    signs = Signs(server, clock)
    signs.look()
    clock.at = 113
    assert signs.leaders_silent()
    server.leases = (lease(BOTH[0], "b"), lease(BOTH[1], "a"))
    signs.look()
    assert signs.leaders_silent() == "kube-scheduler has given no sign of life for 13 s"


class Server:
    """Lists what it has, and hands out its streams one after the other."""

    def __init__(self, *streams):
        self.streams, self.asked, self.lists = list(streams), [], 0
        self.over = threading.Event()

    def get(self, path, **query):
        self.lists += 1
        return {"items": [{"n": "listed"}], "metadata": {"resourceVersion": str(10 * self.lists)}}

    def watch(self, path, version, for_s, **query):
        self.asked.append(version)
        if not self.streams:
            self.over.set()
            raise Refused("nobody takes the connection")
        for event in self.streams.pop(0):
            if isinstance(event, Exception):
                raise event
            yield event


def change(n, version):
    return {"type": "MODIFIED", "object": {"n": n, "metadata": {"resourceVersion": version}}}


def follow(*streams):
    server, taken = Server(*streams), []
    follower = Follower(server, "/x", lambda what, one: taken.append((what, one["n"])))
    follower.start()
    assert server.over.wait(10)
    follower.stop()
    return server, taken


def test_a_stream_that_ends_is_taken_up_where_it_was():
    server, taken = follow([change("a", "11")], [change("b", "12")])
    assert taken == [("LISTED", "listed"), ("MODIFIED", "a"), ("MODIFIED", "b")]
    assert (server.lists, server.asked) == (1, ["10", "11", "12"])


@pytest.mark.parametrize("gone", [Refused("too old", 410), {"type": "ERROR", "object": {"code": 410}}])
def test_where_it_expired_all_is_listed_anew(gone):
    server, taken = follow([change("a", "11"), gone], [change("b", "21")])
    assert taken == [("LISTED", "listed"), ("MODIFIED", "a"), ("LISTED", "listed"), ("MODIFIED", "b")]
    assert server.asked == ["10", "20", "21"]


def test_a_bookmark_only_moves_the_place():
    mark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "15"}}}
    server, taken = follow([mark])
    assert (taken, server.asked) == ([("LISTED", "listed")], ["10", "15"])
