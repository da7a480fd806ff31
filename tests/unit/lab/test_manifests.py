"""What the files of arms say of their containers; the arms of a lab differ in nothing but their question."""

from __future__ import annotations

import pytest

from harness.judging import catalog
from harness.lab import manifests
from harness.lab.arm import IMAGE, PROXY, Arm
from harness.lab.site import cluster, docker_host, engine, swarm
from harness.model.errors import Problem
from harness.running import plan

COMPOSE = """
services:
  web:
    image: "{image}"
    {more}
"""
POD = """
kind: Pod
metadata: {{name: web}}
spec:
  containers:
    - name: web
      image: "{image}"
      {more}
"""


def written(folder, name: str, text: str, more: str = "") -> Arm:
    (folder / f"{name}.yaml").write_text(text.format(image=IMAGE, more=more))
    return Arm(name, cluster, f"{name}.yaml")


@pytest.mark.parametrize("name", catalog.names())
def test_the_arms_of_each_lab_are_alike(name):
    arms = dict.fromkeys(cell.arm for cell in catalog.lab(name).cells.values())

    assert manifests.unlike(arms, manifests.FOLDER / name) == []


@pytest.mark.parametrize(
    ("more", "trait"),
    [
        ("resources: {limits: {cpu: 200m}}", "CPU limit 0.2"),
        ("resources: {limits: {memory: 64Mi}}", "memory limit 64Mi"),
        ("ports: [{containerPort: 9090}]", "port 9090"),
        ("env: [{name: REQUEST_MS, value: '50'}]", "environment REQUEST_MS=50"),
        ("env: [{name: WHERE, valueFrom: {}}]", "environment WHERE=set elsewhere"),
    ],
)
def test_a_pod_that_is_given_something_else_is_told_with_both_places(tmp_path, more, trait):
    plain, other = written(tmp_path, "plain", POD), written(tmp_path, "other", POD, more)
    (told,) = manifests.unlike([plain, other], tmp_path)

    assert told.startswith(f"{trait} in {tmp_path.name}/other.yaml, Pod web, but ")
    assert told.endswith(f"in {tmp_path.name}/plain.yaml, Pod web")


@pytest.mark.parametrize(
    "more",
    [
        "cpus: 0.2",
        "deploy: {resources: {limits: {cpus: '0.2'}}}",
        "mem_limit: 64m",
        "environment: {REQUEST_MS: 50}",
        "environment: [REQUEST_MS=50]",
        "ports: ['8000:9090']",
    ],
)
def test_a_service_of_compose_that_is_given_something_else_is_told(tmp_path, more):
    assert (
        len(manifests.unlike([written(tmp_path, "a", COMPOSE), written(tmp_path, "b", COMPOSE, more)], tmp_path)) == 1
    )


@pytest.mark.parametrize(
    "more", ["ports: ['8000:8080']", "ports: ['8080']", "restart: always", "expose: ['8080/tcp']"]
)
def test_what_is_not_the_containers_own_is_not_compared(tmp_path, more):
    assert manifests.unlike([written(tmp_path, "a", COMPOSE), written(tmp_path, "b", COMPOSE, more)], tmp_path) == []


def test_a_difference_that_has_a_reason_passes(tmp_path):
    plain = written(tmp_path, "plain", POD)
    (tmp_path / "v2.yaml").write_text(POD.format(image=IMAGE, more="env: [{name: VERSION, value: '2'}]"))
    told = Arm("v2", cluster, "v2.yaml", differs="the version is what is rolled out")

    assert manifests.unlike([plain, told], tmp_path) == []


def test_flags_of_a_run_are_compared_with_files(tmp_path):
    pod = written(tmp_path, "pod", POD, "resources: {limits: {cpu: 100m}}")

    assert manifests.unlike([pod, Arm("run", engine, f"docker run --cpus 0.1 {IMAGE}")], tmp_path) == []
    assert manifests.unlike([pod, Arm("run", engine, f"docker run --cpus 0.5 {IMAGE}")], tmp_path)


def test_what_runs_before_the_others_counts_as_the_most_and_not_on_top(tmp_path):
    more = "resources: {limits: {cpu: 100m}}"
    text = POD + "  initContainers:\n    - {{name: first, image: '{image}', resources: {{limits: {{cpu: %s}}}}}}\n"

    assert plan.cpus(written(tmp_path, "small", text % "50m", more), tmp_path) == pytest.approx(0.1)
    assert plan.cpus(written(tmp_path, "large", text % "300m", more), tmp_path) == pytest.approx(0.3)


def test_replicas_and_limits_may_stand_under_deploy(tmp_path):
    arm = written(tmp_path, "a", COMPOSE, "deploy: {replicas: 3, resources: {limits: {cpus: '0.1'}}}")

    assert plan.cpus(arm, tmp_path) == pytest.approx(0.3)


# -- a proxy before the copies

PROXIED = """
services:
  web: {{image: "{image}", cpus: 0.1, scale: 3, environment: {{REQUEST_MS: 50}}}}
  proxy: {{image: dk-labs/proxy:1, cpus: 0.25, mem_limit: 64m, ports: ["127.0.0.1::80"]}}
"""


def proxied(folder, site=engine, text: str = PROXIED) -> Arm:
    written(folder, "proxied", text)
    return Arm("proxied", site, "proxied.yaml")


