"""The doctor: what each fact means, and that no hang, failure or absence keeps it from answering."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import TYPE_CHECKING, Any, Literal

import pytest
from rich.console import Console

from harness.model.project import KIND
from harness.setup.doctor import advice as findings
from harness.setup.doctor import engine_advice, engine_facts
from harness.setup.doctor import facts as host
from harness.setup.doctor import report as doctor
from harness.setup.doctor.engine_facts import EngineFacts
from harness.setup.doctor.facts import Host, Kernel, Loopback, MirrorFacts, Place, User
from harness.setup.doctor.finding import WHY, Finding
from harness.setup.endpoint import DEFAULT_SOCKET, Endpoint
from harness.setup.images.builds import Means
from harness.setup.images.node_build import Inputs
from harness.setup.images.route import Facts, Images, Route, decide, published, unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GIB = 2**30
ENGINE = EngineFacts(
    DEFAULT_SOCKET,
    "default socket",
    server="27.1.0",
    api="1.46",
    parts=("containerd 1.7.24", "runc 1.1.5"),
    cgroup="2",
    memory=16 * GIB,
)
ABSENT = EngineFacts(DEFAULT_SOCKET, "default socket", "nobody", "nobody answers there")
REMOTE = replace(ENGINE, url="ssh://far", elsewhere="the engine is at ssh://far, maybe another host")
REMOTE_ABSENT = replace(ABSENT, url=REMOTE.url, elsewhere=REMOTE.elsewhere)
ROOT = User("root", root=True, in_docker_group=False, listed=False)
ANN = User("ann", root=False, in_docker_group=True, listed=True)
HOST = Host(
    ROOT,
    debian=True,
    dockerd=False,
    docker="/usr/bin/docker",
    mmdebstrap=True,
    may_install=True,
    node_image="auto",
    python=(3, 12, 1),
)
KERNEL = Kernel("6.1.0", "loaded", engine_advice.WATCHES, engine_advice.INSTANCES, 16 * GIB, "2")
MIRROR = MirrorFacts("http://mirror.example/debian", "apt's configuration")
NO_MIRROR = MirrorFacts(missing="this host has no apt")
PULL, BUILD = Route("pull"), Route("build", "cgroup v1")


def test_nothing_is_said_against_a_host_that_has_everything() -> None:
    here, room = HOST, Place(Path("/"), 100)
    found = [
        engine_advice.engine(ENGINE, here),
        engine_advice.engine_version(ENGINE),
        engine_advice.access(ENGINE, here),
        engine_advice.cgroup(ENGINE, KERNEL),
        engine_advice.capability(ENGINE),
        engine_advice.ipvs(ENGINE, KERNEL),
        engine_advice.inotify(ENGINE, KERNEL),
        engine_advice.memory(ENGINE, KERNEL),
        findings.engine_disk(ENGINE, room, PULL),
        findings.cache_disk(room, PULL),
        findings.ports(ENGINE, Loopback("", ("127.0.0.1",))),
        findings.registry(""),
        findings.node_image(PULL),
        findings.node_image(Route("here", "built")),
        findings.docker_cli(ENGINE, here),
        findings.compose(ENGINE, here, (2, 26, 1)),
        findings.kind("PATH"),
        findings.go("PATH", "PATH", BUILD),
        findings.kubectl("fits"),
        findings.mirror(MIRROR, BUILD),
        findings.mmdebstrap(here, BUILD),
        findings.python(here),
    ]
    assert {(f.level, f.fix) for f in found} == {("ok", "")}
    assert {f.id for f in found} == set(WHY)


@pytest.mark.parametrize(
    "found",
    [
        engine_advice.engine_version(ABSENT),
        engine_advice.memory(REMOTE_ABSENT, KERNEL),
        engine_advice.cgroup(REMOTE_ABSENT, KERNEL),
        findings.registry(None),
        findings.node_image(Route("unknown")),
        findings.compose(ABSENT, HOST, ()),
        findings.mirror(NO_MIRROR, BUILD),
        findings.mmdebstrap(replace(HOST, mmdebstrap=False, user=ANN), BUILD),
    ],
    ids=lambda f: f.id,
)
def test_what_is_not_known_or_made_later_is_a_note(found: Finding) -> None:
    assert found.level == "note"


class TestEngine:
    def test_one_that_answers_is_named_with_where_its_address_comes_from(self) -> None:
        found = engine_advice.engine(replace(ENGINE, source="current context lab"), HOST)
        assert (found.level, found.fix) == ("ok", "")
        assert "27.1.0" in found.what
        assert f"{DEFAULT_SOCKET} (current context lab)" in found.what

    def test_none_is_a_note_where_root_on_debian_has_one_installed(self) -> None:
        found = engine_advice.engine(ABSENT, HOST)
        assert (found.level, found.fix) == ("note", "labs up")
        assert "installs" in found.what

    @pytest.mark.parametrize(
        ("facts", "here", "fix"),
        [
            (ABSENT, replace(HOST, user=ANN), "apt-get install docker.io"),
            (ABSENT, replace(HOST, user=ANN, dockerd=True), "systemctl start docker"),
            (ABSENT, replace(HOST, may_install=False), "apt-get install docker.io"),
            (ABSENT, replace(HOST, debian=False), "https://"),
            (replace(ABSENT, url="unix:///my.sock", source="DOCKER_HOST"), HOST, "unset DOCKER_HOST"),
            (replace(ABSENT, url="ssh://far", source="current context far"), HOST, "context use default"),
        ],
    )
    def test_none_is_a_problem_where_nobody_starts_one(self, facts: EngineFacts, here: Host, fix: str) -> None:
        found = engine_advice.engine(facts, here)
        assert found.level == "problem"
        assert fix in found.fix

    def test_denied_access_is_a_problem_of_the_group(self) -> None:
        denied = replace(ABSENT, trouble="denied", fix="sudo usermod -aG docker $USER")
        bob = User("bob", root=False, in_docker_group=False, listed=False)
        found = engine_advice.engine(denied, replace(HOST, user=bob))
        assert (found.level, found.fix) == ("problem", "sudo usermod -aG docker $USER")
        assert "bob" in found.what

    def test_a_membership_younger_than_the_session_asks_for_a_new_session_only(self) -> None:
        denied = replace(ABSENT, trouble="denied", fix="sudo usermod -aG docker $USER")
        stale = replace(ANN, in_docker_group=False)
        assert engine_advice.engine(denied, replace(HOST, user=stale)).fix.startswith("newgrp docker")

    def test_a_silent_remote_one_is_not_to_be_asked_through_a_local_socket(self) -> None:
        silent = replace(ABSENT, trouble="silent", url="tcp://far:2375", fix="curl --unix-socket tcp://far:2375")
        found = engine_advice.engine(silent, HOST)
        assert (found.level, found.fix) == ("problem", "docker --host tcp://far:2375 version")

    @pytest.mark.parametrize(
        ("seen", "trouble"),
        [
            ("permission denied", "denied"),
            ("it took the connection and did not answer within 2 s", "silent"),
            ("nobody answers there", "nobody"),
        ],
    )
    def test_the_words_of_engine_connect_are_understood(self, seen: str, trouble: str) -> None:
        assert engine_facts.trouble_in(seen) == trouble

    @pytest.mark.parametrize(
        ("server", "lacks", "level"),
        [("20.10.24+dfsg1", True, "problem"), ("20.10.24+dfsg1", False, "ok"), ("26.1.5", True, "ok")],
    )
    def test_an_old_one_is_a_problem_only_where_the_host_lacks_the_capability(
        self, server: str, lacks: bool, level: str
    ) -> None:
        facts = replace(ENGINE, server=server, lacks_sys_resource=lacks)
        assert engine_advice.engine_version(facts).level == level

    def test_versions_of_api_and_parts_are_told(self) -> None:
        what = engine_advice.engine_version(ENGINE).what
        assert what == "API 1.46, server 27.1.0, containerd 1.7.24, runc 1.1.5"

    @pytest.mark.parametrize(
        ("facts", "user", "level"),
        [
            (ENGINE, ROOT, "ok"),
            (ENGINE, ANN, "ok"),
            (ENGINE, replace(ANN, in_docker_group=False), "ok"),
            (replace(ENGINE, rootless=True), ANN, "note"),
            (ABSENT, replace(ANN, in_docker_group=False), "note"),
        ],
    )
    def test_access_depends_on_root_group_and_a_rootless_engine(
        self, facts: EngineFacts, user: User, level: str
    ) -> None:
        assert engine_advice.access(facts, replace(HOST, user=user)).level == level


class TestKernel:
    @pytest.mark.parametrize(("mode", "level"), [("1", "note"), ("2", "ok"), ("", "note")])
    def test_cgroup_is_the_engines_mode(self, mode: str, level: str) -> None:
        assert engine_advice.cgroup(replace(ENGINE, cgroup=mode), replace(KERNEL, cgroup="2")).level == level

    def test_cgroup_is_this_hosts_where_an_engine_is_still_to_be_started(self) -> None:
        assert "v1" in engine_advice.cgroup(ABSENT, replace(KERNEL, cgroup="1")).what

    @pytest.mark.parametrize(("lacks", "level"), [(True, "note"), (False, "ok")])
    def test_a_lacking_capability_is_no_problem_since_an_image_is_built(self, lacks: bool, level: str) -> None:
        assert engine_advice.capability(replace(ENGINE, lacks_sys_resource=lacks)).level == level

    @pytest.mark.parametrize(
        ("file", "text", "found"),
        [
            ("proc/net/ip_vs", "IP Virtual Server", "loaded"),
            ("lib/modules/9/modules.builtin", "kernel/net/netfilter/ipvs/ip_vs.ko\n", "module"),
            ("lib/modules/9/modules.dep", "kernel/net/netfilter/ipvs/ip_vs.ko.zst: a.ko\n", "module"),
            ("lib/modules/9/modules.dep", "kernel/net/netfilter/nf_nat.ko:\n", "missing"),
            ("lib/modules/8/modules.dep", "kernel/net/netfilter/ipvs/ip_vs.ko:\n", "unlisted"),
        ],
    )
    def test_ipvs_is_looked_up_in_the_kernel_and_its_lists(
        self, tmp_path: Path, file: str, text: str, found: str
    ) -> None:
        path = tmp_path / file
        path.parent.mkdir(parents=True)
        path.write_text(text)
        assert host.ipvs(tmp_path, "9") == found

    @pytest.mark.parametrize(
        ("state", "level"), [("loaded", "ok"), ("module", "ok"), ("missing", "note"), ("unlisted", "note")]
    )
    def test_a_kernel_without_ipvs_is_a_note(
        self, state: Literal["loaded", "module", "missing", "unlisted"], level: str
    ) -> None:
        assert engine_advice.ipvs(ENGINE, replace(KERNEL, ipvs=state)).level == level

    def test_only_the_low_inotify_limit_is_raised(self) -> None:
        found = engine_advice.inotify(ENGINE, replace(KERNEL, instances=128))
        assert (found.level, found.fix) == ("note", "sudo sysctl -w fs.inotify.max_user_instances=512")

    def test_inotify_limits_as_kind_recommends_them_are_ok(self) -> None:
        assert engine_advice.inotify(ENGINE, KERNEL).level == "ok"

    def test_limits_are_read_from_the_kernels_files(self, tmp_path: Path) -> None:
        folder = tmp_path / "proc/sys/fs/inotify"
        folder.mkdir(parents=True)
        (folder / "max_user_watches").write_text("8192\n")
        (tmp_path / "proc/meminfo").write_text("MemTotal:        2048 kB\nMemFree:  1 kB\n")
        kernel = host.kernel(tmp_path)
        assert (kernel.watches, kernel.instances, kernel.memory) == (8192, 0, 2 * 2**20)

    @pytest.mark.parametrize(("gib", "level"), [(16, "ok"), (7.7, "ok"), (6, "note"), (3.8, "note"), (2, "problem")])
    def test_memory_is_measured_against_nominal_sizes(self, gib: float, level: str) -> None:
        assert engine_advice.memory(replace(ENGINE, memory=int(gib * GIB)), KERNEL).level == level

    def test_memory_is_the_engines_not_this_hosts(self) -> None:
        assert engine_advice.memory(replace(ENGINE, memory=2 * GIB), KERNEL).level == "problem"


class TestElsewhere:
    @pytest.mark.parametrize(
        "judge",
        [
            engine_advice.capability,
            lambda e: engine_advice.ipvs(e, KERNEL),
            lambda e: engine_advice.inotify(e, KERNEL),
            lambda e: findings.engine_disk(e, Place(Path("/"), 100), PULL),
            lambda e: findings.ports(e, Loopback("", ("127.0.0.1",))),
        ],
    )
    def test_facts_of_this_host_are_not_taken_for_those_of_a_remote_engine(
        self, judge: Callable[[EngineFacts], Finding]
    ) -> None:
        found = judge(REMOTE)
        assert found.level == "note"
        assert "ssh://far" in found.what

    @pytest.mark.parametrize(
        ("url", "info", "words"),
        [
            ("tcp://10.0.0.1:2375", {}, "10.0.0.1"),
            (DEFAULT_SOCKET, {"OperatingSystem": "Docker Desktop"}, "virtual machine"),
            (DEFAULT_SOCKET, {"KernelVersion": "6.6.12-linuxkit"}, "another kernel"),
        ],
    )
    def test_an_engine_is_elsewhere_by_address_desktop_or_kernel(
        self, url: str, info: dict[str, str], words: str
    ) -> None:
        assert words in engine_facts.elsewhere(Endpoint(url, "test"), info, "6.1.0")

    def test_an_engine_with_this_kernel_behind_a_local_socket_is_here(self) -> None:
        info = {"KernelVersion": "6.1.0", "OperatingSystem": "Debian"}
        assert engine_facts.elsewhere(Endpoint(DEFAULT_SOCKET, "test"), info, "6.1.0") == ""


class TestRoom:
    @pytest.mark.parametrize(
        ("free", "way", "level"),
        [
            (10, BUILD, "ok"),
            (8, BUILD, "problem"),
            (8, PULL, "ok"),
            (2, PULL, "problem"),
            (8, Route("unknown"), "note"),
            (2, Route("unknown"), "problem"),
        ],
    )
    def test_building_needs_more_than_pulling(self, free: float, way: Route, level: str) -> None:
        room = Place(Path("/var/lib/docker"), free)
        assert findings.engine_disk(ENGINE, room, way).level == level
        assert findings.cache_disk(room, way).level == level

    def test_a_folder_that_is_still_to_be_made_has_the_room_of_the_one_above(self, tmp_path: Path) -> None:
        assert host.place(tmp_path / "a" / "b").free_gb > 0

    def test_a_cache_that_cannot_be_made_is_a_problem(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
        found = findings.cache_disk(host.cache(), PULL)
        assert found.level == "problem"
        assert "Not a directory" in found.what

    @pytest.mark.parametrize(
        ("loop", "level"),
        [
            (Loopback("", ("127.0.0.1",)), "ok"),
            (Loopback("Cannot assign requested address", ("127.0.0.1",)), "problem"),
            (Loopback("", ("10.1.2.3",)), "note"),
        ],
    )
    def test_ports_need_a_loopback_that_takes_them(self, loop: Loopback, level: str) -> None:
        assert findings.ports(ENGINE, loop).level == level

    def test_a_port_is_really_taken_on_loopback(self) -> None:
        assert host.loopback().error == ""


NO_IMAGES = Images()


NO_ROOT = Means(root=False, mmdebstrap=True)
NO_MEANS = Means(root=True, mmdebstrap=True, no_mirror="this host has no apt")
V1 = unfit("1", lacks_sys_resource=False)
UNREACHED = "lookup registry: no such host"


@dataclass(frozen=True)
class Case:
    by: str
    choice: str = "auto"
    unfit: str = ""
    there: Images = NO_IMAGES
    silence: str | None = ""
    means: Means = Means(root=True, mmdebstrap=True)

    def decided(self) -> Route:
        return decide(Facts(self.choice, self.unfit, self.there, lambda: self.silence, lambda: self.means))


class TestNodeImage:
    @pytest.mark.parametrize(
        "case",
        [
            Case("pull"),
            Case("pull", means=NO_MEANS),
            Case("pull", means=NO_ROOT),
            Case("build", silence=UNREACHED),
            Case("build", unfit=V1),
            Case("build", unfit=unfit("2", lacks_sys_resource=True)),
            Case("build", unfit=V1, there=Images(published=True)),
            Case("build", unfit=V1, there=Images(bases=True), means=NO_ROOT),
            Case("here", unfit=V1, there=Images(built=True), means=NO_MEANS),
            Case("here", silence=UNREACHED, there=Images(published=True), means=NO_MEANS),
            Case("unknown", silence=None),
            Case("none", silence=UNREACHED, means=NO_MEANS),
            Case("none", silence=UNREACHED, means=NO_ROOT),
            Case("none", unfit=V1, means=Means(root=True, mmdebstrap=False)),
            Case("none", "pull", silence=UNREACHED),
            Case("here", "pull", silence=UNREACHED, there=Images(published=True)),
            Case("build", "build"),
            Case("none", "build", means=NO_ROOT),
            Case("pull", "my/node:1", unfit=V1, silence=UNREACHED),
        ],
    )
    def test_it_comes_by_the_way_that_labs_up_takes(self, case: Case) -> None:
        assert case.decided().by == case.by

    @pytest.mark.parametrize(
        ("case", "ref", "origin"),
        [
            (Case("pull"), published(), "pulled"),
            (Case("pull", "my/node:1"), "my/node:1", "given"),
            (Case("build", "build"), Inputs.here().tag, "built"),
            (Case("here", unfit=V1, there=Images(built=True)), Inputs.here().tag, "built"),
        ],
    )
    def test_it_says_which_image_and_where_it_comes_from(self, case: Case, ref: str, origin: str) -> None:
        assert (case.decided().ref, case.decided().origin) == (ref, origin)

    @pytest.mark.parametrize("case", [Case("build", "build"), Case("build", unfit=V1), Case("pull", "my/node:1")])
    def test_a_registry_is_not_asked_where_its_answer_changes_nothing(self, case: Case) -> None:
        facts = Facts(case.choice, case.unfit, case.there, lambda: pytest.fail("asked"), lambda: case.means)
        assert decide(facts).by == case.by

    def test_no_mirror_and_no_registry_is_a_problem_that_names_both(self) -> None:
        found = findings.node_image(Case("none", silence=UNREACHED, means=NO_MEANS).decided())
        assert found.level == "problem"
        assert UNREACHED in found.what
        assert "no apt" in found.what
        assert "LABS_DEBIAN_MIRROR" in found.fix

    def test_one_to_be_built_is_a_note_with_its_reason(self) -> None:
        found = findings.node_image(BUILD)
        assert found.level == "note"
        assert "cgroup v1" in found.what

    @pytest.mark.parametrize(("silence", "level"), [("", "ok"), ("no such host", "note"), (None, "note")])
    def test_a_registry_that_is_not_reached_is_a_note(self, silence: str | None, level: str) -> None:
        assert findings.registry(silence).level == level


class TestPrograms:
    def test_no_docker_command_is_a_problem(self) -> None:
        assert findings.docker_cli(ENGINE, replace(HOST, docker="")).level == "problem"

    def test_no_docker_command_is_a_note_where_it_comes_with_the_engine(self) -> None:
        assert findings.docker_cli(ABSENT, replace(HOST, docker="")).level == "note"

    @pytest.mark.parametrize(("version", "level"), [((2, 26, 1), "ok"), ((1, 29, 2), "note"), ((), "note")])
    def test_compose_is_wanted_from_version_2(self, version: tuple[int, ...], level: str) -> None:
        assert findings.compose(ENGINE, HOST, version).level == level

    @pytest.mark.parametrize(("found", "level"), [("PATH", "ok"), ("cache", "ok"), ("", "note")])
    def test_kind_is_found_or_built(self, found: Literal["PATH", "cache", ""], level: str) -> None:
        judged = findings.kind(found)
        assert (judged.level, KIND in judged.what) == (level, True)

    @pytest.mark.parametrize(
        ("found", "kind", "way", "level"),
        [
            ("PATH", "", BUILD, "ok"),
            ("", "PATH", PULL, "ok"),
            ("", "", PULL, "note"),
            ("", "PATH", BUILD, "note"),
        ],
    )
    def test_go_is_missed_only_where_something_is_built(
        self, found: Literal["PATH", "cache", ""], kind: str, way: Route, level: str
    ) -> None:
        assert findings.go(found, kind, way).level == level

    @pytest.mark.parametrize(("found", "level"), [("fits", "ok"), ("misfit", "note"), ("", "note")])
    def test_kubectl_is_never_more_than_a_note(self, found: Literal["fits", "misfit", ""], level: str) -> None:
        assert findings.kubectl(found).level == level

    @pytest.mark.parametrize(("way", "level"), [(PULL, "ok"), (BUILD, "note"), (Route("none"), "note")])
    def test_mirror_and_mmdebstrap_are_missed_only_where_an_image_is_built(self, way: Route, level: str) -> None:
        assert findings.mirror(NO_MIRROR, way).level == level
        assert bool(findings.mirror(NO_MIRROR, way).fix) == (level == "note")
        assert findings.mmdebstrap(replace(HOST, mmdebstrap=False), way).level == level

    def test_a_mirror_is_named_with_who_named_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LABS_DEBIAN_MIRROR", "http://mirror.test/debian")
        what = findings.mirror(host.mirror(), BUILD).what
        assert "http://mirror.test/debian" in what
        assert "LABS_DEBIAN_MIRROR" in what

    @pytest.mark.parametrize(("version", "level"), [((3, 11, 0), "ok"), ((3, 10, 14), "problem")])
    def test_python_is_wanted_from_3_11(self, version: tuple[int, ...], level: str) -> None:
        assert findings.python(replace(HOST, python=version)).level == level


def _broken() -> Finding:
    raise ValueError("not a\nnumber")


class TestSurvival:
    def test_a_check_that_fails_becomes_a_finding(self) -> None:
        found = doctor.survived("memory", _broken)
        assert (found.id, found.level, found.why) == ("memory", "note", WHY["memory"])
        assert found.what == "memory could not be looked at: ValueError: not a number"

    def test_a_failure_in_a_thread_is_raised_where_its_answer_is_read(self) -> None:
        with pytest.raises(ValueError, match="number"):
            doctor.start(_broken).result(timeout=1)

    @pytest.mark.usefixtures("bare")
    def test_a_program_that_hangs_costs_its_own_finding_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        over = threading.Event()
        monkeypatch.setattr(host, "kubectl", lambda: over.wait(20))
        monkeypatch.setattr(engine_facts, "engine", lambda _flag: ABSENT)
        monkeypatch.setattr(doctor, "WITHIN_S", 2.0)
        found = {f.id: f for f in doctor.examine()}
        over.set()
        assert found["kubectl"].what == "kubectl could not be looked at: no answer in 2.0 s"
        assert [f.id for f in found.values() if "not be looked at" in f.what] == ["kubectl"]

    @pytest.mark.usefixtures("bare")
    def test_a_context_that_is_not_there_is_a_problem(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_CONTEXT", "nowhere")
        found = {f.id: f for f in doctor.examine()}["engine"]
        assert (found.level, found.fix) == ("problem", "docker context ls")
        assert "DOCKER_CONTEXT=nowhere" in found.what

    @pytest.mark.usefixtures("bare")
    @pytest.mark.parametrize(("context", "trouble"), [("nowhere", "context"), ("default", "silent")])
    def test_an_engine_that_nobody_waits_for_any_longer_is_told_of_all_the_same(
        self, monkeypatch: pytest.MonkeyPatch, context: str, trouble: str
    ) -> None:
        monkeypatch.setenv("DOCKER_CONTEXT", context)
        assert engine_facts.silent("").trouble == trouble

    @pytest.mark.usefixtures("bare")
    def test_a_certificate_that_is_not_there_is_a_problem(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        found = {f.id: f for f in doctor.examine()}["engine"]
        assert found.level == "problem"
        assert "TLS" in found.what


def _environment(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """No program on PATH but those that a test puts there, no context, no cache."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "LABS_NODE_IMAGE", "LABS_DEBIAN_MIRROR"):
        patch.delenv(name, raising=False)
    for name in ("PATH", "HOME", "XDG_CACHE_HOME", "DOCKER_CONFIG"):
        (folder / name).mkdir()
        patch.setenv(name, str(folder / name))


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    _environment(monkeypatch, tmp_path)
    return tmp_path


