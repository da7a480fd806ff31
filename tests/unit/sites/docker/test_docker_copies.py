"""Containers as copies of the application, and what the engine says against something."""

from __future__ import annotations

import pytest
import requests
from docker import errors

from harness.lab.open_site import No
from harness.sites.docker.asker import asker, client_labels, places, published
from harness.sites.docker.copies import act_upon, answered, copy_of, first_line
from harness.sites.docker.events import heard
from harness.sites.docker.leftovers import nameless
from harness.sites.docker.logs import logs_in
from harness.sites.logs import Log

ID, NAMELESS = "0123456789abcdef" * 4, "f" * 64
STARTED = "2026-01-02T03:04:05.678901234Z"
NEVER = "0001-01-01T00:00:00Z"


def container(**state) -> dict:
    given = {
        "Status": "running", "Running": True, "Restarting": False, "Paused": False, "ExitCode": 0, "Error": "",
        "StartedAt": STARTED,
    }  # fmt: skip
    return {
        "Id": ID,
        "Name": "/dkl-r-t001-web-1",
        "State": given | state,
        "Config": {"Env": ["PATH=/bin", "VERSION=2=b"]},
        "NetworkSettings": {"Networks": {"none": {"IPAddress": ""}, "web": {"IPAddress": "198.18.0.3"}}},
    }


def copy(**state):
    return copy_of(container(**state), "dkl-r-t001-")


def test_a_running_container_is_ready_at_its_address_and_has_no_exit_code():
    one = copy()
    assert (one.name, one.thing, one.id) == ("web-1", ID, f"{ID[:12]}/{STARTED}")
    assert (one.ready, one.state, one.code, one.no, one.where) == (True, "running", -1, "", "")
    assert (one.address, one.version) == ("198.18.0.3", "2=b")


def test_a_container_that_was_started_again_is_another_incarnation_of_the_same_thing():
    before, after = copy(), copy(StartedAt="2026-01-02T03:04:09Z")
    assert before.thing == after.thing
    assert before.id != after.id


def test_a_container_that_ended_has_its_exit_code():
    one = copy(Status="exited", Running=False, ExitCode=0)
    assert (one.ready, one.state, one.code) == (False, "exited", 0)


def test_a_container_that_waits_to_be_started_again_has_ended():
    one = copy(Status="restarting", Restarting=True, ExitCode=1)
    assert (one.ready, one.code) == (False, 1)


def test_a_paused_container_is_not_ready_and_has_not_ended():
    one = copy(Status="paused", Paused=True)
    assert (one.ready, one.code) == (False, -1)


def test_a_container_that_was_never_started_has_no_incarnation_and_no_exit_code():
    one = copy(Status="created", Running=False, StartedAt=NEVER)
    assert (one.id, one.code, one.no, one.ready) == ("", -1, "", False)


def test_a_container_that_the_engine_refused_to_start_says_why_in_one_line():
    said = "\nno available IPv4 addresses\nSee 'docker run --help'.\n"
    one = copy(Status="created", Running=False, StartedAt=NEVER, Error=said, ExitCode=128)
    assert (one.no, one.code, one.id) == ("no available IPv4 addresses", -1, "")


def test_why_a_container_ended_is_no_refusal():
    assert copy(Status="exited", Running=False, ExitCode=137, Error="killed").no == ""


def test_hints_are_not_what_was_said():
    assert first_line("See 'docker run --help'.\n\nRun 'docker run --help' for more information\n") == ""
    assert first_line("") == ""


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (errors.NotFound("404", explanation="No such container: x"), "not there any more: web-1"),
        (errors.APIError("409", explanation="it is not running\nmore"), "it is not running"),
        (errors.DockerException("broken"), "the engine does not answer: DockerException"),
        (requests.ConnectionError("gone"), "the engine does not answer: ConnectionError"),
        (TimeoutError(), "the engine does not answer: TimeoutError"),
    ],
)
def test_what_the_sdk_raises_is_a_no(raised, said):
    with pytest.raises(No) as no, answered("web-1"):
        raise raised
    assert str(no.value) == said


