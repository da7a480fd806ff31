"""A lab as commands: what a run types is what is printed, bash can read and run it, and nothing is left behind."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest

from harness import (
    Arm,
    Ask,
    InOrder,
    Number,
    Trial,
    apply,
    asks,
    calm,
    command,
    engine,
    fact,
    reach,
    take_away,
    up,
    update,
)  # fmt: skip
from harness.judging import catalog
from harness.lab import acts, manifests
from harness.lab.questions import Answers, Outage
from harness.model.entries import Acted, Planned
from harness.views.byhand import script
from harness.views.byhand.commands import hand
from harness.views.byhand.script import commands
from tests.support.recorded import like
from tests.support.recorded import run as run_lab
from tests.support.typed import SITES, bash, typed

NAMES = catalog.names()
CELLS = [(name, cell) for name in NAMES for cell in catalog.lab(name).cells]
REPEATED = re.compile(r"for _ in \$\(seq (\d+)\); do (docker (?!ps).*|kubectl (?!get).*); done")

every_site = pytest.mark.parametrize("arm", SITES.values(), ids=list(SITES))


def unreadable(text: str) -> str:
    """What bash has against it."""
    return subprocess.run([bash(), "-n"], input=text, capture_output=True, text=True, check=False).stderr


def cell_lines(name: str, cell: str) -> list[str]:
    return commands(catalog.lab(name).cells[cell], manifests.FOLDER / name)


def expanded(lines: list[str]) -> list[str]:
    """What is typed several times, as often as it is."""
    found = []
    for line in lines:
        many = REPEATED.fullmatch(line)
        found += [many[2]] * int(many[1]) if many else [line]
    return found


# -- the labs that there are ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_lab_is_a_script_that_bash_can_read_with_each_cell_once(name):
    lines = list(script.of(catalog.lab(name)))
    told = [line for line in lines if line.startswith("echo '== ")]

    assert unreadable("\n".join(lines)) == ""
    assert [shlex.split(line)[1].removeprefix("== ").rpartition(", on ")[0] for line in told] == [
        *catalog.lab(name).cells
    ]


@pytest.mark.parametrize(("name", "cell"), CELLS, ids=[f"{name}: {cell}" for name, cell in CELLS])
def test_each_line_can_be_read_alone_and_names_only_files_that_are_there(name, cell):
    lines = cell_lines(name, cell)
    folder = manifests.FOLDER / name
    flags = re.compile(r"--(?:file|filename|compose-file)[= ](\S+)|(?:^|; )sh (\S+)|(\S*/images/\S+\.py)")
    files = {found for line in lines for groups in flags.findall(line) for found in groups if found}

    assert [line for line in lines if unreadable(line)] == []
    assert [file for file in files if not (folder / file).is_file()] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_a_run_types_is_what_is_printed_in_the_same_order(name):
    bench = run_lab(catalog.lab(name), trials=1, full=True, **like(name))
    cells = {trial: one.cell for trial, one in bench.lines if isinstance(one, Planned) and one.number == 1}
    ran: dict[str, list[str]] = {}
    for trial, one in bench.lines:
        if isinstance(one, Acted) and trial in cells:
            ran.setdefault(cells[trial], []).extend(one.typed)

    assert ran
    for cell, texts in ran.items():
        printed = iter([line.partition(" & ")[0] for line in expanded(cell_lines(name, cell))])
        assert [t for t in texts if not any(shlex.join(shlex.split(t)) == line for line in printed)] == []


# -- what is done ---------------------------------------------------------------------------------------------------


@every_site
@pytest.mark.parametrize("how", [acts.crash, acts.remove, acts.hang])
def test_an_act_is_a_command_to_the_copy_on_every_kind_of_site(arm, how):
    def play(t: Trial) -> None:
        first, *_ = t.steady(replicas=2)
        t.act(how, first)
        t.restored(within_s=8)

    lines = typed(arm, play)
    wanted = {
        "crash": ["ask POST '/crash?code=1'"],
        "hang": ["ask POST /hang"],
        "remove": ["rm --force", "delete pod"],
    }

    assert [line for line in lines if unreadable(line)] == []
    assert sum('"${copies[0]}"' in line and any(w in line for w in wanted[how.name]) for line in lines) == 1
    assert "# is it back within 8 s?" in lines
    assert lines[-len(hand(arm).down) :] == list(hand(arm).down)


@every_site
def test_everything_else_that_a_scenario_can_do_has_lines_that_bash_can_read(arm):
    program = arm.site.program
    node = fact("node", "kubectl get node --output jsonpath={.items[?(@.kind=='Node')].status}", "docker info")

    def play(t: Trial) -> None:
        t.tries(up)
        t.watch(Number(2, or_more=True), within_s=8)
        t.client(per_s=20)
        t.client(outside=True)
        t.act(asks(Ask(path="/burn?ms=16&x=1", judged=False, to=("web", "web2"), kept=True, host="a b")))
        t.act(acts.nothing, *t.copies())
        t.hold(2.5)
        t.act(apply("more.yaml"))
        t.act(command(f"{program} version"))
        t.act(acts.stop_node, "worker")
        t.act(acts.resume_node, "worker")
        t.act(acts.pause_node, "worker")
        t.act(acts.stop_engine, "worker")
        t.act(acts.start_engine, "worker")
        t.act(take_away("kube-scheduler"))
        t.act(acts.writes(8), *t.copies()[:1])
        t.look(acts.read(t.copies()[0]))
        t.look(node)
        t.until(node.becomes("it's there"), within_s=9)
        t.watch(Answers(reach("web")), within_s=3)
        t.watch(Outage(), within_s=3)
        t.left_out(within_s=3)
        t.act(calm)
        t.steady(replicas=1)

    lines = typed(arm, play)

    assert [line for line in lines if unreadable(line)] == []
    assert not [line for line in lines if "within_s" in line]


def test_arguments_reach_the_program_as_they_do_in_a_run_whatever_bash_would_make_of_them():
    text = "kubectl get pods --output jsonpath={.items[?(@.kind==\"Pod\")].metadata['name']} --selector 'a in (b, c)'"

    def play(t: Trial) -> None:
        t.act(command(text))

    (line,) = [line for line in typed(SITES["namespace"], play) if "jsonpath" in line]

    assert shlex.split(line) == shlex.split(text)
    assert unreadable(line) == ""


def test_a_copy_that_asks_is_named_by_what_bash_knows_of_it():
    def play(t: Trial) -> None:
        for copy in t.steady(replicas=2):
            t.look(acts.found_by(copy, "api:8080"))

    lines = [line for line in typed(SITES["namespace"], play) if line.startswith("kubectl exec")]

    assert lines == [f'kubectl exec "${{copies[{n}]}}" -- ask GET / api:8080' for n in range(2)]


def test_what_is_typed_several_times_in_a_row_stands_there_once():
    lines = typed(SITES["network"], lambda t: t.tries(up))

    assert "docker network create --subnet 198.18.0.0/28 web" in lines
    assert "for _ in $(seq 2); do docker run --detach --network web --network-alias web dk-labs/web:1; done" in lines


def test_the_steady_state_is_waited_for_once_though_a_trial_makes_sure_twice():
    lines = typed(SITES["Compose"], lambda t: t.steady(replicas=3))

    assert lines.count("# wait until 3 answer") == 1
    assert len([line for line in lines if '[ "${#copies[@]}" -eq 3 ]' in line]) == 1


def test_who_is_there_is_looked_up_anew_after_something_came_back():
    def play(t: Trial) -> None:
        t.steady(replicas=1)
        for _ in range(2):
            t.act(acts.crash, *t.copies())
            t.restored(within_s=2)

    lines = [line for line in typed(SITES["Compose"], play) if line.startswith(("copies=", "docker exec"))]

    assert [line.partition("=")[0].partition(" ")[0] for line in lines] == ["docker", "copies", "docker"]


def test_a_later_version_is_applied_as_its_platform_does_it():
    def play(t: Trial) -> None:
        t.steady(replicas=1)
        t.act(update("2"))

    assert "docker compose --file compose-2.yaml up --detach" in typed(SITES["Compose"], play)


def test_what_a_platform_cannot_do_is_told_instead_of_typed():
    def play(t: Trial) -> None:
        t.act(acts.host_kill, *t.steady(replicas=1))

    assert "# host-kill: nothing that kubectl can do" in typed(SITES["namespace"], play)


def test_a_program_beside_the_files_runs_meanwhile_and_is_ended():
    arm = Arm("here", engine, "compose.yaml autoscale.sh")
    lines = typed(arm, lambda t: t.steady(replicas=1))

    assert lines.index("sh autoscale.sh & program1=$!") < lines.index('kill "$program1"')
    assert "autoscale.sh" not in lines[-1]


@every_site
def test_logs_are_followed_into_a_file_that_is_read_in_the_order_of_their_moments(arm):
    def play(t: Trial) -> None:
        t.steady(replicas=2)
        t.act(acts.listen)
        t.watch(InOrder((("begins",), ("ends",))), within_s=5)

    lines = typed(arm, play)
    (follows,) = [n for n, line in enumerate(lines) if "--follow --timestamps" in line]

    assert unreadable(lines[follows]) == ""
    assert lines[follows].endswith('"$one" >> "$logs" 2>&1 & done')
    assert lines[follows - 1] == 'logs="$LABS_SCRATCH/logs.txt"; : > "$logs"'
    assert 'sleep 5; sort "$logs"' in lines[follows:]


# -- who asks -------------------------------------------------------------------------------------------------------


@every_site
def test_a_client_is_begun_asks_in_the_background_and_is_ended(arm):
    def play(t: Trial) -> None:
        t.steady(replicas=2)
        t.client(per_s=20)
        t.left_out(within_s=8)

    lines = typed(arm, play)
    (begins,) = [n for n, line in enumerate(lines) if line.endswith("client1=$!")]

    assert '>> "$asked" &' in lines[begins]
    assert '"web=http://web:8080/" --per-s 20' in lines[begins]
    assert ': > "$asked"' in lines[:begins]
    assert any(line.startswith("tail -n 30") for line in lines[begins:])
    ends = {"docker stop by-hand-client1", "kubectl delete pod client1 --now"} & set(lines[begins:])
    assert len(ends) == (0 if arm.site.name.startswith("swarm") else 1)


def test_a_client_of_the_copies_network_is_in_the_one_that_the_recipe_makes():
    def play(t: Trial) -> None:
        t.steady(replicas=2)
        t.client()

    (line,) = [line for line in typed(SITES["network"], play) if line.endswith("client1=$!")]

    assert " --network web dk-labs/web:1 client " in line


def test_work_is_not_written_where_answers_are_read():
    def play(t: Trial) -> None:
        t.steady(replicas=2)
        t.act(asks(Ask(per_s=5, path="/burn?ms=16", judged=False)))
        t.act(calm)
        t.client()

    begun = [line for line in typed(SITES["Compose"], play) if "=$!" in line]

    assert [">> /dev/null & client1=$!" in begun[0], '>> "$asked" & client2=$!' in begun[1]] == [True, True]