class FakeEngine(ThreadingUnixStreamServer):
    """Answers what the doctor asks; what it does about the registry is each test's own."""

    daemon_threads = True
    answers: dict[str, Any] = {  # noqa: RUF012  (never written to)
        "version": {"Version": "27.1.0", "ApiVersion": "1.46", "Components": []},
        "info": {"ServerVersion": "27.1.0", "CgroupVersion": "2", "MemTotal": 16 * GIB, "SecurityOptions": []},
        "images/json": [],
    }

    def __init__(self, path: Path, registry: Literal["hangs", "refuses", "answers"]) -> None:
        super().__init__(str(path), FakeEngineHandler)
        self.url, self.registry = f"unix://{path}", registry
        self.asked: set[str] = set()
        self.over = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def end(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


class FakeEngineHandler(BaseHTTPRequestHandler):
    server: FakeEngine

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].lstrip("/")
        path = path.partition("/")[2] if path.startswith("v1.") else path
        self.server.asked.add(path.partition("/")[0])
        if not path.startswith("distribution/"):
            return self._answer(200, self.server.answers[path])
        if self.server.registry == "hangs":
            self.server.over.wait(10)
            return None
        refused = self.server.registry == "refuses"
        return self._answer(500 if refused else 200, {"message": "lookup registry: no such host"})

    def _answer(self, code: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@dataclass(frozen=True)
class Examined:
    took_s: float
    findings: dict[str, Finding]
    asked: frozenset[str] = frozenset()


def _examine(url: str, engine: FakeEngine | None = None) -> Examined:
    began = time.monotonic()
    found = doctor.examine(url)
    asked = frozenset(engine.asked) if engine else frozenset()
    return Examined(time.monotonic() - began, {f.id: f for f in found}, asked)


@pytest.fixture(scope="class")
def hanging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Examined]]:
    """An engine and a registry that never answer; examined side by side, for each takes its 2 s."""
    folder = tmp_path_factory.mktemp("h")
    with pytest.MonkeyPatch.context() as patch, socket.socket(socket.AF_UNIX) as mute:
        _environment(patch, folder)
        mute.bind(str(folder / "mute.sock"))
        mute.listen()
        engine = FakeEngine(folder / "engine.sock", "hangs")
        try:
            with ThreadPoolExecutor() as pool:
                silent = pool.submit(_examine, f"unix://{folder}/mute.sock")
                registry = pool.submit(_examine, engine.url, engine)
            yield {"engine": silent.result(), "registry": registry.result()}
        finally:
            engine.end()


