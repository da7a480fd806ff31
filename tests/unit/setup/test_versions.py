"""Versions stand in two places, the module that is built and the tags that it is asked for by: they must agree."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from harness.model import project
from harness.setup import tools

MODULES = dict(re.findall(r"^\t(\S+) (v\S+)", (tools.NODE_MODULE / "go.mod").read_text(), re.MULTILINE))
REPLACED = dict(re.findall(r"=> (\S+) (v\S+)", (tools.NODE_MODULE / "go.mod").read_text()))


def test_the_tags_are_those_of_the_modules():
    assert MODULES["sigs.k8s.io/kind"] == f"v{project.KIND}"
    assert MODULES["github.com/coredns/coredns"] == project.COREDNS
    assert MODULES["sigs.k8s.io/metrics-server"] == project.METRICS_SERVER
    assert project.ETCD.startswith(MODULES["go.etcd.io/etcd/server/v3"].removeprefix("v"))
    assert f"k8s.io/kubernetes v{project.KUBERNETES}" in (tools.NODE_MODULE / "go.mod").read_text()


def test_every_kubernetes_module_is_of_the_same_release():
    minor = project.KUBERNETES.partition(".")[2]
    assert {v for name, v in REPLACED.items() if name.startswith("k8s.io/")} == {f"v0.{minor}"}


def test_etcd_is_one_version():
    assert len({v for name, v in REPLACED.items() if name.startswith("go.etcd.io/etcd/")}) == 1


def test_the_metrics_manifest_asks_for_the_version_that_is_built():
    text = (Path(tools.NODE_MODULE).parents[1] / "manifests/cluster/metrics-server.yaml").read_text()
    assert f"metrics-server:{project.METRICS_SERVER}" in text


def test_the_published_image_is_the_one_that_kinds_own_module_names():
    for cache in (tools.go_environment()["GOMODCACHE"], os.path.expanduser("~/go/pkg/mod")):
        file = Path(cache) / f"sigs.k8s.io/kind@v{project.KIND}/pkg/apis/config/defaults/image.go"
        if file.exists():
            assert f'"{project.PUBLISHED_NODE_IMAGES[project.KIND]}"' in file.read_text()
            return
    pytest.skip("kind's module is not in a module cache here")


def test_compose_is_built_of_the_version_that_its_name_says():
    text = (tools.COMPOSE_MODULE / "go.mod").read_text()
    assert f"github.com/docker/compose/v2 v{tools.COMPOSE}" in text
