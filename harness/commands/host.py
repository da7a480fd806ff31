"""`labs up`, `down`, `status`, `images`, `clean`, `doctor`: what this host has, and what is made on it."""

from __future__ import annotations

import os
import time
from typing import Annotated

import typer
from rich.text import Text

from harness.commands.consent import consent
from harness.commands.outputs import AsJson, print_json
from harness.judging import catalog
from harness.judging.findings import COULD_NOT_RUN
from harness.lab import manifests
from harness.lab.arm import PROXY
from harness.model.errors import Problem
from harness.setup import clean as cleaning
from harness.setup import endpoint, engine
from harness.setup.cluster import shared as cluster
from harness.setup.cluster.shared import Up
from harness.setup.doctor import report as examination
from harness.setup.images import proxy, web
from harness.setup.steps import Steps
from harness.views.terminal import people

Host = Annotated[
    str,
    typer.Option(
        "--docker-host",
        metavar="URL",
        help="The engine to use; else DOCKER_HOST, the current context, the default socket.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before something goes that is not only ours.")]
Name = Annotated[str, typer.Option("--name", metavar="NAME", help="Another cluster than the shared one.")]


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


def down(name: Name = "", yes: Yes = False, docker_host: Host = "") -> None:
    """Remove the cluster; images and tools stay for the next time."""
    shape = cluster.shape(name)
    asked = consent(people, "labs down", yes=yes)
    removed = cluster.down(Steps(people), flag=docker_host, shape=shape, consent=asked)
    people.print(
        f"Cluster {shape.name}: {f'{removed} nodes removed' if removed else 'there was none'}.",
        highlight=False,
    )


def status(as_json: AsJson = False, name: Name = "", docker_host: Host = "") -> None:
    """Say whether the cluster is there and ready."""
    document = cluster.status(flag=docker_host, shape=cluster.shape(name))
    if as_json:
        print_json(document)
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


def images(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="LAB...", help="Have what these labs use beside it, too.")
    ] = None,
    docker_host: Host = "",
) -> None:
    """Build the demo application's image and load it into the cluster's nodes, where it is missing."""
    labs, steps = [catalog.lab(name) for name in names or ()], Steps(people)
    host = engine.connect(endpoint.resolve(docker_host))
    tag = web.web(host, steps)
    loaded = web.load(host, steps, cluster.SHARED, tag)
    where = f"loaded into {', '.join(loaded)}" if loaded else "on every node already"
    people.print(f"{tag}: {where}.", highlight=False, soft_wrap=True)
    if manifests.have_proxy((cell.arm, manifests.FOLDER / lab.name) for lab in labs for cell in lab.cells.values()):
        people.print(f"{proxy.have(host, steps)}: on the engine, as {PROXY}.", highlight=False, soft_wrap=True)


def clean(
    with_images: Annotated[bool, typer.Option("--images", help="Our images too.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Images, the cache, the state, and the engine if we started it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    docker_host: Host = "",
) -> None:
    """Remove what this project made on this host, found by its labels, and nothing else."""
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


def ready(docker_host: str, *, yes: bool) -> Up:
    """Have everything there that labs need."""
    found = cluster.up(Steps(people), flag=docker_host, consent=consent(people, "labs run", yes=yes))
    if not found.reused:
        _tell_up(found, 0)
    images(docker_host=docker_host)
    return found


def doctor(as_json: AsJson = False, docker_host: Host = "") -> None:
    """Say what this host has and lacks, why it matters, and what to type."""
    findings = examination.examine(docker_host)
    if as_json:
        print_json(examination.document(findings))
    else:
        examination.show(findings, people)
    if not examination.document(findings)["ok"]:
        raise typer.Exit(COULD_NOT_RUN)
