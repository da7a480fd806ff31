"""`labs images`: the application's image for everybody, the proxy's for labs that use it."""

from __future__ import annotations

import pytest

from harness.commands import host
from tests.support.cli import labs


@pytest.fixture
def made(monkeypatch):
    done = []
    monkeypatch.setattr(host.engine, "connect", lambda _: None)
    monkeypatch.setattr(host.web, "web", lambda *_: "dk-labs/web:0a1f")
    monkeypatch.setattr(host.web, "load", lambda *_: done.append("web") or [])
    monkeypatch.setattr(host.proxy, "have", lambda *_: done.append("proxy") or "dk-labs/proxy:0a1f")
    return done


@pytest.mark.parametrize(
    ("names", "images"), [((), ["web"]), (("storage",), ["web"]), (("storage", "networking"), ["web", "proxy"])]
)
def test_the_proxys_is_made_only_where_a_lab_is_named_that_uses_it(made, names, images):
    ended = labs("images", *names)

    assert (ended.code, made) == (0, images)
    assert ("dk-labs/proxy:0a1f: on the engine, as dk-labs/proxy:1." in ended.err) is ("proxy" in images)


def test_a_lab_that_is_not_known_is_told_before_anything_is_made(made):
    ended = labs("images", "storag")

    assert (ended.code, made) == (4, [])
    assert "near it: storage" in ended.err
