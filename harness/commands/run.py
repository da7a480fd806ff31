"""`labs run`: from names on the command line to verdicts, a document and an exit code."""

from __future__ import annotations

import os
import platform
import random
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from harness import journal
from harness.commands import host
from harness.commands.outputs import RUNS, Allowed, Outputs, ToJson, ToJunit, ToMarkdown, close
from harness.judging import catalog, findings, register
from harness.judging.docket import RERUNS, Docket, Settled
from harness.judging.register import Register
from harness.lab import manifests
from harness.lab.claim import Lab
from harness.lab.site import Kind
from harness.model.errors import Problem
from harness.model.project import KUBERNETES
from harness.running import ownership
from harness.running.plan import capacity, plan
from harness.running.run import Run
from harness.running.schedule import Job
from harness.setup import commands
from harness.setup.cluster.shared import Up
from harness.setup.doctor import facts as host_facts
from harness.setup.images import proxy
from harness.setup.life import Life
from harness.setup.steps import Steps
from harness.sites import kinds
from harness.views.show import Show
from harness.views.step import Stepper
from harness.views.terminal import people

TRIALS = 5


def run(
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
    to: ToJson = "",
    junit: ToJunit = "",
    markdown: ToMarkdown = "",
    allowed: Allowed = None,
    yes: host.Yes = False,
    docker_host: host.Host = "",
) -> None:
    """Run labs: have everything ready that they need, record, judge, clean up."""
    if step and not (sys.stdin.isatty() and people.is_terminal):
        raise Problem("Running step by step", "there is no terminal to ask questions on", "labs run without --step")
    labs = labs_named(names or (), everything=everything)
    known = register.load(catalog.REGISTER)
    only = known_claims(claims or (), labs, known)
    lacking = host_facts.lacking()
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    trials = trials or (1 if step else TRIALS)
    jobs = [j for j in plan(labs, trials=trials, seed=seed, only=only, full=full) if not j.trials.arm.needs & lacking]
    up = host.ready(docker_host, yes=yes)
    outputs = Outputs(to, junit, markdown, frozenset(allowed or ()), only)
    told = {
        "seed": seed,
        "trials": trials,
        "only": sorted(only),
        "labs": [lab.name for lab in labs],
        "lacking": sorted(lacking),
    }
    raise typer.Exit(recorded(up, people, labs, known, jobs, outputs, told, keep=keep, step=step))


def recorded(
    up: Up, console: Console, labs: Sequence[Lab], known: Register, jobs: Sequence[Job], to: Outputs,
    told: dict[str, Any], *, keep: bool = False, step: bool = False,
) -> int:  # fmt: skip
    if any(j.trials.arm.site.kind in kinds.HOSTS for j in jobs):
        kinds.have_hosts_image(up.engine, Steps(console))
    if manifests.have_proxy((j.trials.arm, manifests.FOLDER / j.lab) for j in jobs):
        proxy.have(up.engine, Steps(console))
    id_ = ownership.new_name()
    shared = up.shape.name if any(j.trials.arm.site.kind is Kind.CLUSTER for j in jobs) else ""
    does = " ".join(["labs run", *(lab.name for lab in labs)])
    with Life.begin(id_, up.engine, cluster=shared, does=does) as life:
        dead, left = ownership.forget_dead(up.engine)
        if dead:
            console.print(f"Removed what {', '.join(sorted(dead))} left behind.", highlight=False, soft_wrap=True)
        began = time.monotonic()
        show = Show(console, lambda: time.monotonic() - began)
        lacking = frozenset(told["lacking"])
        docket = Docket(labs, only=to.only, lacking=lacking, reruns=0 if step else RERUNS)
        log = journal.Journal(RUNS / id_, id_, facts(up, **told), (docket.hear, show.hear))
        stepper = Stepper(console, show, lambda prompt: console.input(Text(prompt))) if step else None

        def settled(one: Settled) -> None:
            show.verdict(findings.finding(one, known))

        programs = commands.group()
        one_run = Run(
            log, docket, jobs, lambda site: kinds.open_site(site, id_, up.engine), settled, stepper=stepper,
            check=life.check, programs=programs,
        )  # fmt: skip
        try:
            with show:
                one_run.go(keep=keep)
        finally:
            log.close()
            if left:
                console.print("\n".join(left), highlight=False, soft_wrap=True)
    code = close(console, [(log.folder, journal.recorded(log.folder))], labs, known, to, save=True)
    if stepper is not None:
        stepper.score()
    return code


def labs_named(names: Sequence[str], *, everything: bool) -> list[Lab]:
    if not names and not everything:
        raise Problem("Running labs", "none was named", f"labs run {catalog.names()[0]}, or --all")
    return [catalog.lab(name) for name in (catalog.judged() if everything else dict.fromkeys(names))]


def known_claims(ids: Sequence[str], labs: Sequence[Lab], known: Register) -> frozenset[str]:
    here = {c.id for lab in labs for c in lab.claims}
    for id_ in ids:
        known.claim(id_)
        if id_ not in here:
            names = ", ".join(lab.name for lab in labs)
            raise Problem(f"Looking for claim {id_}", f"{names} does not judge it", "labs list")
    return frozenset(ids)


def facts(up: Up, **more: Any) -> dict[str, Any]:
    """What a reader must know to compare this run with another."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "began_unix_s": time.time(),
        "host": {
            "system": f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}",
            "cores": os.cpu_count(),
            "memory_gib": round(memory / 2**30, 1),
            "load": os.getloadavg()[0],
        },
        "engine": {"version": up.engine.version, "cgroup": up.engine.cgroup},
        "kubernetes": {
            "version": up.mark.kubernetes or KUBERNETES,
            "nodes": up.shape.size(),
            "image": up.mark.origin,
        },
        "python": platform.python_version(),
        "room_cpus": capacity(),
        **more,
    }
