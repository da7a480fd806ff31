"""The command `labs`: JSON on stdout alone, everything for people on stderr."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path  # noqa: TC003  (Typer reads the annotations)
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.text import Text

from harness.exercises import commands as exercises
from harness.model.errors import Interrupted, Problem
from harness.setup.steps import Steps
from harness.views.terminal import console, people

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.setup.cluster.shared import Up

app = typer.Typer(
    help="Docker against Kubernetes: each claim run as an experiment, recorded, and judged.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(exercises.app, name="exercise")

COULD_NOT_RUN = 4
Host = Annotated[
    str,
    typer.Option(
        "--docker-host",
        metavar="URL",
        help="The engine to use; else DOCKER_HOST, the current context, the default socket.",
    ),
]
Name = Annotated[str, typer.Option("--name", metavar="NAME", help="Another cluster than the shared one.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before something goes that is not only ours.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def _print(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


@app.command()
def up(
    node_image: Annotated[
        str,
        typer.Option(
            "--node-image",
            metavar="auto|pull|build|REF",
            help="Where the node image comes from; else LABS_NODE_IMAGE, else auto.",
        ),
    ] = "",
    name: Name = "",
    config: Annotated[
        str, typer.Option("--config", metavar="FILE", help="kind configuration; else manifests/kind.yaml.")
    ] = "",
    yes: Yes = False,
    docker_host: Host = "",
) -> None:
    """Have a Kubernetes cluster running: engine, tools, node image, nodes, all that is missing."""
    from harness.consent import consent
    from harness.setup.cluster import shared as cluster

    began = time.monotonic()
    steps = Steps(people)
    shape = cluster.shape(name, config)
    asked = consent(people, "labs up", yes=yes)
    found = cluster.up(steps, flag=docker_host, image=node_image, shape=shape, consent=asked)
    _tell_up(found, time.monotonic() - began)


def _tell_up(found: Up, took_s: float) -> None:
    if not found.reused:
        people.print(Text(f"    {f'cluster {found.shape.name} is ready':<54}{took_s:>7.1f} s", "bold"))
    nodes = found.shape.size()
    people.print(
        f"Kubernetes {found.mark.kubernetes} runs on {nodes} node{'s' if nodes > 1 else ''} "
        f"({found.mark.origin} image), using {found.memory_bytes / 2**30:.1f} GiB"
        f"{f'; it was there, found sound in {took_s:.1f} s' if found.reused else ''}. `labs down` stops it.",
        highlight=False,
        soft_wrap=True,
    )
    kubectl = found.kubectl.parent
    path = "" if str(kubectl) in os.environ.get("PATH", "").split(":") else f" PATH={kubectl}:$PATH"
    people.print(
        f"To look around: export KUBECONFIG={found.shape.kubeconfig}{path}; kubectl get pods -A",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def down(name: Name = "", yes: Yes = False, docker_host: Host = "") -> None:
    """Remove the cluster; images and tools stay for the next time."""
    from harness.consent import consent
    from harness.setup.cluster import shared as cluster

    shape = cluster.shape(name)
    asked = consent(people, "labs down", yes=yes)
    removed = cluster.down(Steps(people), flag=docker_host, shape=shape, consent=asked)
    people.print(
        f"Cluster {shape.name}: {f'{removed} nodes removed' if removed else 'there was none'}.",
        highlight=False,
    )


@app.command()
def status(as_json: AsJson = False, name: Name = "", docker_host: Host = "") -> None:
    """Say whether the cluster is there and ready."""
    from harness.setup.cluster import shared as cluster

    document = cluster.status(flag=docker_host, shape=cluster.shape(name))
    if as_json:
        _print(document)
        return
    for node in document["nodes"]:
        people.print(
            f"  {'[green]✓[/]' if node['ready'] else '[red]✗[/]'} {node['name']}  [dim]{node['address']}[/]",
            highlight=False,
        )
    if document["ready"]:
        image = document["node_image"]
        people.print(
            f"Cluster {document['cluster']} is ready: Kubernetes {document['kubernetes']} ({image['origin']} image).",
            highlight=False,
        )
        people.print(f"export KUBECONFIG={document['kubeconfig']}", highlight=False, soft_wrap=True)
    else:
        people.print(
            f"Cluster {document['cluster']} is not ready: {document['missing']}. `labs up` makes it so.",
            highlight=False,
            soft_wrap=True,
        )


@app.command()
def images(docker_host: Host = "") -> None:
    """Build the demo application's image and load it into the cluster's nodes, where it is missing."""
    from harness.setup import endpoint, engine
    from harness.setup.cluster import shared as cluster
    from harness.setup.images import web as made

    steps = Steps(people)
    host = engine.connect(endpoint.resolve(docker_host))
    tag = made.web(host, steps)
    loaded = made.load(host, steps, cluster.SHARED, tag)
    where = f"loaded into {', '.join(loaded)}" if loaded else "on every node already"
    people.print(f"{tag}: {where}.", highlight=False, soft_wrap=True)


@app.command()
def clean(
    with_images: Annotated[bool, typer.Option("--images", help="Our images too.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Images, the cache, the state, and the engine if we started it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    docker_host: Host = "",
) -> None:
    """Remove what this project made on this host, found by its labels, and nothing else."""
    from harness.setup import clean as cleaning
    from harness.setup import endpoint, engine

    try:
        host = engine.connect(endpoint.resolve(docker_host))
    except Problem as problem:
        people.print(f"{problem.tried}: {problem.seen}; looking at files only.", highlight=False, soft_wrap=True)
        host = None
    found = cleaning.find(host, images=with_images, everything=everything)
    for one in found:
        people.print(f"  {one.kind:<10} {one.name}", highlight=False, soft_wrap=True)
    for note in cleaning.notes(host) if host else ():
        people.print(Text(note), soft_wrap=True)
    if not found:
        people.print("Nothing of this project's is left here.")
        return
    if not yes and not typer.confirm("Remove these?", default=False, err=True):
        people.print("Nothing was removed.")
        return
    for one in found:
        one.remove()
    people.print(f"{len(found)} things removed.", highlight=False)


@app.command(name="list")
def list_labs(as_json: AsJson = False) -> None:
    """List the labs and the claims that each one judges."""
    from harness import bench, catalog, register

    document = bench.listed(register.load(catalog.REGISTER))
    if as_json:
        _print(document)
        return
    for lab in document["labs"]:
        people.print(Text.assemble((lab["name"], "bold"), f"  {lab['question']}"), soft_wrap=True)
        for claim in lab["claims"]:
            people.print(Text(f"    {claim['id']}{'' if claim['built'] else '  (not built yet)'}"), style="dim")


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="LAB")],
    sh: Annotated[bool, typer.Option("--sh", help="As commands that a person can type, on stdout.")] = False,
) -> None:
    """Show what a lab does: its arms, its scenarios, its claims, or all of it as a script."""
    from harness import bench

    bench.show(console(), name, sh=sh)


Allowed = Annotated[
    list[str] | None,
    typer.Option("--allow-unavailable", metavar="ID", help="A claim that this host need not be able to try."),
]
To = Annotated[str, typer.Option("--json", metavar="FILE", help="Write what was found as a document; - is stdout.")]
ToJunit = Annotated[str, typer.Option("--junit", metavar="FILE", help="Write it as tests, as CI systems show them.")]
ToMarkdown = Annotated[
    str, typer.Option("--markdown", metavar="FILE", help="Write it as a table and what it rests on.")
]


@app.command(name="run")
def run_lab(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every lab that is built.")] = False,
    claims: Annotated[
        list[str] | None, typer.Option("--claim", metavar="ID", help="Only what this claim needs.")
    ] = None,
    trials: Annotated[
        int | None, typer.Option("--trials", min=1, max=50, help="Repetitions of each trial: 5, with --step 1.")
    ] = None,
    step: Annotated[
        bool, typer.Option("--step", help="Stop before each act, say what will happen, ask what you expect.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Repeat long trials as often as short ones.")] = False,
    seed: Annotated[int | None, typer.Option("--seed", help="The order of an earlier run.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the scene as it is; labs clean removes it.")] = False,
    to: To = "",
    junit: ToJunit = "",
    markdown: ToMarkdown = "",
    allowed: Allowed = None,
    yes: Yes = False,
    docker_host: Host = "",
) -> None:
    """Run labs: have everything ready that they need, record, judge, clean up."""
    from harness import bench, catalog, register
    from harness.consent import consent
    from harness.setup.cluster import shared as cluster

    if step and not (sys.stdin.isatty() and people.is_terminal):
        raise Problem("Running step by step", "there is no terminal to ask questions on", "labs run without --step")
    labs = bench.labs_named(names or (), everything=everything)
    known = register.load(catalog.REGISTER)
    only = bench.known_claims(claims or (), labs, known)
    found = cluster.up(Steps(people), flag=docker_host, consent=consent(people, "labs run", yes=yes))
    if not found.reused:
        _tell_up(found, 0)
    images(docker_host=docker_host)
    code = bench.run(
        found,
        people,
        labs,
        known,
        trials=trials or (1 if step else 5),
        step=step,
        full=full,
        only=only,
        seed=seed,
        keep=keep,
        allowed=frozenset(allowed or ()),
        to=bench.Wanted(to, junit, markdown),
    )
    raise typer.Exit(code)


@app.command()
def judge(
    folders: Annotated[list[Path], typer.Argument(metavar="RUN_FOLDER...")],
    to: To = "",
    junit: ToJunit = "",
    markdown: ToMarkdown = "",
    allowed: Allowed = None,
) -> None:
    """Judge recorded runs anew, from what they recorded; several are taken together."""
    from harness import bench

    to_all = bench.Wanted(to, junit, markdown)
    raise typer.Exit(bench.judge(people, folders, to=to_all, allowed=frozenset(allowed or ())))


@app.command()
def explain(
    claim: Annotated[str, typer.Argument(metavar="CLAIM")],
    folder: Annotated[Path | None, typer.Argument(metavar="[RUN_FOLDER]")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every trial's timeline, not one of each.")] = False,
) -> None:
    """Show what a verdict rests on: what was said, tried and seen, and what the judge answered to each."""
    from harness import bench

    bench.explain(console(), claim, folder, every=every)


@app.command()
def replay(
    folder: Annotated[Path | None, typer.Argument(metavar="[RUN_FOLDER]")] = None,
    speed: Annotated[float, typer.Option("--speed", min=0.1, max=100, help="So many times as fast as it was.")] = 10,
) -> None:
    """Show a recorded run as it happened, and judge it as it goes; needs no Docker."""
    from harness import bench

    raise typer.Exit(bench.replay(people, folder, speed=speed))


@app.command()
def report(
    folders: Annotated[list[Path] | None, typer.Argument(metavar="[RUN_FOLDER]...")] = None,
    to: Annotated[str, typer.Option("--html", metavar="FILE", help="Where the page is written.")] = "report.html",
) -> None:
    """Show recorded runs, several together or else the newest, as one page that opens without a network."""
    from harness import bench

    bench.report(people, folders or (), to)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN_FOLDER")],
    second: Annotated[Path, typer.Argument(metavar="RUN_FOLDER")],
) -> None:
    """Say which verdicts differ between two runs, and which numbers by more than they vary within one."""
    from harness import bench

    raise typer.Exit(bench.compare(console(), first, second))


@app.command()
def calibrate(to: To = "", docker_host: Host = "") -> None:
    """Measure what is known, and so the bench's own error; the runs to come carry it in their facts."""
    from harness import bench
    from harness import calibrate as calibration
    from harness.setup.cluster import shared as cluster

    found = cluster.up(Steps(people), flag=docker_host)
    images(docker_host=docker_host)
    checks = calibration.run(found, lambda line: people.print(line, highlight=False, soft_wrap=True))
    document = calibration.document(checks)
    people.print(f"Kept in {calibration.keep(document)}.", highlight=False, soft_wrap=True)
    if to:
        bench.write(document, to)
    raise typer.Exit(0 if all(check.ok for check in checks) else 1)