class TestHangs:
    @pytest.mark.parametrize("which", ["engine", "registry"])
    def test_the_answer_comes_within_3_s(self, hanging: dict[str, Examined], which: str) -> None:
        assert hanging[which].took_s < 3.0

    def test_a_silent_engine_is_a_problem_with_its_address(self, hanging: dict[str, Examined]) -> None:
        found = hanging["engine"].findings["engine"]
        assert found.level == "problem"
        assert "mute.sock (--docker-host) did not answer in 2 s" in found.what

    def test_a_silent_registry_is_a_note_and_the_engine_beside_it_sound(self, hanging: dict[str, Examined]) -> None:
        found = hanging["registry"].findings
        assert (found["registry"].level, found["engine"].level) == ("note", "ok")
        assert "no answer in 2 s" in found["registry"].what

    def test_every_finding_is_there_and_has_a_reason(self, hanging: dict[str, Examined]) -> None:
        found = hanging["engine"].findings
        assert list(found) == list(WHY)
        assert all(f.why for f in found.values())


@pytest.mark.parametrize(
    ("registry", "level", "words"),
    [("refuses", "note", "lookup registry: no such host"), ("answers", "ok", "answers")],
)
def test_the_registry_is_asked_through_the_engine(
    bare: Path, registry: Literal["refuses", "answers"], level: str, words: str
) -> None:
    engine = FakeEngine(bare / "engine.sock", registry)
    examined = _examine(engine.url, engine)
    engine.end()
    assert examined.findings["registry"].level == level
    assert words in examined.findings["registry"].what


