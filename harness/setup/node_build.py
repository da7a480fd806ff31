"""Builds the node image from packages: Kubernetes from Go modules, the rest from Debian. Stages run side by side."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.model.errors import Problem
from harness.model.project import COREDNS, ETCD, KUBERNETES, METRICS_SERVER, NAME, PAUSE
from harness.setup import commands, debian, nodes, places, rootfs, tools

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.setup.engine import Engine
    from harness.setup.steps import Doing, Steps

SUITE = "bookworm"
"""Debian 12: its systemd runs on cgroup v1 and v2 alike; the one of Debian 13 no longer runs on v1."""

BASE = ("python3", "iptables")
NODE = [
    "systemd",
    "systemd-sysv",
    "dbus",
    "mount",
    "util-linux",
    "procps",
    "kmod",
    "iproute2",
    "iptables",
    "ethtool",
    "conntrack",
    "e2fsprogs",
    "ca-certificates",
    "runc",
    "containernetworking-plugins",
]
NODE_NEWER = ("containerd",)
"""1.7 of Debian 13; Debian 12's own 1.6 is on the list of what the next kubelet no longer accepts."""

DISK_GB = 9
LDFLAGS = " ".join(
    ["-s", "-w"]
    + [
        f"-X {package}.{name}={value}"
        for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
        for name, value in (
            ("gitVersion", f"v{KUBERNETES}"),
            ("gitMajor", KUBERNETES.split(".")[0]),
            ("gitMinor", KUBERNETES.split(".")[1]),
        )
    ],
)
"""Without these the programs call themselves v0.0.0, and kubeadm refuses them."""

KUBE_TAGS = tuple(
    f"registry.k8s.io/{name}:{version}"
    for name, version in (
        *((f"kube-{part}", f"v{KUBERNETES}") for part in ("apiserver", "controller-manager", "scheduler", "proxy")),
        ("etcd", ETCD),
    )
)
OTHER_TAGS = {
    "coredns": f"registry.k8s.io/coredns/coredns:{COREDNS}",
    "metrics-server": f"registry.k8s.io/metrics-server/metrics-server:{METRICS_SERVER}",
    "pause": f"registry.k8s.io/pause:{PAUSE}",
}


def digest(*parts: Path | str) -> str:
    """A short hash over texts, files and folders (names, contents and whether they can be run)."""
    total = hashlib.sha256()
    for part in parts:
        paths = (
            [part] if isinstance(part, str) or part.is_file() else sorted(p for p in part.rglob("*") if p.is_file())
        )
        for path in paths:
            if isinstance(path, str):
                total.update(path.encode())
            else:
                total.update(f"{path.name} {os.access(path, os.X_OK)} ".encode() + path.read_bytes())
            total.update(b"\0")
    return total.hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Hashes of what each part is made of: nothing is made again while its hash stays."""

    programs: str
    storage: str
    base: str
    node_base: str
    node: str

    @staticmethod
    def here() -> Inputs:
        module = tools.NODE_MODULE
        modules = digest(module / "go.mod", module / "go.sum")
        programs = digest(modules, module / "cmd", module / "podnet", LDFLAGS)
        recipe = Path(rootfs.__file__)
        base = digest(recipe, SUITE, *BASE)
        node_base = digest(recipe, SUITE, *NODE, *NODE_NEWER)
        tags = (*KUBE_TAGS, *OTHER_TAGS.values())
        node = digest(programs, modules, base, node_base, module / "rootfs", module / "Dockerfile", *tags)
        return Inputs(programs, digest(modules), base, node_base, node)

    @property
    def base_tag(self) -> str:
        return f"{NAME}/base:{self.base}"

    @property
    def node_base_tag(self) -> str:
        return f"{NAME}/node-base:{self.node_base}"

    @property
    def tag(self) -> str:
        return f"{NAME}/node:{self.node}"

    @property
    def folder(self) -> Path:
        return places.cache() / "build"

    def program(self, name: str) -> Path:
        return self.folder / (self.storage if name == "local-path-provisioner" else self.programs) / name


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing to make; it starts when what it needs is there."""

    name: str
    do: Callable[[Doing], None]
    needs: tuple[str, ...] = ()
    there: bool = False


def build(engine: Engine, steps: Steps, *, also: tuple[Stage, ...] = ()) -> str:
    """Make the node image unless it is there, and answer its tag. `also` is work that can go on beside it."""
    inputs = Inputs.here()
    log = log_file(f"node-image-{inputs.node}")
    stages = [*_stages(engine, inputs, log), *also]
    todo = [stage for stage in stages if not stage.there]
    if todo:
        _check_disk(engine)
        if any("Debian" in stage.name for stage in todo):
            check_root()
        run_all(todo, steps, log)
    return inputs.tag