@app.command()
def doctor(as_json: AsJson = False, docker_host: Host = "") -> None:
    """Say what this host has and lacks, why it matters, and what to type."""
    from harness.setup.doctor import report as examination

    findings = examination.examine(docker_host)
    if as_json:
        _print(examination.document(findings))
    else:
        examination.show(findings, people)
    if not examination.document(findings)["ok"]:
        raise typer.Exit(COULD_NOT_RUN)


def _signals() -> None:
    def stop(number: int, _frame: object) -> NoReturn:
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, signal.SIG_IGN)  # the first one ends us; the clean-up must not be cut short
        raise Interrupted(128 + number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def run(command: Callable[[], Any]) -> int:
    """Run a command and turn what it raises into one line and an exit code."""
    from harness.setup import commands

    try:
        command()
    except Problem as problem:
        people.print(Text.assemble(("✗ ", "bold red"), str(problem)), soft_wrap=True)
        return COULD_NOT_RUN
    except Interrupted as interrupted:
        people.print("Interrupted; what was made so far is kept, the next run goes on from there.", highlight=False)
        return interrupted.code
    finally:
        commands.end_all()
    return 0


def main() -> NoReturn:
    _signals()
    verbose = "-v" in sys.argv[1:]
    arguments = [a for a in sys.argv[1:] if a != "-v"]
    try:
        code = run(lambda: app(arguments, standalone_mode=True))
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except Exception as error:
        if verbose:
            raise
        people.print(
            f"labs: {type(error).__name__}: {error}. Try: the same command with -v, and report what it prints",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )
        code = COULD_NOT_RUN
    sys.exit(code)
