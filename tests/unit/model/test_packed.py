"""Requests that were answered share lines, and are read back as they were."""

import json

import pytest

from harness.journal import FILE, Journal, recorded, salvaged
from harness.model.entries import Looked, Request
from harness.model.packed import MOST, Requests, unpacked


def asked(at_s, by="a", **more):
    return Request(at_s=at_s, client=more.pop("client", "ask"), to="web", by=by, took_s=0.002, **more)


def kinds(folder):
    return [json.loads(line)["kind"] for line in (folder / FILE).read_text().splitlines()][1:]


def journal(folder, *entries):
    with_trial = [e if isinstance(e, tuple) else ("t1", e) for e in entries]
    one = Journal(folder, "r", {})
    for trial, entry in with_trial:
        one.put(trial, entry)
    one.close()
    return with_trial


def test_they_are_read_back_as_they_were_in_the_order_in_which_they_came(tmp_path):
    lines = journal(tmp_path / "r", asked(1.5), asked(1.4, "b"), asked(1.6), Looked(at_s=2.0, serving=2), asked(2.1))
    assert recorded(tmp_path / "r").lines[1:] == lines
    assert kinds(tmp_path / "r") == ["Requests", "Looked", "Request"]


def test_one_that_failed_has_a_line_of_its_own(tmp_path):
    lines = journal(tmp_path / "r", asked(1.0), asked(1.1), asked(1.2, "", error="reset"), asked(1.3), asked(1.4))
    assert recorded(tmp_path / "r").lines[1:] == lines
    assert kinds(tmp_path / "r") == ["Requests", "Request", "Requests"]


def test_those_of_two_trials_and_of_two_clients_share_none(tmp_path):
    journal(
        tmp_path / "r",
        ("t1", asked(1.0)), ("t2", asked(1.0)), ("t1", asked(1.1)), ("t2", asked(1.1)),
        ("t2", asked(1.2, client="two")),
    )  # fmt: skip
    found = recorded(tmp_path / "r").lines[1:]
    assert sorted((t, e.client, e.at_s) for t, e in found) == [
        ("t1", "ask", 1.0), ("t1", "ask", 1.1), ("t2", "ask", 1.0), ("t2", "ask", 1.1), ("t2", "two", 1.2),
    ]  # fmt: skip
    assert len(kinds(tmp_path / "r")) == 3


def test_a_line_holds_so_many_at_most(tmp_path):
    lines = journal(tmp_path / "r", *(asked(round(n / 50, 4)) for n in range(2 * MOST + 1)))
    assert recorded(tmp_path / "r").lines[1:] == lines
    assert kinds(tmp_path / "r") == ["Requests", "Requests", "Request"]


def test_a_thousand_take_less_than_a_fifth_of_the_room(tmp_path):
    journal(tmp_path / "r", *(asked(round(n / 50, 4), "b31d9fd2a5c1") for n in range(1000)))
    alone = sum(len(json.dumps({"kind": "Request", "trial": "t1", "at_s": 1.23, "client": "ask", "to": "web",
                                "by": "b31d9fd2a5c1", "took_s": 0.002})) for _ in range(1000))  # fmt: skip
    assert (tmp_path / "r" / FILE).stat().st_size < alone / 5


@pytest.mark.parametrize("each", ["", "0 0 1.0", "0 5 1.0 0.1", "0 0 nan 0.1", "0 x 1.0 0.1", "0 0 1.0 0.1 2"])
def test_what_nobody_wrote_is_told(tmp_path, each):
    with pytest.raises((ValueError, LookupError)):
        list(unpacked(Requests(client="ask", to=("web",), by=("a",), each=(each,))))
    journal(tmp_path / "r", Requests(client="ask", to=("web",), by=("a",), each=(each,)), Looked(at_s=1.0, serving=1))
    assert "line 2" in salvaged(tmp_path / "r").trouble
