"""Makes a Debian root file system, as small as it can be with the packages that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.setup import commands, debian

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

UNREAD = ("doc", "man", "info", "locale", "lintian", "linda", "groff", "bug")
"""Folders of /usr/share that nobody reads inside a container: 48 MB of 165."""


def make_root(target: Path, *, suite: str, packages: Sequence[str], newer: Sequence[str], log: Path) -> None:
    """Write a root file system with these packages as a tar file; `newer` ones come from the next suite."""
    source = debian.mirror()
    sources = source.lines(suite) + (source.lines(debian.NEXT_SUITE)[:1] if newer else [])
    options = [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in UNREAD]
    options += ["--dpkgopt=path-include=/usr/share/doc/*/copyright"]  # licences stay
    options += [f"--aptopt={line}" for line in _proxies()]
    pin = f"Package: *\\nPin: release n={debian.NEXT_SUITE}\\nPin-Priority: 100\\n"
    hooks = [f'--setup-hook=mkdir -p "$1"/etc/apt/preferences.d && printf \'{pin}\' >"$1"/etc/apt/preferences.d/next']
    # A mirror's name is this host's affair: an image that is passed on must not carry it.
    hooks += ['--customize-hook=rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/var/log/*']
    # Else apt takes usrmerge for it, and with it 60 MB of Perl.
    hooks += ["--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"]
    include = ",".join(["usr-is-merged", *packages, *(f"{p}/{debian.NEXT_SUITE}" for p in newer)])
    argv = ["mmdebstrap", "--mode=root", "--variant=apt", f"--include={include}", *options, *hooks]
    commands.run([*argv, suite, str(target), *sources], within_s=1200, log=log, env=debian.quiet())


def _proxies() -> list[str]:
    printed = commands.run(["apt-config", "dump", "Acquire"], within_s=30)
    return [line for line in printed.splitlines() if "::Proxy" in line and not line.endswith('"";')]
