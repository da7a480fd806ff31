"""Runs have names in the order of time; which cluster a kubeconfig means is read from it."""

from __future__ import annotations

import re

import pytest

from harness.running import ownership


def test_a_run_is_named_by_when_it_began_and_what_others_do_not_have():
    names = [ownership.new_name() for _ in range(50)]
    assert all(re.fullmatch(r"\d{10}-[0-9a-f]{4}", name) for name in names)
    assert [name[:10] for name in names] == sorted(name[:10] for name in names)
    assert len(set(names)) > 40


def test_a_name_fits_into_those_that_platforms_take():
    assert re.fullmatch(r"[a-z0-9-]{1,40}", f"dkl-{ownership.new_name()}-t001")


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("clusters: [{cluster: {server: 'https://127.0.0.1:41234'}}]", "127.0.0.1:41234"),
        ("clusters: [{cluster: {server: 'https://127.0.0.1:41234/'}}]", "127.0.0.1:41234"),
        ("clusters: []", ""),
        ("clusters: [{cluster: {}}]", ""),
        ("clusters", ""),
        ("", ""),
        ("a: [", ""),
    ],
)
def test_the_server_that_a_kubeconfig_means_is_read_from_it_or_none(tmp_path, text, server):
    (tmp_path / "kubeconfig").write_text(text)
    assert ownership.server(tmp_path / "kubeconfig") == server
