"""Arms are what a person types: files that are applied, or commands as they are."""

from __future__ import annotations

import pytest

from harness.lab.arm import IMAGE, Arm, files_in, repeated
from harness.lab.site import Kind, cluster, docker_host, engine, own_cluster, swarm

RUN = f"docker run --detach --restart no --cpus 0.1 {IMAGE}"
NETWORK = "docker network create --subnet 198.18.0.0/28 web"


@pytest.mark.parametrize(
    ("site", "recipe", "typed"),
    [
        (engine, "compose.yaml", ["docker compose --file compose.yaml up --detach"]),
        (engine, "a.yaml b.yaml", ["docker compose --file a.yaml --file b.yaml up --detach"]),
        (docker_host(), "compose.yaml", ["docker compose --file compose.yaml up --detach"]),
        (cluster, "web.yaml hpa.yaml", ["kubectl apply --filename web.yaml --filename hpa.yaml"]),
        (own_cluster(2), "web.yaml", ["kubectl apply --filename web.yaml"]),
        (swarm(3), "web.yaml", ["docker stack deploy --compose-file web.yaml web"]),
        (engine, "compose.yaml autoscale.sh", ["docker compose --file compose.yaml up --detach", "sh autoscale.sh"]),
        (engine, RUN, [RUN]),
        (engine, f"{RUN} x 3", [RUN] * 3),
        (engine, f"{NETWORK}; {RUN} x 2", [NETWORK, RUN, RUN]),
        (cluster, "kubectl create deployment web", ["kubectl create deployment web"]),
    ],
)
def test_an_arm_is_brought_up_as_a_person_would(site, recipe, typed):
    arm = Arm("a", site, recipe)
    assert list(arm.commands()) == typed
    assert arm.typed == recipe.startswith(site.program + " ")


def test_commands_have_no_files_and_files_their_names():
    assert Arm("a", engine, RUN).names == ()
    assert Arm("a", engine, "compose.yaml autoscale.sh").names == ("compose.yaml", "autoscale.sh")


def test_a_later_version_is_applied_as_the_first_one_was():
    arm = Arm("a", cluster, "web.yaml", {"bad": "web-bad.yaml more.yaml"})
    assert arm.version("bad").names == ("web-bad.yaml", "more.yaml")
    assert arm.commands("bad") == ("kubectl apply --filename web-bad.yaml --filename more.yaml",)
    assert arm.commands() == ("kubectl apply --filename web.yaml",)


def test_a_version_that_there_is_not_cannot_be_applied():
    with pytest.raises(KeyError, match="good"):
        Arm("a", cluster, "web.yaml", {"bad": "web-bad.yaml"}).commands("good")


@pytest.mark.parametrize(
    ("text", "times"), [("docker ps", 1), ("docker ps x 3", 3), ("docker ps x", 1), ("docker run x 12", 12)]
)
def test_a_command_that_ends_with_a_number_is_typed_so_often(text, times):
    assert len(repeated(text)) == times


@pytest.mark.parametrize(
    ("site", "command", "files"),
    [
        (engine, "docker compose --file a.yaml --file b.yaml up", ("a.yaml", "b.yaml")),
        (engine, "docker compose -f a.yaml up", ("a.yaml",)),
        (cluster, "kubectl apply --filename web.yaml", ("web.yaml",)),
        (cluster, "kubectl delete -f web.yaml", ("web.yaml",)),
        (swarm(3), "docker stack deploy --compose-file s.yaml web", ("s.yaml",)),
        (cluster, "kubectl get pods --filename", ()),
        (cluster, "kubectl get pods", ()),
    ],
)
def test_the_files_of_a_command_are_found_by_the_sites_flag(site, command, files):
    assert files_in(command, site) == files


def test_an_arm_needs_what_its_site_needs_and_what_it_lacks_itself():
    assert Arm("a", engine, RUN).needs == frozenset()
    assert Arm("a", engine, RUN, lacks="swap accounting").needs == {"swap accounting"}


def test_arms_of_one_declaration_are_one_arm():
    one, same = (Arm("a", own_cluster(2), "web.yaml", {"bad": "x.yaml"}) for _ in range(2))
    assert len({one, same}) == 1
    assert one != Arm("a", own_cluster(3), "web.yaml")


# -- sites


@pytest.mark.parametrize(
    ("site", "name", "own", "heavy"),
    [
        (engine, "engine", False, False),
        (cluster, "cluster", False, False),
        (docker_host(), "docker host", True, False),
        (swarm(3), "swarm of 3", True, False),
        (own_cluster(2), "own cluster of 2", True, True),
        (own_cluster(2, without="kube-proxy"), "own cluster of 2 without kube-proxy", True, True),
    ],
)
def test_who_may_break_a_site_and_which_takes_the_machine(site, name, own, heavy):
    assert (site.name, site.own, site.heavy) == (name, own, heavy)


def test_labs_that_declare_the_same_site_share_it():
    assert own_cluster(2) == own_cluster(2)
    assert own_cluster(2) != own_cluster(2, without="coredns")
    assert swarm(hosts=3).size == 3
    assert docker_host().kind is Kind.DOCKER_HOST
