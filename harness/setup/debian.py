"""Debian's packages: which mirror this host uses, installing with apt, and making a root file system."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.errors import Problem
from harness.setup import commands

if TYPE_CHECKING:
    from collections.abc import Sequence

NEXT_SUITE = "trixie"
"""Where newer packages come from on Debian 12; pinned below everything else, so that nothing else moves."""

UNREAD = ("doc", "man", "info", "locale", "lintian", "linda", "groff", "bug")
"""Folders of /usr/share that nobody reads inside a container: 48 MB of 165."""

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@dataclass(frozen=True, slots=True)
class Mirror:
    """One place that serves a suite of Debian's."""

    archive: str
    security: str = ""

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
    """The mirror in this host's own apt configuration, known by the Release file's Origin.

    The first entry may be a third party's repository, and a company's mirror has a name of its own.
    """
    if chosen := os.environ.get("LABS_DEBIAN_MIRROR"):
        return Mirror(chosen)
    fix = "LABS_DEBIAN_MIRROR=http://HOST/debian with the address of a Debian mirror that this host reaches"
    if shutil.which("apt-get") is None:
        raise Problem("Looking for a Debian mirror", "this host has no apt", fix)
    found = _indexed()
    if not found and os.geteuid() == 0:
        update()
        found = _indexed()
    if not found:
        raise Problem("Looking for a Debian mirror", "apt knows no repository with Origin: Debian", fix)
    archive = next((uri for label, uri in found if label == "Debian"), "")
    security = next((uri for label, uri in found if label == "Debian-Security"), "")
    if not archive:
        raise Problem("Looking for a Debian mirror", "apt knows Debian's security archive only", fix)
    return Mirror(archive, security)


def _indexed() -> list[tuple[str, str]]:
    fields = "$(ORIGIN)|$(LABEL)|$(REPO_URI)"
    printed = commands.run(["apt-get", "indextargets", "--format", fields, "Created-By: Packages"], within_s=30)
    rows = [line.split("|") for line in printed.splitlines() if line.count("|") == 2]
    return [(label, uri.rstrip("/")) for origin, label, uri in rows if origin == "Debian"]


def update(*, log: Path | None = None) -> None:
    commands.run(["apt-get", "-q", "update"], within_s=300, log=log, env=_quiet())


def install(packages: Sequence[str], *, log: Path | None = None) -> None:
    argv = ["apt-get", "-q", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", "install", *packages]
    commands.run(argv, within_s=1200, log=log, env=_quiet())


def _quiet() -> dict[str, str]:
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


def make_root(target: Path, *, suite: str, packages: Sequence[str], newer: Sequence[str], log: Path) -> None:
    """Write a root file system with these packages as a tar file; `newer` ones come from the next suite."""
    source = mirror()
    sources = source.lines(suite) + (source.lines(NEXT_SUITE)[:1] if newer else [])
    options = [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in UNREAD]
    options += ["--dpkgopt=path-include=/usr/share/doc/*/copyright"]  # licences stay
    options += [f"--aptopt={line}" for line in _proxies()]
    pin = f"Package: *\\nPin: release n={NEXT_SUITE}\\nPin-Priority: 100\\n"
    hooks = [f"--setup-hook=mkdir -p \"$1\"/etc/apt/preferences.d && printf '{pin}' >\"$1\"/etc/apt/preferences.d/next"]
    # A mirror's name is this host's affair: an image that is passed on must not carry it.
    hooks += ['--customize-hook=rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/var/log/*']
    # Else apt takes usrmerge for it, and with it 60 MB of Perl.
    hooks += ["--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"]
    include = ",".join(["usr-is-merged", *packages, *(f"{p}/{NEXT_SUITE}" for p in newer)])
    argv = ["mmdebstrap", "--mode=root", "--variant=apt", f"--include={include}", *options, *hooks]
    commands.run([*argv, suite, str(target), *sources], within_s=1200, log=log, env=_quiet())


def _proxies() -> list[str]:
    printed = commands.run(["apt-config", "dump", "Acquire"], within_s=30)
    return [line for line in printed.splitlines() if "::Proxy" in line and not line.endswith('"";')]