def log_file(name: str) -> Path:
    folder = places.state() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def _stages(engine: Engine, inputs: Inputs, log: Path) -> list[Stage]:
    """The Go build comes first: it takes longest, and nothing before it may keep it waiting."""
    have = {tag for image in engine.client.images.list(filters={"label": NAME}) for tag in image.tags}
    if inputs.tag in have:
        return []
    kube, storage = (
        "Kubernetes, etcd, CoreDNS and metrics-server from Go modules",
        "local-path-provisioner from Go modules",
    )
    base, node_base = "Debian base with Python", "Debian base of a node"

    def go(*names: str) -> Callable[[Doing], None]:
        return lambda doing: _build_go(inputs, names, doing, log)

    def root(tag: str, packages: tuple[str, ...], newer: tuple[str, ...] = ()) -> Callable[[Doing], None]:
        return lambda doing: import_root(engine, tag, packages, newer, doing, log)

    return [
        Stage(
            kube,
            go("kube", "pause"),
            there=inputs.program("kube").exists() and inputs.program("pause").exists(),
        ),
        Stage(base, root(inputs.base_tag, BASE), there=inputs.base_tag in have),
        Stage(node_base, root(inputs.node_base_tag, tuple(NODE), NODE_NEWER), there=inputs.node_base_tag in have),
        Stage(
            storage,
            go("local-path-provisioner"),
            (kube,),
            there=inputs.program("local-path-provisioner").exists(),
        ),
        Stage(
            "node image",
            lambda doing: _assemble(engine, inputs, doing, log),
            (kube, base, node_base, storage),
        ),
    ]


def run_all(stages: list[Stage], steps: Steps, log: Path) -> None:
    """Run what can be run; the first failure ends the others, and its last lines are shown."""
    waiting, done = list(stages), {s.name for s in stages}
    done = {need for s in stages for need in s.needs} - done  # made in an earlier run
    running: dict[Future[None], Stage] = {}
    pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="stage")
    try:
        while waiting or running:
            for stage in [s for s in waiting if set(s.needs) <= done]:
                waiting.remove(stage)
                running[pool.submit(_run_one, stage, steps)] = stage
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                stage = running.pop(future)
                _raise_problem(stage, future, log)
                done.add(stage.name)
    except BaseException:
        commands.end_all()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _run_one(stage: Stage, steps: Steps) -> None:
    with steps.step(stage.name) as doing:
        stage.do(doing)


def _raise_problem(stage: Stage, future: Future[None], log: Path) -> None:
    try:
        future.result()
    except commands.CommandFailed as failed:
        raise Problem(f"Making {stage.name}", f"{failed}\n{failed.tail}\n", f"less {log}") from failed


def _check_disk(engine: Engine) -> None:
    for place in {places.cache(), Path(engine.client.info().get("DockerRootDir", "/"))}:
        if place.exists() and (free := shutil.disk_usage(place).free / 1e9) < DISK_GB:
            raise Problem(
                "Building the node image",
                f"{place} has {free:.1f} GB free, {DISK_GB} GB are needed",
                "docker system df, labs clean --images, or XDG_CACHE_HOME on a larger disk",
            )


def check_root(what: str = "Building the node image") -> None:
    """Have what makes a root file system, or say how to get it."""
    if os.geteuid() != 0:
        seen = "making a Debian root file system needs root, and no image registry answered"
        raise Problem(what, seen, "sudo -E labs up, or an image registry that this engine reaches")
    if shutil.which("mmdebstrap") is not None:
        return
    if not debian.like_debian() or os.environ.get("LABS_INSTALL") == "never":
        raise Problem(
            what, "this host has no mmdebstrap", "sudo apt-get install mmdebstrap, or your system's package"
        )
    debian.update()
    debian.install(["mmdebstrap", "gpgv", "debian-archive-keyring"])


def _build_go(inputs: Inputs, names: tuple[str, ...], doing: Doing, log: Path) -> None:
    packages = {
        "kube": "./cmd/kube",
        "pause": "./cmd/pause",
        "local-path-provisioner": "github.com/rancher/local-path-provisioner",
    }
    doing.tell("finding Go")
    tools.go(log=log)
    for name in names:
        doing.tell(f"compiling {name}")
        if not inputs.program(name).exists():
            tools.build_go(packages[name], inputs.program(name), flags=LDFLAGS, log=log)


def import_root(
    engine: Engine,
    tag: str,
    packages: tuple[str, ...],
    newer: tuple[str, ...],
    doing: Doing,
    log: Path,
) -> None:
    with tempfile.TemporaryDirectory(prefix=f"{NAME}-") as folder:
        tar = Path(folder) / "root.tar"
        doing.tell(f"mmdebstrap {SUITE}")
        rootfs.make_root(tar, suite=SUITE, packages=packages, newer=newer, log=log)
        doing.tell("importing it into the engine")
        name, _, version = tag.partition(":")
        engine.client.api.import_image_from_file(
            str(tar), repository=name, tag=version, changes=[f"LABEL {NAME}=base"]
        )


