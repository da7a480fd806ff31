"""Scripts that are run, with programs in the place of docker and kubectl: what is made, and what is removed."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from harness import Arm, Lab, Trial, engine, scenario
from harness.lab import acts
from harness.views.byhand import script
from harness.views.byhand.commands import made_by
from tests.support.typed import SITES, bash, typed


def lab_of(arm: Arm, play) -> Lab:
    lab = Lab("Is anything left behind?", "labs.small")
    lab.show(scenario(play) @ arm)
    return lab


STUB = """#!/bin/sh
printf '%s\\037' "$(basename "$0")" "$@" >> "$LOG"; echo >> "$LOG"
case "$*" in
  *"range .Mounts"*) echo " vol-$# ";;
  *"network inspect"*|*"container inspect"*|*"stack ps"*|*"service inspect"*|*"volume inspect"*) exit ${THERE:-1};;
  "ps --all --quiet"*) echo id1;;
  "ps "*) printf 'web-1\\nweb-2\\n';;
  *"get pods"*) printf 'web-1 web-2';;
  "network ls"*) echo net1;;
esac
"""


def ran(tmp_path: Path, arm: Arm, play, **env: str) -> tuple[list[list[str]], int]:
    """Every program that the script of such a cell runs, with its arguments, and the script's exit code."""
    programs, log, files = tmp_path / "bin", tmp_path / "log", tmp_path / "files"
    for folder in (programs, files):
        folder.mkdir()
    for name in ("docker", "kubectl", "sleep", "python3", "sudo"):
        (programs / name).write_text(STUB if name in ("docker", "kubectl") else "#!/bin/sh\nexit 0\n")
        (programs / name).chmod(0o755)
    (files / "compose.yaml").write_text("services: {web: {volumes: [/data]}}\n")
    text = "\n".join(script.of(lab_of(arm, play), files))
    path = f"{programs}:{os.environ['PATH']}"
    done = subprocess.run(
        [bash(), "-c", text], cwd=files, env={"PATH": path, "LOG": str(log), "TMPDIR": str(tmp_path), **env},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    lines = log.read_text().splitlines() if log.exists() else []
    return [line.split("\x1f")[:-1] for line in lines], done.returncode


def one_is_removed(t: Trial) -> None:
    """One of two is removed."""
    first, *_ = t.steady(replicas=2)
    t.act(acts.remove, first)


def test_what_is_run_bears_a_label_and_is_else_as_it_was_typed(tmp_path):
    found, code = ran(tmp_path, SITES["network"], one_is_removed)
    mine = [words for words in found if words[1:2] == ["run"] or words[1:3] == ["network", "create"]]

    assert code == 0
    assert mine[0] == ["docker", "network", "create", "--label", "by-hand", "--subnet", "198.18.0.0/28", "web"]
    assert (
        mine[1:]
        == [
            [
                "docker",
                "run",
                "--label",
                "by-hand",
                *shlex.split("--detach --network web --network-alias web dk-labs/web:1"),
            ]
        ]
        * 2
    )


def test_what_bears_the_label_is_removed_the_containers_first(tmp_path):
    found, _ = ran(tmp_path, SITES["network"], one_is_removed)

    assert ["docker", "rm", "--force", "web-1"] in found
    assert [words for words in found if "rm" in words][-2:] == [
        ["docker", "rm", "--force", "--volumes", "id1"],
        ["docker", "network", "rm", "net1"],
    ]


def test_a_volume_without_a_name_goes_though_its_container_went_before(tmp_path):
    found, _ = ran(tmp_path, SITES["Compose"], one_is_removed)
    at = [n for n, words in enumerate(found) if "range .Mounts" in " ".join(words)]
    removed = next(n for n, words in enumerate(found) if words[1:3] == ["rm", "--force"])
    dropped = [words for words in found if words[1:3] == ["volume", "rm"]]

    assert at[0] < removed < at[1]
    assert found[-1] == dropped[-1]
    assert found[-len(dropped) - 1][:6] == ["docker", "compose", "--file", "compose.yaml", "down", "--volumes"]
    assert dropped


def test_where_nothing_is_kept_nobody_looks_for_volumes(tmp_path):
    lines = typed(Arm("here", engine, "nothing.yaml"), one_is_removed)

    assert not [line for line in lines if "volumes" in line.replace("--volumes", "")]


@pytest.mark.parametrize("name", ["network", "stack", "service"])
def test_what_somebody_else_has_of_that_name_is_left_alone(tmp_path, name):
    found, code = ran(tmp_path, SITES[name], one_is_removed, THERE="0")

    assert code == 1
    assert not [words for words in found if {"run", "create", "deploy", "rm"} & set(words)]


def test_kubectl_works_in_a_namespace_of_its_own_by_a_copy_of_the_settings(tmp_path):
    found, code = ran(tmp_path, SITES["namespace"], one_is_removed)
    verbs = [words[1:3] for words in found]

    assert code == 0
    assert verbs[:2] == [["config", "view"], ["config", "set-context"]]
    assert found[2] == ["kubectl", "create", "namespace", "by-hand"]
    assert ["kubectl", "delete", "pod", "web-1"] in found
    assert found[-1] == ["kubectl", "delete", "namespace", "by-hand"]
    assert not [words for words in found if words[1] == "config" and "by-hand" not in words and words[2] != "view"]


def test_names_in_a_recipe_are_known_as_what_they_name():
    recipe = (
        "docker network create --driver bridge web", "docker volume create data",
        "docker run --detach --name one --volume kept:/data --volume ./here:/there dk-labs/web:1",
        "docker run --detach -v /data dk-labs/web:1", "docker ps",
    )  # fmt: skip

    assert made_by(recipe)[:3] == [("network", "web"), ("volume", "data"), ("container", "one")]
    assert {kind for kind, _ in made_by(recipe)} <= {"network", "volume", "container"}
    assert not {"./here", "/data"} & {name for _, name in made_by(recipe)}
