"""`labs run`: from names on the command line to verdicts, a document and an exit code."""

from __future__ import annotations

import contextlib
import json
from functools import partial
from types import SimpleNamespace

import pytest

from harness.commands import outputs, run
from harness.judging import catalog, register
from harness.model.errors import Problem
from harness.running.run import Run
from harness.setup.commands import Programs
from tests.support.cli import labs
from tests.support.fake import FakeSite, VirtualClock

STORAGE = "docker-volumes-persist"
KNOWN = register.load(catalog.REGISTER)


class Host:
    """A host in memory; `faults` are those of its sites."""

    def __init__(self, monkeypatch):
        self.faults, self.sites, self.lives, self.ready, self.proxies = (), {}, [], 0, 0
        clock = VirtualClock()
        up = SimpleNamespace(
            engine=SimpleNamespace(version="27.0", cgroup="2"), shape=SimpleNamespace(name="dk-labs", size=lambda: 3),
            mark=SimpleNamespace(kubernetes="1.34", origin="built"),
        )  # fmt: skip

        def is_ready(*_, **__):
            self.ready += 1
            return up

        def have_proxy(*_):
            self.proxies += 1

        def open_site(declared, *_):
            self.sites[declared.name] = FakeSite(declared, clock, self.faults)
            return self.sites[declared.name]

        @contextlib.contextmanager
        def life(name, *_, **more):
            self.lives.append(f"{name} begins")
            try:
                yield SimpleNamespace(check=lambda: None)
            finally:
                self.lives.append(f"{name} ends")

        monkeypatch.setattr(run.host, "ready", is_ready)
        monkeypatch.setattr(run.host_facts, "lacking", lambda: frozenset(self.lacking))
        monkeypatch.setattr(run.ownership, "forget_dead", lambda _: (set(), []))
        monkeypatch.setattr(run.kinds, "open_site", open_site)
        monkeypatch.setattr(run.kinds, "have_hosts_image", lambda *_: None)
        monkeypatch.setattr(run.proxy, "have", have_proxy)
        monkeypatch.setattr(run.Life, "begin", life)
        monkeypatch.setattr(run, "Run", partial(Run, clock=clock, cores=2, room=1.0))
        monkeypatch.setattr(run.commands, "group", Programs)
        self.lacking = ()


@pytest.fixture
def host(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(outputs.SUMMARY, raising=False)
    return Host(monkeypatch)


# -- a whole run


def test_a_lab_is_run_judged_and_told_and_all_of_it_kept(host, tmp_path):
    told = labs("run", "storage", "--trials", "2", "--seed", "7")
    assert (told.code, told.out) == (0, "")
    (folder,) = (tmp_path / "runs").iterdir()
    document = json.loads((folder / "run.json").read_text())
    assert f"{STORAGE}                  the article is right  (as expected)" in told.err
    assert f"Nothing was left behind. Recorded in runs/{folder.name}." in told.err
    assert (document["run"], document["exit"], document["leftovers"]) == (folder.name, 0, 0)
    assert [(c["id"], c["verdict"]) for c in document["claims"]] == [(STORAGE, "CONFIRMED")]
    assert document["facts"] | {"seed": 7, "trials": 2, "labs": ["storage"], "lacking": []} == document["facts"]
    assert host.lives == [f"{folder.name} begins", f"{folder.name} ends"]


def test_what_it_wrote_down_is_judged_again_as_it_was(host, tmp_path):
    assert labs("run", "storage", "--trials", "1").code == 0
    (folder,) = (tmp_path / "runs").iterdir()
    again = json.loads(labs("judge", str(folder), "--json", "-").out)
    assert again["claims"] == json.loads((folder / "run.json").read_text())["claims"]


def test_the_document_can_be_had_on_stdout_alone(host):
    told = labs("run", "storage", "--trials", "1", "--json", "-")
    assert json.loads(told.out)["exit"] == told.code == 0


def test_what_comes_of_it_is_the_exit_code(host):
    host.faults = ("data is lost",)
    assert labs("run", "storage", "--trials", "1").code == 3
    host.faults = ("left behind",)
    told = labs("run", "storage", "--trials", "1")
    assert told.code == 6
    assert "Left behind: network dkl-1." in told.err


def test_only_what_a_claim_needs_is_run_where_one_is_named(host, tmp_path):
    told = labs("run", "selfhealing", "--trials", "1", "--claim", "docker-manual-stop-not-restarted", "--json", "-")
    assert [c["id"] for c in json.loads(told.out)["claims"]] == ["docker-manual-stop-not-restarted"]
    assert told.code == 0


def test_the_proxys_image_is_made_for_a_lab_that_uses_it_and_for_no_other(host):
    assert labs("run", "storage", "--trials", "1").code == 0
    assert host.proxies == 0
    assert labs("run", "networking", "--trials", "1").code == 0
    assert host.proxies == 1


# -- what cannot be run


def test_runs_that_cannot_be_written_down_are_told_what_to_type(host, tmp_path):
    (tmp_path / "runs").write_text("a file")
    told = labs("run", "storage", "--trials", "1")
    assert told.code == 4
    assert "✗ Making a folder for the recording: Not a directory: runs/" in told.err
    assert told.err.endswith("Try: the same from a folder that can be written\n")
    assert host.lives[-1].endswith("ends")
    assert host.sites == {}


def test_a_site_that_cannot_be_opened_is_one_line_and_what_was_recorded_is_kept(host, tmp_path):
    host.faults = ("cannot be opened",)
    told = labs("run", "storage", "--trials", "1")
    assert told.code == 4
    assert told.err.splitlines()[-1] == (
        "✗ Opening engine: no space left on device. Try: docker system prune"
    )  # fmt: skip
    (folder,) = (tmp_path / "runs").iterdir()
    assert labs("judge", str(folder)).code == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Running labs: none was named. Try: labs run "),
        (("storag",), "near it: storage"),
        (("storage", "--claim", "docker-volume-persist"), "near it: docker-volumes-persist"),
        (("storage", "--claim", "kube-proxy-role"), "storage does not judge it. Try: labs list"),
        (("storage", "--step"), "there is no terminal to ask questions on. Try: labs run without --step"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_made_ready(host, arguments, told):
    ended = labs("run", *arguments)
    assert ended.code == 4
    assert told in ended.err
    assert ended.err.count("\n") == 1
    assert host.ready == 0


def test_a_lab_that_is_named_twice_is_run_once_and_all_are_those_that_judge_articles():
    assert [lab.name for lab in run.labs_named(["storage", "storage"], everything=False)] == ["storage"]
    assert [lab.name for lab in run.labs_named((), everything=True)] == catalog.judged()


def test_a_claim_of_a_lab_that_is_run_is_known():
    (lab,) = run.labs_named(["storage"], everything=False)
    assert run.known_claims([STORAGE], [lab], KNOWN) == {STORAGE}
    with pytest.raises(Problem, match="does not judge it"):
        run.known_claims(["kube-proxy-role"], [lab], KNOWN)