class Stub:
    """A container that writes down what is done to it."""

    name = "dkl-r-t001-web-1"

    def __init__(self, pid: int = 42) -> None:
        self.attrs, self.done = {"State": {"Pid": pid}}, []

    def stop(self, timeout):
        self.done.append(("stop", timeout))

    def kill(self):
        self.done.append("kill")

    def remove(self, force):
        self.done.append(("remove", force))


@pytest.mark.parametrize(
    ("how", "said", "done"),
    [("stop", "stop", ("stop", 5)), ("kill", "kill", "kill"), ("remove", "rm --force", ("remove", True))],
)
def test_a_container_is_ended_from_outside_as_by_a_person(how, said, done):
    one = Stub()
    assert act_upon(one, how, lambda _pid: "ok 1") == f"docker {said} dkl-r-t001-web-1"
    assert one.done == [done]


def test_the_host_kills_a_process_and_says_which():
    assert act_upon(Stub(), "host-kill", lambda pid: f"ok {pid}") == "process 42 of the host"


@pytest.mark.parametrize(("pid", "why"), [(42, "No such process"), (0, "it does not run")])
def test_a_process_that_is_not_there_is_a_no(pid, why):
    with pytest.raises(No, match=f"process {pid}: {why}"):
        act_upon(Stub(pid), "host-kill", lambda _pid: "error No such process")


def test_a_client_is_the_runs_and_no_copy():
    argv = asker("c", "web", client_labels("r", "t001"), ["--per-s", "5"])
    assert argv[1:3] == ["run", "--rm"]
    assert argv[argv.index("--network") + 1] == "web"
    assert "dk-labs.run=r" in argv
    assert "dk-labs.beside=t001" in argv
    assert argv[-4:] == ["dk-labs/web:1", "client", "--per-s", "5"]


def listed(name, service, *ports):
    published_ = [{"PrivatePort": 8080, "PublicPort": p} if p else {"PrivatePort": 8080} for p in ports]
    return {"Names": [f"/{name}"], "Labels": {"com.docker.compose.service": service}, "Ports": published_}


def ask(**how):
    from harness.lab.open_site import Ask

    return Ask(at="outside", **how)


def test_from_outside_a_service_is_asked_at_its_own_port_or_at_the_first_that_is_published():
    there = [listed("p-web-1", "web", 0), listed("p-proxy-1", "proxy", 41), listed("p-extra-1", "extra", 42)]
    assert published(there, ask(to=("proxy", "web"))) == [41, 42]
    assert published(there, ask(port=80)) == [80]
    assert published(there[:1], ask()) == []


def test_an_address_stands_for_itself_and_a_name_for_the_host():
    assert places(ask(to=("web", "10.0.0.9")), "127.0.0.1", [1, 2]) == ["127.0.0.1:1", "10.0.0.9:2"]


def test_an_event_is_told_with_what_the_engine_says_of_it():
    event = {"Action": "die", "Actor": {"Attributes": {"name": "n", "exitCode": "137", "image": "i"}}}
    told = heard(event, 7.0)
    assert (told.at_s, told.who, told.what, told.text) == (7.0, "n", "died", "exit code 137")


def test_only_volumes_without_a_name_are_left_by_a_container():
    mounts = [
        {"Type": "volume", "Name": NAMELESS},
        {"Type": "volume", "Name": "data"},
        {"Type": "bind", "Source": "/x"},
    ]
    assert nameless(mounts) == [NAMELESS]


def test_each_container_that_was_started_has_a_log_called_as_its_file_does():
    service = container() | {"Config": {"Labels": {"com.docker.compose.service": "web"}}}
    never = container(Running=False, StartedAt=NEVER)
    found = list(logs_in([service, container(Running=False), never], "dkl-r-t001-"))
    assert found == [
        Log(ID, f"{ID[:12]}/{STARTED}", "web-1", "web", runs=True),
        Log(ID, f"{ID[:12]}/{STARTED}", "web-1", "web-1", runs=False),
    ]
