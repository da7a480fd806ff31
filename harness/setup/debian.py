"""Debian's packages: which mirror this host uses, and installing with apt."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.errors import Problem
from harness.setup import commands

if TYPE_CHECKING:
    from collections.abc import Sequence

NEXT_SUITE = "trixie"
"""Where newer packages come from on Debian 12; pinned below everything else, so that nothing else moves."""

LOOKING = "Looking for a Debian mirror"
GIVE_MIRROR = "export LABS_DEBIAN_MIRROR=http://HOST/debian, with a mirror that this host reaches"

LISTS = Path("/var/lib/apt/lists")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@dataclass(frozen=True, slots=True)
class Mirror:
    """One place that serves a suite of Debian's."""

    archive: str
    security: str = ""
    source: str = field(default="", compare=False)
    """Who named it."""

    def lines(self, suite: str) -> list[str]:
        lines = [f"deb {self.archive} {suite} main", f"deb {self.archive} {suite}-updates main"]
        return lines + ([f"deb {self.security} {suite}-security main"] if self.security else [])


def release() -> dict[str, str]:
    """What /etc/os-release says; empty on hosts without one."""
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def like_debian() -> bool:
    words = f"{release().get('ID', '')} {release().get('ID_LIKE', '')}".split()
    return "debian" in words and shutil.which("apt-get") is not None


def mirror() -> Mirror:
    """The mirror that this host uses; root has apt fetch its lists first where it has none."""
    if may_learn():
        update()
    return known()


def known() -> Mirror:
    """The mirror in this host's own apt configuration, known by the Release file's Origin; nothing is changed.

    The first entry may be a third party's repository, and a company's mirror has a name of its own.
    """
    if chosen := os.environ.get("LABS_DEBIAN_MIRROR"):
        return Mirror(chosen, source="LABS_DEBIAN_MIRROR")
    if shutil.which("apt-get") is None:
        raise Problem(LOOKING, "this host has no apt", GIVE_MIRROR)
    found = indexed()
    archive = next((uri for label, uri in found if label == "Debian"), "")
    security = next((uri for label, uri in found if label == "Debian-Security"), "")
    if not archive:
        seen = "apt knows Debian's security archive only" if found else "apt knows no repository with Origin: Debian"
        raise Problem(LOOKING, seen, GIVE_MIRROR)
    return Mirror(archive, security, "apt's configuration")


def missing() -> str:
    """Why this host will not come by a mirror; nothing, where it has one or may learn of one."""
    try:
        if not may_learn():
            known()
    except Problem as problem:
        return problem.seen
    return ""


def may_learn() -> bool:
    """Whether apt has fetched no lists yet, and we may have it do so: it may know a mirror then."""
    if os.environ.get("LABS_DEBIAN_MIRROR") or shutil.which("apt-get") is None or os.geteuid() != 0:
        return False
    return not any(LISTS.glob("*_Packages*"))


def indexed() -> list[tuple[str, str]]:
    fields = "$(ORIGIN)|$(LABEL)|$(REPO_URI)"
    printed = commands.run(["apt-get", "indextargets", "--format", fields, "Created-By: Packages"], within_s=30)
    rows = [line.split("|") for line in printed.splitlines() if line.count("|") == 2]
    return [(label, uri.rstrip("/")) for origin, label, uri in rows if origin == "Debian"]


def update(*, log: Path | None = None) -> None:
    commands.run(["apt-get", "-q", "update"], within_s=300, log=log, env=quiet())


def install(packages: Sequence[str], *, log: Path | None = None) -> None:
    argv = [
        "apt-get",
        "-q",
        "-y",
        "--no-install-recommends",
        "-o",
        "DPkg::Lock::Timeout=300",
        "install",
        *packages,
    ]
    commands.run(argv, within_s=1200, log=log, env=quiet())


def quiet() -> dict[str, str]:
    return dict(os.environ) | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


def offer_next_suite() -> None:
    """Make newer packages available by name, and keep every other package where it is."""
    sources = Path("/etc/apt/sources.list.d/dk-labs-next.sources")
    pin = Path("/etc/apt/preferences.d/dk-labs-next")
    signed = f"Signed-By: {KEYRING}\n" if KEYRING.exists() else ""
    sources.write_text(f"Types: deb\nURIs: {mirror().archive}\nSuites: {NEXT_SUITE}\nComponents: main\n{signed}")
    pin.write_text(f"Package: *\nPin: release n={NEXT_SUITE}\nPin-Priority: 100\n")


def candidate(package: str) -> str:
    """The version that apt would install; empty when it knows none."""
    printed = commands.run(["apt-cache", "policy", package], within_s=30)
    versions = [line.split()[-1] for line in printed.splitlines() if line.strip().startswith("Candidate:")]
    return versions[0] if versions and versions[0] != "(none)" else ""
