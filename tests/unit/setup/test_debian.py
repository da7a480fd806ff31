"""Which mirror a host uses, told by what its apt would answer."""

from __future__ import annotations

import pytest

from harness.model.errors import Problem
from harness.setup import debian

THIRD = "Artifactory|vendor|https://packages.vendor.example/apt/\n"
OURS = "Debian|Debian|http://mirror.corp.example/deb/\n"
SECURITY = "Debian|Debian-Security|http://mirror.corp.example/sec/\n"


@pytest.fixture
def apt(monkeypatch, tmp_path):
    """An apt-get that prints what it is told to."""
    monkeypatch.delenv("LABS_DEBIAN_MIRROR", raising=False)
    program = tmp_path / "apt-get"
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)

    def says(text: str) -> None:
        (tmp_path / "answer").write_text(text)
        program.write_text(f"#!/bin/sh\nexec cat {tmp_path}/answer\n")
        program.chmod(0o755)

    return says


def test_the_mirror_is_known_by_its_origin_not_by_its_place_or_name(apt):
    apt(THIRD + SECURITY + OURS)
    assert debian.mirror() == debian.Mirror("http://mirror.corp.example/deb", "http://mirror.corp.example/sec")


def test_a_host_with_third_parties_alone_is_a_problem_that_says_what_to_set(apt):
    apt(THIRD)
    with pytest.raises(Problem, match="LABS_DEBIAN_MIRROR"):
        debian.mirror()


def test_the_security_archive_alone_is_not_enough(apt):
    apt(SECURITY)
    with pytest.raises(Problem, match="security archive only"):
        debian.mirror()


def test_the_variable_comes_before_what_apt_says(apt, monkeypatch):
    apt(OURS)
    monkeypatch.setenv("LABS_DEBIAN_MIRROR", "http://other.example/debian")
    assert debian.mirror() == debian.Mirror("http://other.example/debian")


def test_a_host_without_apt_is_a_problem(monkeypatch, tmp_path):
    monkeypatch.delenv("LABS_DEBIAN_MIRROR", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Problem, match="no apt"):
        debian.mirror()


def test_a_mirror_without_security_serves_two_suites():
    assert debian.Mirror("http://m").lines("bookworm") == [
        "deb http://m bookworm main",
        "deb http://m bookworm-updates main",
    ]
