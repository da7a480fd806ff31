"""What a run leaves in a cluster, what is lent to people, and how either goes."""

from __future__ import annotations

import pytest

from harness.model.clock import Deadline
from harness.setup.cluster.kube import Refused
from harness.sites.kubernetes import lent
from harness.sites.kubernetes.sweep import runs, sweep
from harness.sites.labels import RUN_LABEL


class Clock:
    """Goes on only while somebody sleeps."""

    def __init__(self):
        self.at = 0.0

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.at += seconds


def within(seconds):
    return Deadline.after(seconds, Clock())


class Server:
    """Namespaces that go when they are told to, a look later."""

    def __init__(self, **labels):
        self.labels = {name: {"dk-labs": value, RUN_LABEL: value} for name, value in labels.items()}
        self.going, self.deleted, self.down, self.stuck = set(), [], False, set()

    def get(self, path, **query):
        if self.down:
            raise Refused("nobody takes the connection")
        if path != "/api/v1/namespaces":
            return {"items": [{"metadata": {"name": "p"}}] if path.endswith("/pods") else []}
        label, _, wanted = query["labelSelector"].partition("=")
        found = [(n, of) for n, of in self.labels.items() if label in of and wanted in ("", of[label])]
        listed = [{"metadata": {"name": n, "labels": of} | self.end(n)} for n, of in found]
        for name in self.going - self.stuck:
            self.labels.pop(name, None)
        return {"items": listed}

    def end(self, name):
        return {"deletionTimestamp": "now"} if name in self.going else {}

    def delete(self, path, body=None, *, within_s=None):
        self.deleted.append(path)
        self.going.add(path.rpartition("/")[2]) if path.count("/") == 4 else None

    def call(self, method, path, query, body):
        if body["metadata"]["name"] in self.labels:
            raise Refused("already exists", 409)
        self.labels[body["metadata"]["name"]] = body["metadata"]["labels"]


def test_all_of_a_run_goes_and_nothing_else():
    server = Server(a="one", b="one", c="two")
    assert sweep(server, "one", within(5)) == []
    assert set(server.labels) == {"c"}


def test_owners_go_before_their_pods_and_those_before_the_namespace():
    server = Server(a="one")
    sweep(server, "one", within(5))
    kinds = [path.rpartition("/")[2] for path in server.deleted]
    assert kinds.index("deployments") < kinds.index("p") < kinds.index("a")


def test_what_stays_is_named():
    server = Server(a="one", b="one")
    server.stuck = {"b"}
    assert sweep(server, "one", within(60)) == ["namespace b"]


def test_a_server_that_does_not_answer_is_no_success():
    server = Server(a="one")
    server.down = True
    (said,) = sweep(server, "one", within(60))
    assert "nobody takes the connection" in said


def test_with_a_cluster_that_is_gone_all_in_it_is_gone():
    server = Server(a="one")
    server.down = True
    deadline = within(60)
    assert sweep(server, "one", deadline, gone=lambda: True) == []
    assert deadline.left() == 60


def test_runs_are_known_by_their_label():
    assert runs(Server(a="one", b="two")) == {"one", "two"}


def test_a_namespace_that_is_lent_is_left_as_it_is_and_taken_back_whole():
    server = Server()
    lent.lend(server, "dkl-exercise-x")
    lent.lend(server, "dkl-exercise-x")
    assert lent.is_lent(server, "dkl-exercise-x")
    lent.take_back(server, "dkl-exercise-x", within(5))
    assert not lent.is_lent(server, "dkl-exercise-x")


def test_what_is_not_lent_is_not_taken_back():
    server = Server(a="somebody")
    lent.take_back(server, "a", within(5))
    assert server.deleted == []


def deployment(*, wanted=3, there=3, new=3, generation=2, noticed=2):
    status = {"replicas": there, "updatedReplicas": new, "observedGeneration": noticed}
    return {"metadata": {"name": "web", "generation": generation}, "spec": {"replicas": wanted}, "status": status}


class Apps:
    def __init__(self, one):
        self.one = one

    def get(self, path, **_):
        return {"items": [self.one] if path.endswith("/deployments") else []}


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (deployment(), ""),
        (deployment(noticed=1), "that anybody took note of web"),
        (deployment(there=2, new=2), "3 Pods of web as it is now; 2 are there, 2 of them as it is now"),
        (deployment(there=4, new=3), "3 Pods of web as it is now; 4 are there, 3 of them as it is now"),
    ],
)
def test_what_somebody_just_applied_is_waited_for(one, said):
    assert lent.unsettled(Apps(one), "n") == said
