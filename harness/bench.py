"""`labs run` and `labs judge`: from names on the command line to verdicts, a document and an exit code."""

from __future__ import annotations

import json
import os
import platform
import random
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from harness import calibrate, catalog, journal, outcome, ownership, packing, register, reporting, typed
from harness import compare as comparison
from harness.model.clock import RealClock
from harness.model.errors import Interrupted, Problem
from harness.model.project import KUBERNETES
from harness.model.site import Kind
from harness.replay import Film, Projector
from harness.runner import Planned, Runner, plan
from harness.setup import engine as engines
from harness.setup.doctor import facts as host
from harness.setup.life import Life
from harness.setup.steps import Steps
from harness.sites import hosts
from harness.sites.cluster import ClusterPlace
from harness.sites.docker_host import DockerHostPlace
from harness.sites.engine import EnginePlace
from harness.sites.own_cluster import OwnClusterPlace
from harness.sites.swarm import SwarmPlace
from harness.step import Stepper
from harness.views import compare as comparing
from harness.views import explain as explanation
from harness.views import junit, markdown, table
from harness.views import lab as showing
from harness.views.show import Show, moving
from harness.views.words import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from harness.journal import Run
    from harness.model.claim import Lab
    from harness.model.site import Site
    from harness.register import Register
    from harness.setup.cluster.shared import Up
    from harness.setup.engine import Engine
    from harness.sites.place import Place

