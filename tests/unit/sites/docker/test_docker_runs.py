"""What is typed to an engine: the surroundings of a `docker run`, and the names that a trial gives."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from harness.sites.docker.runs import Runs, free_subnets, image_at, name_at, options, subnet_in

words = str.split


def runs() -> Runs:
    return Runs("dkl-r-t001", {"dk-labs.run": "r"}, "dkl-r", Path("/runs/t001/scratch"))


def argv(text: str, of: Runs | None = None) -> str:
    return " ".join((of or runs()).argv(text.split()))


def test_a_run_gets_labels_a_name_and_the_runs_network():
    typed = "run --detach --restart always --cpus 0.1 dk-labs/web:1"
    expected = "run --label dk-labs.run=r --name dkl-r-t001-web-1 --network dkl-r --pull never "
    assert argv(typed) == expected + typed.removeprefix("run ")


def test_runs_are_numbered():
    one = runs()
    names = [one.argv(["run", "i"])[4] for _ in range(3)]
    assert names == ["dkl-r-t001-web-1", "dkl-r-t001-web-2", "dkl-r-t001-web-3"]


def test_a_name_that_is_typed_is_the_trials_own_and_may_be_typed_again():
    one = runs()
    assert argv("run --name web dk-labs/web:1", one).endswith(
        "--network dkl-r --pull never --name dkl-r-t001-web dk-labs/web:1"
    )
    assert argv("logs web", one) == "logs dkl-r-t001-web"
    assert argv("rm --force web other", one) == "rm --force dkl-r-t001-web other"
    assert argv("inspect --format web web", one) == "inspect --format web dkl-r-t001-web"
    assert argv("run --pid container:web i", one).endswith("--pid container:dkl-r-t001-web i")


def test_inside_a_container_words_mean_what_they_say():
    one = runs()
    one.argv(["run", "--name", "web", "i"])
    assert argv("exec web ask GET / web", one) == "exec dkl-r-t001-web ask GET / web"
    assert argv("run i ask web --network web", one).endswith(" i ask web --network web")


def test_a_network_that_is_typed_is_the_trials_own():
    one = runs()
    assert argv("network create web", one) == "network create --label dk-labs.run=r dkl-r-t001-web"
    told = argv("run --network web --network-alias web dk-labs/web:1", one)
    assert "--network dkl-r-t001-web --network-alias web dk-labs/web:1" in told
    assert "--network dkl-r " not in told
    assert argv("run --network=web i", one).endswith("--network=dkl-r-t001-web i")
    assert argv("run --network name=web,alias=web i", one).endswith("name=dkl-r-t001-web,alias=web i")
    assert argv("network connect --alias web web web-1", one).endswith("--alias web dkl-r-t001-web dkl-r-t001-web-1")


def test_in_a_network_of_the_trials_own_a_container_is_known_by_the_name_that_is_typed():
    one = runs()
    one.argv(words("network create web"))
    assert "--network-alias web" in argv("run --network web --name web i", one)
    assert "--network-alias" not in argv("run --network bridge --name other i", one)
    assert "--network-alias" not in argv("run --name third i", one)


@pytest.mark.parametrize("network", ["bridge", "host", "none", "container:elsewhere"])
def test_a_network_that_nobody_made_here_stays_as_it_is(network):
    assert f"--network {network} i" in argv(f"run --network {network} i")


def test_volumes_that_are_typed_are_the_trials_own_and_folders_are_the_hosts():
    one = runs()
    given = words(
        "run -v data:/data --mount type=volume,source=more,target=/m -v /etc:/etc -v ./scratch:/s -v /anon i"
    )
    assert one.volumes(given[1:]) == ["dkl-r-t001-data", "dkl-r-t001-more"]
    told = " ".join(one.argv(given))
    assert "-v dkl-r-t001-data:/data --mount type=volume,source=dkl-r-t001-more,target=/m" in told
    assert "-v /etc:/etc -v /runs/t001/scratch:/s -v /anon i" in told
    assert argv("volume rm data", one) == "volume rm dkl-r-t001-data"


def test_lists_show_what_is_the_trials_own():
    assert argv("ps --all") == "ps --filter label=dk-labs.run=r --all"
    assert argv("volume ls --quiet") == "volume ls --filter label=dk-labs.run=r --quiet"


def test_a_copy_that_is_seen_may_be_typed_by_the_name_it_is_shown_with():
    one = runs()
    one.know("web-2", "dkl-r-t001-web-2")
    assert argv("stop web-2", one) == "stop dkl-r-t001-web-2"


def test_only_our_own_images_are_never_pulled():
    assert "--pull" not in argv("run 127.0.0.1:5000/web")
    assert argv("run --pull always dk-labs/web:1").count("--pull") == 1


@pytest.mark.parametrize(
    ("typed", "image"),
    [
        ("-d --rm i", "i"), ("-dit i sh -c x", "i"), ("-p 8080:80 i", "i"), ("-p8080:80 i", "i"), ("--cpus=1 i", "i"),
        ("--env A=b -e C=d i --env x", "i"), ("--health-cmd true --no-healthcheck i", "i"),
    ],
)  # fmt: skip
def test_the_image_is_the_first_word_that_belongs_to_no_flag(typed, image):
    words = typed.split()
    assert words[image_at(words)] == image


def test_flags_have_their_values():
    assert list(options(words("-d --cpus 0.1 --restart=no -it i --name x"))) == [
        ("-d", ""), ("--cpus", "0.1"), ("--restart", "no"), ("-it", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "typed", ["web", "--subnet 10.0.0.0/24 web", "web --subnet 10.0.0.0/24", "--internal web", "--driver=bridge web"]
)
def test_the_name_of_what_is_created_is_found_wherever_it_stands(typed):
    words = typed.split()
    assert words[name_at(words)] == "web"


@pytest.mark.parametrize(
    ("typed", "subnet"),
    [
        ("--subnet 198.18.0.0/28 web", "198.18.0.0/28"),
        ("--subnet=10.0.0.0/24 web", "10.0.0.0/24"),
        ("--subnet 10.0.0.0/24 --gateway 10.0.0.1 web", ""),
        ("--subnet fd00::/64 web", ""),
        ("--subnet 10.0.0.0/8 web", ""),
        ("--subnet nonsense web", ""),
        ("web", ""),
    ],
)
def test_a_subnet_is_exchanged_only_where_nothing_has_to_fit_into_it(typed, subnet):
    assert subnet_in(typed.split()) == subnet


def test_the_subnet_that_is_typed_is_taken_where_it_is_free():
    assert next(free_subnets("198.18.0.0/28", ["172.17.0.0/16", "fd00::/64"])) == "198.18.0.0/28"


def test_another_one_of_that_size_is_taken_where_it_is_not():
    taken = ["198.18.0.0/28", "198.18.0.16/30"]
    assert list(islice(free_subnets("198.18.0.0/28", taken), 2)) == ["198.18.0.32/28", "198.18.0.48/28"]


def test_a_subnet_of_somebody_elses_block_is_exchanged_for_one_of_ours():
    assert next(free_subnets("10.1.2.0/24", [])) == "198.18.0.0/24"


def test_where_all_is_taken_there_is_none():
    assert list(free_subnets("198.18.0.0/28", ["198.18.0.0/15"])) == []
