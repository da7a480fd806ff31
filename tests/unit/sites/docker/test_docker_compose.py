"""Compose projects: the words that name files, what is added to them, and what was made otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.lab.arm import Arm
from harness.lab.open_site import Scope
from harness.lab.site import engine
from harness.model.errors import Problem
from harness.sites.docker.compose import Compose, Project, difference, files_in, split, with_labels

words = str.split
LABELS = {"dk-labs.run": "r"}
CONFIG = {
    "services": {
        "web": {"image": "dk-labs/web:1"}, "db": {"image": "postgres"}, "made": {"image": "dk-labs/a", "build": {}},
    },
    "networks": {"default": {}, "theirs": {"external": True}},
    "volumes": {"data": None},
}  # fmt: skip


class Written(Compose):
    """Reads nothing: its configuration is given."""

    program = ("compose",)  # type: ignore[assignment]

    def __init__(self, config=CONFIG) -> None:
        super().__init__({"PATH": "/bin", "COMPOSE_FILE": "other.yaml", "COMPOSE_PROFILES": "all"})
        self.given = config

    def _config(self, files):
        if any("nowhere" in str(file) for file in files):
            raise Problem("Reading nowhere.yaml", "no such file", "mend that file")
        return self.given


def project(folder: Path, recipe: str = "compose.yaml", labels=LABELS, config=CONFIG, at: str = "") -> Project:
    scope = Scope("r", "t001", Arm("a", engine, recipe), folder / "lab", folder, at=at)
    return Project(Written(config), scope, labels)


@pytest.mark.parametrize(
    ("typed", "flags", "files"),
    [
        ("--file a.yaml up --detach", ["--file", "a.yaml"], ["a.yaml"]),
        ("--file=a.yaml -f b.yaml logs -f", ["--file=a.yaml", "-f", "b.yaml"], ["b.yaml", "a.yaml"]),
        ("--profile x ps", ["--profile", "x"], []),
        ("logs -f web", [], []),
        ("", [], []),
    ],
)
def test_files_are_those_before_the_word_that_says_what_to_do(typed, flags, files):
    words = typed.split()
    assert split(words) == (flags, words[len(flags) :])
    assert files_in(flags) == files


def test_labels_go_onto_all_that_is_made_and_nothing_else_is_changed():
    added = with_labels(CONFIG, LABELS)
    assert added["networks"] == {"default": {"labels": LABELS}}
    assert added["volumes"] == {"data": {"labels": LABELS}}
    assert {name: one["labels"] for name, one in added["services"].items()} == dict.fromkeys(
        CONFIG["services"], LABELS
    )


def test_our_own_images_are_never_looked_for_elsewhere():
    services = with_labels(CONFIG, LABELS)["services"]
    assert [name for name, one in services.items() if one.get("pull_policy") == "never"] == ["web"]


def test_ours_stands_behind_the_files_that_are_typed(tmp_path):
    one = project(tmp_path)
    argv = one.argv(words("--file compose.yaml up --detach"))
    ours = tmp_path / "t001-labels.yaml"
    assert argv == ["compose", "--file", "compose.yaml", "--file", str(ours), "up", "--detach"]
    assert json.loads(ours.read_text())["services"]["web"]["labels"] == LABELS
    assert one.files(words("--file compose.yaml up --detach")) == ("compose.yaml",)
    assert one.files(words("--file compose.yaml ps")) == ()


def test_where_no_files_are_typed_the_surroundings_name_them(tmp_path):
    one = project(tmp_path)
    assert one.argv(["ps", "--all"]) == ["compose", "ps", "--all"]
    given = one.environment
    assert given["COMPOSE_FILE"] == f"{tmp_path}/lab/compose.yaml:{tmp_path}/t001-labels.yaml"
    assert given["COMPOSE_PROJECT_NAME"] == "dkl-r-t001"
    assert given["LABS_SCRATCH"] == f"{tmp_path}/t001/scratch"
    assert "COMPOSE_PROFILES" not in given


def test_another_version_takes_the_place_of_the_first_files(tmp_path):
    one = project(tmp_path)
    one.argv(words("--file compose.yaml up"))
    one.argv(words("--file next.yaml up"))
    assert one.environment["COMPOSE_FILE"].startswith(f"{tmp_path}/lab/next.yaml:")
    assert one.applied == (tmp_path / "lab" / "next.yaml",)


def test_files_that_cannot_be_read_are_for_compose_to_refuse_and_change_nothing(tmp_path):
    one = project(tmp_path)
    one.argv(words("--file compose.yaml up"))
    assert one.argv(words("--file nowhere.yaml up")) == ["compose", "--file", "nowhere.yaml", "up"]
    assert one.applied == (tmp_path / "lab" / "compose.yaml",)


def test_a_file_that_asks_for_a_port_gets_one_of_its_own(tmp_path):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "compose.yaml").write_text("ports: ['127.0.0.1:${LABS_PORT}:8080']")
    (tmp_path / "lab" / "plain.yaml").write_text("ports: ['127.0.0.1::8080']")
    first, second = project(tmp_path), project(tmp_path)
    ports = [one.environment["LABS_PORT"] for one in (first, first, second)]
    assert ports[0] == ports[1] != ports[2]
    assert all(1024 < int(port) < 65536 for port in ports)
    assert "LABS_PORT" not in project(tmp_path, "plain.yaml").environment
    assert "LABS_PORT" not in project(tmp_path, labels={}, at="dkl-exercise").environment


def test_what_is_somebody_elses_gets_no_labels(tmp_path):
    one = project(tmp_path, labels={}, at="dkl-exercise-x")
    assert one.argv(words("--file compose.yaml up")) == ["compose", "--file", "compose.yaml", "up"]
    assert one.environment["COMPOSE_PROJECT_NAME"] == "dkl-exercise-x"
    assert "LABS_SCRATCH" not in one.environment
    assert not list(tmp_path.glob("*labels*"))


def made(**changed) -> dict:
    config = {
        "Image": "dk-labs/web:1",
        "Labels": {"com.docker.compose.service": "web", "a": "b"},
        "Healthcheck": None,
    }
    host = {"RestartPolicy": {"Name": "always", "MaximumRetryCount": 0}, "NanoCpus": 100_000_000}
    return {
        "Name": "/dkl-r-t001-web-1",
        "Config": config | {k: v for k, v in changed.items() if k in config},
        "HostConfig": host | {k: v for k, v in changed.items() if k in host},
    }


SERVICE = {"image": "dk-labs/web:1", "restart": "always", "cpus": 0.1, "labels": {"a": "b"}}
TEST = ["CMD", "echo", "$$HOME"]


def test_a_container_that_is_as_its_file_says_is_not_altered():
    assert difference(SERVICE, made()) == ""
    checked = made(Healthcheck={"Test": ["CMD", "echo", "$HOME"], "Interval": 1_000_000_000})
    assert difference(SERVICE | {"healthcheck": {"test": TEST, "interval": "1s"}}, checked) == ""
    assert difference({"image": "dk-labs/web:1"}, made(RestartPolicy={"Name": "no"}, NanoCpus=0)) == ""
    retried = made(RestartPolicy={"Name": "on-failure", "MaximumRetryCount": 3})
    assert difference(SERVICE | {"restart": "on-failure:3"}, retried) == ""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"Image": "dk-labs/web:2"}, "its image is dk-labs/web:2, the file says dk-labs/web:1"),
        ({"RestartPolicy": {"Name": "no"}}, "its restart policy is no, the file says always"),
        ({"NanoCpus": 0}, "its limit of processors is none, the file says 0.1"),
        ({"Healthcheck": {"Test": ["CMD", "x"]}}, "its health check is CMD x, the file says none"),
        ({"Labels": {"a": "c"}}, "its label a is c, the file says b"),
    ],
)
def test_what_was_made_otherwise_is_told(changed, said):
    assert difference(SERVICE, made(**changed)) == said


def test_what_another_image_brings_along_is_no_alteration():
    assert difference({"image": "postgres", "restart": "always", "cpus": 0.1},
                      made(Image="postgres", Healthcheck={"Test": ["CMD", "x"]})) == ""  # fmt: skip


def test_limits_under_deploy_are_not_compared():
    service = SERVICE | {
        "cpus": 0,
        "restart": "",
        "deploy": {"resources": {"limits": {"cpus": "0.1"}}, "restart_policy": {}},
    }
    assert difference(service | {"restart": "always"}, made()) == ""


def test_an_altered_copy_is_named(tmp_path):
    one = project(tmp_path, config={"services": {"web": SERVICE}})
    assert one.altered([made(NanoCpus=0)]) == ""  # nothing was applied
    one.argv(words("--file compose.yaml up"))
    assert one.altered([made(), made(NanoCpus=5e8)]) == "web-1: its limit of processors is 0.5, the file says 0.1"
