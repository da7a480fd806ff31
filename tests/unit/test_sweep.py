"""Clearing a cluster of a run's namespaces, also when the cluster goes meanwhile."""

from __future__ import annotations

from harness.model.clock import Deadline
from harness.setup.cluster.kube import Refused
from harness.sites import cluster


class Silent:
    """A server that is asked and gives no answer."""

    def __init__(self) -> None:
        self.asked = 0

    def get(self, path: str, **_: str) -> object:
        self.asked += 1
        raise Refused("nobody takes the connection")


class Clock:
    """Goes on only while somebody sleeps."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


def test_what_was_in_a_cluster_that_is_gone_is_not_left_behind_and_not_waited_for():
    server, clock = Silent(), Clock()
    assert cluster.sweep(server, "r1", Deadline.after(60, clock), gone=lambda: True) == []
    assert (server.asked, clock.at) == (1, 0.0)


def test_of_a_cluster_that_is_there_and_silent_it_is_said_that_it_was_asked():
    server, clock = Silent(), Clock()
    (left,) = cluster.sweep(server, "r1", Deadline.after(5, clock))
    assert "nobody takes the connection" in left
    assert 4 < clock.at <= 5
