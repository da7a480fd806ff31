"""What facts of an engine and of its kernel mean for the labs: one pure function a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.setup import endpoint, tools
from harness.setup import engine as engines
from harness.setup.doctor.engine_facts import ASK_S
from harness.setup.doctor.finding import finding

if TYPE_CHECKING:
    from harness.setup.doctor.engine_facts import EngineFacts
    from harness.setup.doctor.facts import Host, Kernel
    from harness.setup.doctor.finding import Finding

INSTALL_ENGINE = "https://docs.docker.com/engine/install/"
GIB = 2**30
NOMINAL = 0.9
"""A machine of 8 GiB shows less: firmware and kernel keep some."""


WATCHES, INSTANCES = 524288, 512
"""https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files"""


def will_start(e: EngineFacts, h: Host) -> bool:
    """Whether `labs up` starts an engine unasked; it never does where one is named that is not there."""
    may = h.user.root and h.may_install and (h.dockerd or h.debian)
    return e.trouble == "nobody" and e.url == endpoint.DEFAULT_SOCKET and may


def engine(e: EngineFacts, h: Host) -> Finding:
    at = f"{e.url} ({e.source})"
    match e.trouble:
        case "":
            return finding("engine", "ok", f"Docker engine {e.server} at {at}")
        case "context":
            return finding("engine", "problem", e.seen, e.fix)
        case "denied":
            anew = h.user.listed and not h.user.in_docker_group
            fix = "newgrp docker, or log in anew" if anew else e.fix
            return finding("engine", "problem", f"{at} denies access to user {h.user.name}", fix)
        case "silent":
            fix = e.fix if e.fix and e.url.startswith("unix://") else f"docker --host {e.url} version"
            what = f"{at} did not answer in {ASK_S} s"
            return finding("engine", "problem", what, fix)
        case "nobody":
            if will_start(e, h):
                done = "starts the installed one" if h.dockerd else "installs and starts one"
                return finding("engine", "note", f"no engine at {at}; `labs up` {done}", "labs up")
            return finding("engine", "problem", f"no engine answers at {at}", _start_engine(e, h))


def _start_engine(e: EngineFacts, h: Host) -> str:
    remedies = {
        "--docker-host": "start the engine there, or give another --docker-host",
        "DOCKER_HOST": "start the engine there, or unset DOCKER_HOST",
    }
    if e.source in remedies:
        return remedies[e.source]
    if e.url != endpoint.DEFAULT_SOCKET:
        return "start the engine there, or docker context use default"
    if h.dockerd:
        return "sudo systemctl start docker"
    return f"sudo apt-get install docker.io, or {INSTALL_ENGINE}" if h.debian else INSTALL_ENGINE


def engine_version(e: EngineFacts) -> Finding:
    if e.trouble:
        return finding("engine-version", "note", "engine version not known while no engine answers")
    said = ", ".join([f"API {e.api}", f"server {e.server}", *e.parts])
    major = tools.version_in(e.server)[:1]
    if major and major[0] < engines.OLDEST and e.lacks_sys_resource:
        what = f"{said}: asks for CAP_SYS_RESOURCE, which this host lacks"
        return finding("engine-version", "problem", what, f"{engines.OLDEST} or newer: {INSTALL_ENGINE}")
    return finding("engine-version", "ok", said)


def access(e: EngineFacts, h: Host) -> Finding:
    who = "running as root" if h.user.root else f"user {h.user.name}"
    who += ", in group docker" if h.user.in_docker_group and not h.user.root else ""
    if e.rootless:
        return finding("access", "note", f"{who}; the engine is rootless, so nodes get no more than its user")
    if h.user.root or h.user.in_docker_group or not e.trouble:
        return finding("access", "ok", who if h.user.root or h.user.in_docker_group else f"{who}, let in")
    what = f"{who} is neither root nor in group docker"
    return finding("access", "note", what, "sudo usermod -aG docker $USER, then log in anew")


def cgroup(e: EngineFacts, k: Kernel) -> Finding:
    mode = e.cgroup or ("" if e.elsewhere or not e.trouble else k.cgroup)
    match mode:
        case "":
            return finding("cgroup", "note", "the engine's cgroup mode is not known")
        case "1":
            return finding("cgroup", "note", "cgroup v1: the node image is built here, not pulled")
    return finding("cgroup", "ok", f"cgroup v{mode}")


def capability(e: EngineFacts) -> Finding:
    if e.elsewhere:
        return finding("capability", "note", f"CAP_SYS_RESOURCE not looked at: {e.elsewhere}")
    if e.lacks_sys_resource:
        what = "the engine lacks CAP_SYS_RESOURCE: the node image is built here, not pulled"
        return finding("capability", "note", what)
    return finding("capability", "ok", "the engine has CAP_SYS_RESOURCE")


def ipvs(e: EngineFacts, k: Kernel) -> Finding:
    if e.elsewhere:
        return finding("ipvs", "note", f"IPVS not looked at: {e.elsewhere}", "there: ls /proc/net/ip_vs")
    match k.ipvs:
        case "loaded":
            return finding("ipvs", "ok", "the kernel has IPVS")
        case "module":
            return finding("ipvs", "ok", "the kernel has IPVS as a module, loaded when it is needed")
        case "missing":
            return finding("ipvs", "note", f"kernel {k.release} has no IPVS", "a kernel with CONFIG_IP_VS")
        case "unlisted":
            what = f"no IPVS loaded, and /lib/modules lists none for kernel {k.release}"
            return finding("ipvs", "note", what, "sudo modprobe ip_vs, or a kernel with CONFIG_IP_VS")


def inotify(e: EngineFacts, k: Kernel) -> Finding:
    if e.elsewhere:
        return finding("inotify", "note", f"inotify limits not looked at: {e.elsewhere}")
    said = f"inotify: {k.watches} watches, {k.instances} instances"
    pairs = (("watches", k.watches, WATCHES), ("instances", k.instances, INSTANCES))
    low = [f"fs.inotify.max_user_{name}={wanted}" for name, have, wanted in pairs if have < wanted]
    if low:
        wanted = f"kind recommends {WATCHES} and {INSTANCES}"
        return finding("inotify", "note", f"{said}; {wanted}", f"sudo sysctl -w {' '.join(low)}")
    return finding("inotify", "ok", said)


def memory(e: EngineFacts, k: Kernel) -> Finding:
    have = e.memory or (0 if e.elsewhere else k.memory)
    if not have:
        return finding("memory", "note", "how much memory the engine has is not known")
    said = f"{have / GIB:.1f} GiB of memory"
    if have < 4 * GIB * NOMINAL:
        return finding("memory", "problem", f"{said}; a cluster needs 4", "a larger machine, or --docker-host URL")
    if have < 8 * GIB * NOMINAL:
        return finding("memory", "note", f"{said}: enough for the cluster, 8 leave room for all labs")
    return finding("memory", "ok", said)
