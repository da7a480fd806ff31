"""What bad input and bad luck get: one clear line, the right exit code, nothing half made."""

from __future__ import annotations

import json
import shutil
import socket
import threading

import pytest

from harness.setup import paths


def one_line(done) -> str:
    assert done.code == 4, done.err
    assert "Traceback" not in done.err
    return done.err


def test_an_unknown_command_or_flag_is_a_usage_error(labs):
    assert labs("nonsense").code == 2
    assert labs("up", "--nonsense").code == 2


def test_one_lab_that_is_broken_hides_no_other(labs, here):
    for part in ("harness", "labs"):
        shutil.copytree(paths.CHECKOUT / part, here / part, ignore=shutil.ignore_patterns("__pycache__", "recorded"))
    (here / "labs" / "storage.py").write_text("1 / 0\n")
    why = "labs/storage.py raised ZeroDivisionError: division by zero"
    done = labs("list", "--json", PYTHONPATH=str(here))
    assert done.code == 0, done.err
    trouble = {row["name"]: row["trouble"] for row in json.loads(done.out)["labs"] if row["trouble"]}
    assert list(trouble) == ["storage"]
    assert why in trouble["storage"]
    assert why in labs("list", PYTHONPATH=str(here)).err
    assert why in one_line(labs("run", "storage", PYTHONPATH=str(here)))


def test_an_engine_that_is_not_there(labs, tmp_path):
    told = one_line(labs("up", "--docker-host", f"unix://{tmp_path}/none.sock"))
    assert f"{tmp_path}/none.sock" in told
    assert "Try: " in told


@pytest.mark.slow
def test_an_engine_that_takes_the_connection_and_never_answers(labs, tmp_path):
    path = tmp_path / "silent.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(8)
        told = one_line(labs("up", "--docker-host", f"unix://{path}", within_s=60))
    assert "did not answer within" in told


def test_a_broken_configuration_is_found_before_anything_is_touched(labs, tmp_path):
    file = tmp_path / "kind.yaml"
    file.write_text("kind: Cluster\nnodes: [")
    assert "kind.yaml" in one_line(labs("up", "--name", "dk-labs-test", "--config", str(file)))


def test_a_configuration_that_kind_refuses_keeps_its_words(labs, tmp_path, host):
    file = tmp_path / "kind.yaml"
    file.write_text("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes: [{role: king}]\n")
    assert "king" in one_line(labs("up", "--name", "dk-labs-test", "--config", str(file)))
    filters = {"label": "io.x-k8s.kind.cluster=dk-labs-test"}
    assert host.client.containers.list(all=True, filters=filters) == []


def test_an_image_that_is_no_node_image(labs, web):
    assert "it has no /kind/version" in one_line(labs("up", "--name", "dk-labs-test", "--node-image", web))


def test_an_image_that_nobody_has(labs):
    told = one_line(labs("up", "--name", "dk-labs-test", "--node-image", "dk-labs/nothing:here"))
    assert "dk-labs/nothing:here" in told


def test_a_name_that_kind_would_refuse(labs):
    assert "Naming a cluster" in one_line(labs("up", "--name", "Großer Haufen"))


@pytest.fixture
def silent_registry():
    """Accepts connections and never answers: the worst that a name can lead to."""
    held = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        over = threading.Event()

        def accept() -> None:
            while not over.is_set():
                try:
                    held.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        over.set()
        thread.join()
        for connection in held:
            connection.close()


@pytest.mark.slow
def test_a_registry_that_never_answers_is_given_up_within_its_time(labs, silent_registry):
    told = one_line(labs("up", "--name", "dk-labs-test", "--node-image", f"{silent_registry}/node:x", within_s=120))
    assert silent_registry in told