def test_a_proxy_may_be_limited_and_listen_otherwise_than_the_copies(tmp_path):
    plain = written(tmp_path, "plain", COMPOSE, "environment: {REQUEST_MS: 50}\n    cpus: 0.1")

    assert manifests.unlike([plain, proxied(tmp_path)], tmp_path) == []


def test_the_copies_behind_a_proxy_are_compared(tmp_path):
    plain = written(tmp_path, "plain", COMPOSE, "cpus: 0.1")
    (told,) = manifests.unlike([plain, proxied(tmp_path)], tmp_path)

    assert told.startswith(f"environment REQUEST_MS=50 in {tmp_path.name}/proxied.yaml, service web, but none in ")


def test_a_proxy_takes_room_beside_the_copies(tmp_path):
    assert plan.cpus(proxied(tmp_path), tmp_path) == pytest.approx(0.55)


@pytest.mark.parametrize("site", [docker_host(), swarm(), cluster])
def test_a_proxy_is_refused_where_nobody_makes_its_image(tmp_path, site):
    with pytest.raises(Problem, match=r"service proxy: its image is 'dk-labs/proxy:1', which is made for the engine"):
        manifests.containers(proxied(tmp_path, site), tmp_path)


@pytest.mark.parametrize("image", ["dk-labs/proxy:2", "haproxy", "dk-labs/web:2"])
def test_another_image_is_refused_wherever_it_is_named(tmp_path, image):
    with pytest.raises(Problem, match=f"service proxy: its image is '{image}'. Try: image: {IMAGE}"):
        manifests.containers(proxied(tmp_path, text=PROXIED.replace(PROXY, image)), tmp_path)


def test_whether_there_is_a_proxy_is_asked_of_later_versions_and_of_what_is_typed_too(tmp_path):
    arm, plain = proxied(tmp_path), Arm("plain", engine, written(tmp_path, "plain", COMPOSE).recipe)
    later = Arm("later", engine, plain.recipe, {"next": arm.recipe})
    typed = Arm("typed", engine, f"docker run {IMAGE}; docker run --detach {PROXY} -V")

    assert [manifests.have_proxy([(one, tmp_path)]) for one in (arm, later, typed)] == [True, True, True]
    assert not manifests.have_proxy([(plain, tmp_path)])


@pytest.mark.parametrize("text", ["services: [web]", "spec: {containers: [web]}", "spec: {template: 3}"])
def test_what_is_no_manifest_is_told_with_its_file(tmp_path, text):
    (tmp_path / "odd.yaml").write_text(text)
    with pytest.raises(Problem, match=f"{tmp_path.name}/odd.yaml"):
        manifests.containers(Arm("odd", cluster, "odd.yaml"), tmp_path)


# -- how much there is to write ------------------------------------------------------------------------------------


def size(folder, name: str, text: str) -> tuple[int, int]:
    (folder / name).write_text(text)
    return manifests.size(folder / name)


WHOLE = """
# what a person would write
services:
  web:
    image: dk-labs/web:1  # the labs' own
    networks: [front]

  proxy: {image: dk-labs/web:1}
networks:
  front:
volumes: {data: {}}
"""
TWO = """---
# the first
kind: Deployment
metadata: {name: web}
---

kind: Service
metadata: {name: web}
---
"""
SCRIPT = """#!/bin/sh
# first the network

docker network create web
    # and then
  docker run --network web dk-labs/web:1
"""


@pytest.mark.parametrize(
    ("name", "text", "lines", "objects"),
    [
        ("compose.yaml", WHOLE, 8, 4),  # two services, a network and a volume
        ("compose.yml", WHOLE, 8, 4),
        ("compose.yaml", "services: {web: {}}\nnetworks:\nvolumes:\n", 3, 1),
        ("compose.yaml", "services: {web: {}, db: {}}\nx-common: {a: {}, b: {}}\n", 2, 2),
        ("web.yaml", TWO, 4, 2),
        ("web.yaml", "kind: Pod\nspec: {volumes: [{name: a}, {name: b}]}\n", 2, 1),
        ("web.yaml", "# nothing yet\n\n---\n", 0, 0),
        ("web.yaml", "", 0, 0),
        ("begin.sh", SCRIPT, 2, 0),
        ("begin.sh", "kind: Pod\n---\n", 1, 0),
    ],
)
def test_a_file_is_as_large_as_the_lines_that_say_something_and_makes_so_many_objects(
    tmp_path, name, text, lines, objects
):
    assert size(tmp_path, name, text) == (lines, objects)


@pytest.mark.parametrize("name", ["gone.yaml", "gone.sh"])
def test_a_file_that_is_missing_has_no_size(tmp_path, name):
    with pytest.raises(Problem, match=name) as caught:
        manifests.size(tmp_path / name)

    assert "folder" in caught.value.fix


def test_a_file_that_is_no_yaml_has_no_size(tmp_path):
    with pytest.raises(Problem, match=r"web\.yaml"):
        size(tmp_path, "web.yaml", "a: [")


@pytest.mark.parametrize("text", ["- web\n- db\n", "web\n", "services: 3\n"])
def test_a_file_that_is_no_manifest_has_no_size(tmp_path, text):
    with pytest.raises(Problem, match=r"web\.yaml"):
        size(tmp_path, "web.yaml", text)