RUNS = Path("runs")
FIRST = "selfhealing"
SUMMARY = "GITHUB_STEP_SUMMARY"
"""Where a job of GitHub Actions wants its summary."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """In which forms a run is to be written, each to a file; - is stdout."""

    json: str = ""
    junit: str = ""
    markdown: str = ""


NOTHING_WRITTEN = Wanted()


def labs_named(names: Sequence[str], *, everything: bool) -> list[Lab]:
    if not names and not everything:
        raise Problem("Running labs", "none was named", f"labs run {catalog.names()[0]}, or --all")
    return [catalog.lab(name) for name in (catalog.names() if everything else dict.fromkeys(names))]


def known_claims(ids: Sequence[str], labs: Sequence[Lab], known: Register) -> frozenset[str]:
    here = {c.id for lab in labs for c in lab.claims}
    for id_ in ids:
        known.claim(id_)
        if id_ not in here:
            names = ", ".join(lab.name for lab in labs)
            raise Problem(f"Looking for claim {id_}", f"{names} does not judge it", "labs list")
    return frozenset(ids)


def run(
    up: Up,
    console: Console,
    labs: Sequence[Lab],
    known: Register,
    *,
    trials: int,
    only: frozenset[str] = frozenset(),
    seed: int | None = None,
    keep: bool = False,
    allowed: frozenset[str] = frozenset(),
    to: Wanted = NOTHING_WRITTEN,
    full: bool = False,
    step: bool = False,
) -> int:
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    lacking = host.lacking()
    planned = [
        p for p in plan(labs, trials=trials, seed=seed, only=only, full=full) if not p.cell.arm.needs & lacking
    ]
    kinds = {p.cell.arm.site.kind for p in planned}
    if kinds & {Kind.DOCKER_HOST, Kind.SWARM}:
        hosts.have_image(up.engine, Steps(console))
    id_ = ownership.new_name()
    shared = up.shape.name if Kind.CLUSTER in kinds else ""
    with Life.begin(id_, up.engine, cluster=shared, does=" ".join(["labs run", *(lab.name for lab in labs)])) as life:
        dead, left = ownership.forget_dead(up.engine)
        if dead:
            console.print(f"Removed what {', '.join(sorted(dead))} left behind.", highlight=False, soft_wrap=True)
        began = time.monotonic()
        show = Show(console, lambda: time.monotonic() - began)
        log = journal.Journal(
            RUNS / id_,
            id_,
            facts(up, seed=seed, trials=trials, labs=[lab.name for lab in labs], lacking=sorted(lacking)),
            show.take,
        )
        stepper = Stepper(console, show, lambda prompt: console.input(Text(prompt))) if step else None
        runner = Runner(
            list(labs),
            planned,
            places_for(up, id_, planned),
            log,
            known,
            show.verdict,
            only=only,
            all_of_them=full,
            lacking=lacking,
            unsure_s=calibrate.unsure_s(),
            stepper=stepper,
            check=life.check,
        )
        try:
            with show:
                runner.go(keep=keep)
        finally:
            log.close()
            if left:
                console.print("\n".join(left), highlight=False, soft_wrap=True)
    read = {RUNS / id_: journal.read(RUNS / id_)}
    code = close(console, read, labs, known, allowed=allowed, only=only, to=to, save=True)
    if stepper is not None:
        stepper.score()
    return code


def places_for(up: Up, run_id: str, planned: Sequence[Planned]) -> dict[str, Place]:
    """The sites that these trials need, in the order in which they are first needed."""
    prompt = engines.connect(up.engine.endpoint, silent_s=engines.PROMPT_S)
    needed = dict.fromkeys(p.cell.arm.site for p in planned)
    return {site.name: place_for(up, prompt, run_id, site) for site in needed}


def place_for(up: Up, prompt: Engine, run_id: str, site: Site) -> Place:
    """What is made for a lab may take the engine minutes; where trials run at once it has to be prompt."""
    match site.kind:
        case Kind.ENGINE:
            return EnginePlace(prompt, run_id)
        case Kind.CLUSTER:
            return ClusterPlace(prompt, run_id)
        case Kind.DOCKER_HOST:
            return DockerHostPlace(up.engine, run_id, site.name)
        case Kind.SWARM:
            return SwarmPlace(up.engine, run_id, site.name, site.size)
        case Kind.OWN_CLUSTER:
            return OwnClusterPlace(up.engine, run_id, site.name, site.size, site.without)


def close(
    console: Console,
    read: Mapping[Path, Run],
    labs: Sequence[Lab],
    known: Register,
    *,
    allowed: frozenset[str] = frozenset(),
    only: frozenset[str] = frozenset(),
    to: Wanted = NOTHING_WRITTEN,
    save: bool = False,
) -> int:
    """Judge what the journals say, show it, and write the document: the same whether it was just run or long ago."""
    folders, runs = list(read), list(read.values())
    together = journal.merged(runs)
    recorded = {lab.name: journal.of_lab(together, lab.name) for lab in labs}
    lacking = reporting.lacking_in(runs)
    findings = [f for f in outcome.judge(labs, recorded, known, lacking) if not only or f.id in only]
    leftovers = [x for r in runs for x in r.end.get("leftovers", [])]
    code = outcome.exit_code(findings, len(leftovers), allowed)
    document = outcome.document(runs[-1], findings, code)
    if save:
        (folders[-1] / "run.json").write_text(json.dumps(document, indent=2) + "\n")
    console.print()
    for line in table.closing(findings):
        console.print(line, soft_wrap=True)
    for lab in labs:
        for beside in table.shown(lab, recorded[lab.name]):
            console.print(Text(f"  beside: {one_line(beside)}", "dim"), soft_wrap=True)
    _say_times(console, runs, folders, leftovers)
    if to.json:
        write(document, to.json)
    if to.junit:
        told = junit.text(runs[-1], labs, recorded, findings, str(folders[-1]))
        write_text(told, to.junit)
    if to.markdown:
        write_text(markdown.text(runs[-1], findings, str(folders[-1])), to.markdown)
    if summary := os.environ.get(SUMMARY):
        write_text(markdown.text(runs[-1], findings, str(folders[-1])), summary, more=True)
    return code


def _say_times(console: Console, runs: Sequence[Any], folders: Sequence[Path], leftovers: Sequence[str]) -> None:
    end = runs[-1].end
    if "wall_s" in end:
        text = f"{end['wall_s']:.0f} s, of which {end['necessary_s']:.0f} s were necessary. "
        text += "Nothing was left behind. " if not leftovers else f"Left behind: {', '.join(leftovers)}. "
        console.print(f"\n{text}Recorded in {folders[-1]}.", highlight=False, soft_wrap=True)


def write(document: dict[str, Any], to: str) -> None:
    write_text(json.dumps(document, indent=2) + "\n", to)


def write_text(text: str, to: str, *, more: bool = False) -> None:
    """Into a file, in place of what is there or after it; - is stdout."""
    if to == "-":
        sys.stdout.write(text)
        return
    try:
        with Path(to).open("a" if more else "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Problem(f"Writing {to}", str(error.strerror), "another path, or - for stdout") from error


def judge(
    console: Console, folders: Sequence[Path], *, to: Wanted = NOTHING_WRITTEN, allowed: frozenset[str] = frozenset()
) -> int:
    read = {folder: journal.read(folder) for folder in folders}
    labs = [catalog.lab(name) for name in dict.fromkeys(n for r in read.values() for n in r.facts["labs"])]
    return close(console, read, labs, register.load(catalog.REGISTER), allowed=allowed, to=to)


def explain(console: Console, id_: str, folder: Path | None, *, every: bool) -> None:
    """From that run, or the newest one in which its lab was run, or the recording that comes with the lab."""
    known = register.load(catalog.REGISTER)
    entry = known.claim(id_)
    if entry.lab not in catalog.names():
        raise Problem(f"Explaining {id_}", f"its lab {entry.lab} is not built yet", "labs list")
    lab = catalog.lab(entry.lab)
    folder = folder or journal.newest(RUNS, lab.name) or recording(lab.name)
    run = journal.salvage(folder)
    lacking, recorded = reporting.lacking_in([run]), run.of_lab(lab.name)
    if run.trouble:
        _say_damage(console, run.trouble)
    findings = reporting.findings([lab], [run], {lab.name: recorded}, known)
    found = next((f for f in findings if f.id == id_), None)
    if found is None:
        raise Problem(f"Explaining {id_}", f"{lab.name} does not judge it yet", "labs list")
    console.print(f"From {folder}:", highlight=False, soft_wrap=True)
    for line in explanation.text(lab, entry, found, recorded, lacking, every=every):
        console.print(line, soft_wrap=True)


def _say_damage(console: Console, trouble: str) -> None:
    console.print(f"Damaged, so nothing is judged: {clean(trouble)}", style="red", markup=False, soft_wrap=True)


def replay(console: Console, folder: Path | None, *, speed: float) -> int:
    """Without a terminal that shows pictures nobody is kept waiting."""
    folder = folder or journal.newest(RUNS) or recording(FIRST)
    lines: list[dict[str, Any]] = []
    run = journal.salvage(folder, lines.append)
    named = () if run.trouble else run.labs
    labs = [catalog.lab(name) for name in named if name in catalog.names()]
    known = register.load(catalog.REGISTER)
    speed = speed if moving(console) else 0
    projector = Projector(RealClock(), speed)
    try:
        with Show(console, projector.now_s, by_itself=speed > 0) as show:
            projector.play(Film(lines, labs, known), show)
    except Interrupted as interrupted:
        return interrupted.code
    if run.trouble:
        _say_damage(console, run.trouble)
        return outcome.COULD_NOT_RUN
    return close(console, {folder: run}, labs, known)


def report(console: Console, folders: Sequence[Path], to: str) -> None:
    if not folders:
        if (newest := journal.newest(RUNS)) is None:
            raise Problem("Reporting the newest run", f"there is none in {RUNS}/", "labs report labs/recorded/*")
        folders = [newest]
    page, troubles = reporting.html(folders)
    write_text(page, to)
    for trouble in troubles:
        _say_damage(console, trouble)
    size = len(page.encode()) / 1e6
    console.print(f"{to}: {size:.1f} MB, one file; a browser shows it.", highlight=False, soft_wrap=True)


def compare(console: Console, first: Path, second: Path) -> int:
    """0 when nothing differs, 1 when something does, 5 when they have no claim in common."""
    one, other = journal.read(first), journal.read(second)
    both = [n for n in one.facts["labs"] if n in other.facts["labs"] and n in catalog.names()]
    if not both:
        console.print(f"{first} and {second} have no lab in common.", highlight=False, soft_wrap=True)
        return outcome.NOTHING
    labs = [catalog.lab(name) for name in both]
    found = list(comparison.differences(labs, one, other, register.load(catalog.REGISTER)))
    for line in comparing.lines(one, other, found):
        console.print(line, soft_wrap=True)
    return outcome.DIFFERS if found else outcome.AS_EXPECTED


def show(console: Console, name: str, *, sh: bool) -> None:
    lab = catalog.lab(name)
    if sh:
        sys.stdout.write("\n".join(typed.script(lab)) + "\n")
        return
    for line in showing.lines(lab, register.load(catalog.REGISTER)):
        console.print(line, soft_wrap=True)


def recording(lab: str) -> Path:
    """The one that comes with that lab."""
    return catalog.FOLDER / "recorded" / lab


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
        "room_cpus": packing.capacity(),
        "calibration": calibrate.known(),
        **more,
    }


def listed(known: Register) -> dict[str, Any]:
    """`labs.list/1`: every lab of the register, and which of its claims are built."""
    built: dict[str, set[str]] = {}
    questions: dict[str, str] = {}
    for name in catalog.names():
        lab = catalog.lab(name)
        built[name], questions[name] = {c.id for c in lab.claims}, lab.question
    rows = [
        {
            "name": name,
            "question": questions.get(name, ""),
            "claims": [{"id": c.id, "built": c.id in built.get(name, ())} for c in known.of_lab(name)],
        }
        for name in known.labs()
    ]
    return {"schema": "labs.list/1", "labs": rows}