def test_an_engine_is_asked_and_nothing_is_made_on_it(bare: Path) -> None:
    engine = FakeEngine(bare / "engine.sock", "answers")  # it knows GET alone
    examined = _examine(engine.url, engine)
    engine.end()
    assert examined.asked == {"version", "info", "images", "distribution"}


OK = Finding("python", "ok", "Python 3.12.1", "never shown", "")
NOTE = Finding("inotify", "note", "128 [bold]instances[/]", "All nodes share " + "these limits " * 8, "sysctl")
PROBLEM = Finding("docker-cli", "problem", "no docker command", "kind needs it", "apt-get install")


def _shown(*found: Finding, encoding: str = "utf-8") -> list[str]:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    doctor.show(found, Console(file=file, width=80))
    file.seek(0)
    return file.read().splitlines()


class TestTelling:
    def test_what_is_well_takes_one_line(self) -> None:
        assert _shown(OK) == ["  ✓ Python 3.12.1", "", "This host can run the labs."]

    def test_what_is_lacking_takes_its_reason_and_its_remedy_too(self) -> None:
        assert _shown(PROBLEM)[:3] == [
            "  ✗ no docker command",
            "      kind needs it",
            "      fix: apt-get install",
        ]

    def test_long_text_stays_in_80_columns_and_in_its_own(self) -> None:
        lines = _shown(NOTE)
        assert max(map(len, lines)) <= 80
        assert lines[2].startswith("      limits these")

    def test_brackets_are_text(self) -> None:
        assert _shown(NOTE)[0] == "  • 128 [bold]instances[/]"

    def test_notes_do_not_keep_a_host_from_running_the_labs(self) -> None:
        assert _shown(NOTE)[-1] == "This host can run the labs."

    def test_problems_are_counted(self) -> None:
        assert _shown(PROBLEM)[-1] == "1 problem; fix it, then `labs up`."
        assert _shown(PROBLEM, NOTE, PROBLEM)[-1] == "2 problems; fix them, then `labs up`."

    def test_marks_differ_without_colours_and_without_unicode(self) -> None:
        marks = [line[2] for line in _shown(OK, NOTE, PROBLEM, encoding="ascii") if line[2:3].strip()]
        assert marks[:3] == ["+", "-", "!"]

    @pytest.mark.parametrize(("found", "ok"), [([OK, NOTE], True), ([OK, PROBLEM], False), ([], True)])
    def test_the_document_is_ok_without_a_problem(self, found: list[Finding], ok: bool) -> None:
        told = doctor.document(found)
        assert (told["schema"], told["ok"]) == ("labs.doctor/1", ok)

    def test_the_document_is_json_and_whole(self) -> None:
        told = json.loads(json.dumps(doctor.document([PROBLEM])))
        assert told["findings"] == [
            {
                "id": "docker-cli",
                "level": "problem",
                "what": "no docker command",
                "why": "kind needs it",
                "fix": "apt-get install",
            }
        ]