def _assemble(engine: Engine, inputs: Inputs, doing: Doing, log: Path) -> None:
    inner = {
        target: f"{NAME}/{target}:{inputs.node}"
        for target in ("kube", "coredns", "metrics-server", "storage", "pause")
    }
    args = {
        "BASE": inputs.base_tag,
        "NODE_BASE": inputs.node_base_tag,
        "KUBERNETES": KUBERNETES,
        "PAUSE": PAUSE,
        "KUBE_IMAGE": f"docker.io/{inner['kube']}",
        "STORAGE_IMAGE": f"docker.io/{inner['storage']}",
    }
    half = f"{NAME}/half:{inputs.node}"
    with tempfile.TemporaryDirectory(prefix=f"{NAME}-", dir=inputs.folder) as name:
        folder = Path(name)
        shutil.copytree(tools.NODE_MODULE / "rootfs", folder / "rootfs", symlinks=True)
        shutil.copy(tools.NODE_MODULE / "Dockerfile", folder)
        for program in ("kube", "pause", "local-path-provisioner"):
            os.link(inputs.program(program), folder / program)
        try:
            for target, tag in (*inner.items(), ("node", half)):
                doing.tell(f"building {target}")
                build_image(engine, folder, target=target, tag=tag, args=args, log=log)
            doing.tell("putting the images into the node")
            _fill(engine, half, inner, inputs, folder / "images.tar", log)
        finally:
            for tag in (*inner.values(), half):
                forget(engine, tag)


def build_image(
    engine: Engine,
    folder: Path,
    *,
    tag: str,
    args: dict[str, str],
    log: Path,
    target: str = "",
    role: str = "image",
) -> None:
    """Build with the engine's own builder: every engine has it, and it sees images that only this engine has."""
    from docker.errors import BuildError

    options: dict[str, Any] = {"path": str(folder), "tag": tag, "buildargs": args, "target": target or None}
    lines: Any = ()
    try:
        _, lines = engine.client.images.build(**options, rm=True, forcerm=True, labels={NAME: role})
    except BuildError as error:
        lines = error.build_log
        raise commands.CommandFailed(("docker build",), f"failed: {error.msg}", str(error.msg), log) from error
    finally:
        with log.open("a") as file:
            file.writelines(str(line.get("stream", "")) for line in lines)


def _fill(engine: Engine, half: str, inner: dict[str, str], inputs: Inputs, tar: Path, log: Path) -> None:
    """Import the images into the node's own store, not unpacked, and commit the whole under its final tag."""
    # All in one archive: they share their layers. The SDK can ask for one image at a time only.
    save = [str(tools.docker_cli()), "save", "-o", str(tar), *inner.values()]
    commands.run(save, within_s=300, log=log, env=engine.environment)
    container = engine.client.containers.create(
        half, ["containerd"], privileged=True, entrypoint=[], labels={NAME: "build"}
    )
    try:
        container.start()
        with tempfile.TemporaryFile() as wrapped:
            with tarfile.open(fileobj=wrapped, mode="w") as outer:
                outer.add(tar, arcname="images.tar")
            wrapped.seek(0)
            container.put_archive("/", wrapped)
        retag = [f"{ours} {theirs}" for ours, theirs in _tags(inner)]
        script = "\n".join(
            [
                "set -e",
                "for i in $(seq 100); do ctr version >/dev/null 2>&1 && break; sleep 0.1; done",
                "ctr -n k8s.io images import --no-unpack --digests=false /images.tar",
                *(f"ctr -n k8s.io images tag {pair}" for pair in retag),
                "rm /images.tar",
            ],
        )
        code, output = nodes.inside(container, ["sh", "-c", script])
        with log.open("a") as out:
            out.write(output)
        if code != 0:
            raise commands.CommandFailed(("ctr", "images", "import"), f"ended with code {code}", output[-2000:], log)
        container.stop(timeout=20)
        name, _, version = inputs.tag.partition(":")
        changes = [
            'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]',
            "CMD []",
            "STOPSIGNAL SIGRTMIN+3",  # systemd's own; SIGTERM only makes it start anew
            "ENV container=docker",
            f"LABEL {NAME}=node-image {NAME}.origin=built",
        ]
        container.commit(repository=name, tag=version, changes=changes)
    finally:
        container.remove(force=True, v=True)


def _tags(inner: dict[str, str]) -> list[tuple[str, str]]:
    pairs = [(f"docker.io/{inner['kube']}", tag) for tag in KUBE_TAGS]
    return pairs + [(f"docker.io/{inner[name]}", tag) for name, tag in OTHER_TAGS.items()]


def forget(engine: Engine, tag: str) -> None:
    from docker.errors import APIError

    try:
        engine.client.images.remove(tag, force=True)
    except APIError as error:
        if error.status_code not in (404, 409):
            raise
