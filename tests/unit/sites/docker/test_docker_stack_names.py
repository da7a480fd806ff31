"""What is typed to a Swarm, and what is run for it."""

from __future__ import annotations

import json

import pytest

from harness.sites.docker.stack_names import STACK, Names, beside, files_in

words = str.split
NAMES = Names("dkl-r-t001")


@pytest.mark.parametrize(
    ("typed", "run"),
    [
        ("stack deploy --compose-file service.yaml web", "stack deploy --compose-file service.yaml dkl-r-t001"),
        ("stack deploy -c web web", "stack deploy -c web dkl-r-t001"),
        ("stack ps web --no-trunc", "stack ps dkl-r-t001 --no-trunc"),
        ("service scale web=5", "service scale dkl-r-t001_web=5"),
        ("service scale web_web=5 db=2", "service scale dkl-r-t001_web=5 dkl-r-t001_db=2"),
        ("service update --image dk-labs/web:2 web", "service update --image dk-labs/web:2 dkl-r-t001_web"),
        ("service update --env-add VERSION=2 web_web", "service update --env-add VERSION=2 dkl-r-t001_web"),
        ("service ls --filter name=web_web", "service ls --filter name=dkl-r-t001_web"),
        ("service create --name web dk-labs/web:1", "service create --name dkl-r-t001_web dk-labs/web:1"),
        ("service create --name=web dk-labs/web:1", "service create --name=dkl-r-t001_web dk-labs/web:1"),
        ("service ps webshop", "service ps webshop"),
        ("network inspect web_default", "network inspect dkl-r-t001_default"),
        ("secret create my-web_x -", "secret create my-web_x -"),
        ("node update --availability drain h2", "node update --availability drain h2"),
        ("node ls", "node ls"),
    ],
)
def test_names_as_typed_become_the_trials_own(typed, run):
    assert NAMES.inward(words(typed), ("web", "db")) == words(run)


def test_what_was_said_is_in_the_names_that_were_typed_and_without_what_a_terminal_overwrites():
    said = "dkl-r-t001_web scaled to 3\noverall progress: 1 out of 3 tasks\n1/3: running\nverify: Waiting 5 seconds\n"
    assert NAMES.outward(f"{said}verify: Service dkl-r-t001_web converged\nin stack dkl-r-t001") == (
        "web_web scaled to 3\nverify: Service web_web converged\nin stack web"
    )


def test_a_list_of_stacks_leaves_out_the_runs_other_trials():
    said = "NAME SERVICES\ndkl-r-t001 1\ndkl-r-t002 1\n"
    assert NAMES.own_lines(words("stack ls"), said, "dkl-r-") == "NAME SERVICES\ndkl-r-t001 1\n"
    assert NAMES.own_lines(words("node ls"), said, "dkl-r-") == said


def within(text, added=""):
    return NAMES.within(words(text), {"dk-labs.run": "r"}, added)


def test_a_stack_is_deployed_with_a_file_of_ours_behind_the_typed_ones_and_without_a_registry():
    assert within("stack deploy --compose-file a.yaml web", "/run/labels.yaml") == words(
        "stack deploy --resolve-image never --compose-file a.yaml web --compose-file /run/labels.yaml"
    )
    assert within("stack deploy --resolve-image always --compose-file a.yaml web") == words(
        "stack deploy --resolve-image always --compose-file a.yaml web"
    )


def test_a_service_that_is_created_bears_labels_and_so_do_its_containers():
    made = within("service create --name web dk-labs/web:1")
    assert made[:3] == words("service create --no-resolve-image")
    assert made.count("dk-labs.run=r") == made.count(f"{STACK}=dkl-r-t001") == 2
    assert made[-3:] == words("--name web dk-labs/web:1")


def test_services_are_listed_of_the_trial_alone():
    assert within("service ls --quiet") == words(f"service ls --filter label={STACK}=dkl-r-t001 --quiet")


@pytest.mark.parametrize(
    ("typed", "files"),
    [
        ("stack deploy --compose-file a.yaml --compose-file b.yaml web", ("a.yaml", "b.yaml")),
        ("stack deploy -c a.yaml web", ("a.yaml",)),
        ("stack up --compose-file=a.yaml web", ("a.yaml",)),
        ("stack config --compose-file a.yaml", ()),
        ("stack", ()),
        ("service ls", ()),
    ],
)
def test_the_files_that_are_applied(typed, files):
    assert files_in(words(typed)) == files


FILE = {
    "version": "3.8",
    "services": {"web": {"image": "dk-labs/web:1"}},
    "networks": {"back": None, "x": {"external": True}},
}


def test_our_file_has_the_version_of_the_others_labels_and_networks_that_a_client_can_join():
    added = beside([FILE, {"services": {"db": None}}], {"dk-labs.run": "r"})
    json.dumps(added)
    assert added["version"] == "3.8"
    assert set(added["services"]) == {"web", "db"}
    assert added["services"]["web"] == {"labels": {"dk-labs.run": "r"}, "deploy": {"labels": {"dk-labs.run": "r"}}}
    assert {name: net["attachable"] for name, net in added["networks"].items()} == {"default": True, "back": True}


def test_without_a_version_there_is_none_in_ours():
    assert "version" not in beside([{"services": {}}], {})
