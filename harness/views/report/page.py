"""The page itself: what was judged and recorded, put into its template with all that it needs to be shown."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import escape

from harness import journal
from harness.journal import Recording
from harness.judging import catalog, register, reporting
from harness.judging.docket import Docket
from harness.judging.findings import Finding
from harness.judging.register import Claim as Known
from harness.judging.register import Register, of_articles
from harness.lab.claim import Lab
from harness.views.evidence import Evidence
from harness.views.report import claims, facts, recordings
from harness.views.report.claims import Told
from harness.views.report.recordings import Cell, Recordings, Trial
from harness.views.scaled import Scaled
from harness.views.shares import Shares
from harness.views.words import ALSO_ASKED, BEYOND, clean

if TYPE_CHECKING:
    import jinja2  # loaded where a page is made: it takes 20 ms

FOLDER = resources.files("harness.views.report")
SCRIPTS = ("vendor/d3.min.js", "vendor/plot.umd.min.js", "charts.js")
GLYPHS = {
    "act": '<path d="M0 5L-6 -5H6Z"/>',
    "ended": '<path d="M-4 -4L4 4M4 -4L-4 4"/>',
    "silent": '<path d="M-5 0H5"/>',
    "served": '<circle r="4.5"/>',
    "created": '<circle r="3.5"/>',
    "unready": '<path d="M0 -6L4 0L0 6L-4 0Z"/>',
    "ok": '<rect x="-4" y="-4" width="8" height="8"/>',
    "no": '<rect x="-4" y="-4" width="8" height="8"/>',
    "serving": '<rect x="0" y="-5" width="32" height="10"/>',
    "older": '<path d="M0 0H32"/>',
    "newer": '<path d="M0 0H32"/>',
    "asked": '<path d="M0 0H32"/>',
    "failed": '<path d="M0 0H32"/>',
    "met": '<path d="M0 0H28M28 -4V4"/>',
    "unmet": '<path d="M0 0H28M28 -4V4"/>',
}
"""Shapes of the legend and of the charts, which differ also for those who do not see their colours."""

MOST_BYTES = 2_900_000
"""Of the page: 3 MB, less what the notes on trials that are left out take."""

LONGEST = 3_000
"""Characters of any one thing that is told: nobody reads more, and the page stays small."""

Drawing = list[object]


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to be shown; of a damaged run there are recordings without verdicts."""

    runs: Sequence[Recording]
    labs: Sequence[Lab]
    docket: Docket
    findings: Sequence[Finding]
    known: Register
    lacking: frozenset[str]


@dataclass(frozen=True, slots=True)
class OfLab:
    name: str
    question: str
    claims: tuple[Told, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Claims beneath one heading: a lab's, or what people ask beyond the articles."""

    anchor: str
    name: str
    question: str
    claims: tuple[Told, ...]


def of(folders: Sequence[Path]) -> tuple[str, list[str]]:
    """The page, and what of these runs could not be read."""
    runs = list({run.id: run for run in map(journal.salvaged, folders)}.values())
    known = register.load(catalog.REGISTER)
    names = dict.fromkeys(name for run in runs for name in run.labs)
    labs = [catalog.lab(name) for name in names if name in catalog.names()]
    findings, docket = reporting.findings(labs, runs, known)
    text = html(Shown(runs, labs, docket, findings, known, reporting.lacking_in(runs)))
    return text, [f"{run.id}: {run.trouble}" for run in runs if run.trouble]


def html(shown: Shown, most_bytes: int = MOST_BYTES) -> str:
    """With the entries of as many trials as make a page of that size."""
    recorded = recordings.collected(shown.labs, shown.docket, shown.runs)
    labs = _labs(shown, recorded)
    recorded.write(most_bytes)
    text = _rendered(shown, labs, recorded)
    if (over := len(text.encode()) - most_bytes) > 0:
        written = sum(len(escape(trial.text).encode()) for trial in recorded.trials)
        recorded.write(written - over)
        text = _rendered(shown, labs, recorded)
    return text


def _rendered(shown: Shown, labs: Sequence[OfLab], recorded: Recordings) -> str:
    sections = _sections(labs)
    every = [told for section in sections for told in section.claims]
    scored = [told for told in every if of_articles(told.found.id)]
    not_shown = _not_shown(shown.known, every)
    scripts = [_file(name) for name in SCRIPTS]
    template = _environment().get_template("page.html")
    return template.render(
        labs=labs,
        sections=sections,
        claims=every,
        scored=scored or every,
        by_articles=bool(scored),
        asked=[told for told in every if told.asked],
        counted={tone: sum(told.tone == tone for told in scored or every) for tone in claims.TONES.values()},
        not_shown=not_shown,
        not_scored=sum(of_articles(claim.id) for claim in not_shown),
        warnings=[said for run in shown.runs for said in facts.warnings(run)],
        runs=[(run, facts.rows(run)) for run in shown.runs],
        anchors={key: cell.anchor for key, cell in recorded.cells.items()},
        glyphs=GLYPHS,
        drawings=[_drawing(trial) for trial in recorded.trials],
        style=_file("style.css"),
        scripts=scripts,
        policy=_policy(scripts),
    )


def _labs(shown: Shown, recorded: Recordings) -> list[OfLab]:
    """In the order of the runs; a lab that is not there any more has recordings alone."""
    known = {lab.name: lab for lab in shown.labs}
    return [
        OfLab(
            name,
            known[name].question if name in known else "",
            tuple(_claims(known[name], shown, recorded)) if name in known else (),
            tuple(recorded.of_lab(name)),
        )
        for name in dict.fromkeys([*known, *recorded.labs])
    ]


def _sections(labs: Sequence[OfLab]) -> list[Section]:
    own = [(lab, tuple(told for told in lab.claims if not told.asked)) for lab in labs]
    found = [Section(f"lab-{n}", lab.name, lab.question, told) for n, (lab, told) in enumerate(own, 1) if told]
    beyond = tuple(told for lab in labs for told in lab.claims if told.asked)
    return [*found, Section("also-asked", ALSO_ASKED, BEYOND, beyond)] if beyond else found


def _claims(lab: Lab, shown: Shown, recorded: Recordings) -> list[Told]:
    each = [
        claims.told(lab, Evidence(found, shown.docket, shown.lacking), shown.known, recorded)
        for found in shown.findings
        if found.lab == lab.name
    ]
    return [told for told in each if told.shown]


def _not_shown(register: Register, told: Sequence[Told]) -> list[Known]:
    here = {one.found.id for one in told}
    return [claim for claim in register.claims if claim.id not in here]


def _drawing(trial: Trial) -> Drawing:
    """As charts.js takes it apart again."""
    drawn = trial.drawn
    return [
        trial.number,
        _short(drawn.from_s),
        _short(drawn.to_s),
        [[_short(at), count] for at, count in drawn.serving],
        [[m.kind, _short(m.at_s), _plain(str(m))] for m in drawn.moments],
        [[s.kind, _short(s.from_s), _short(s.to_s), _plain(str(s))] for s in drawn.stretches],
        _scaled(trial.scaled) if trial.scaled else None,
        _shares(trial.shares) if trial.shares else None,
    ]


def _scaled(one: Scaled) -> Drawing:
    steps = [[_short(at), n] for at, n in one.steps]
    return [steps, _short(one.ends_s), [[_short(load.from_s), _short(load.to_s), load.per_s] for load in one.loads]]


def _shares(one: Shares) -> Drawing:
    low, high = one.band
    return [[[_plain(name), n] for name, n in one.each], _short(low), _short(high), one.p]


def _short(seconds: float) -> float:
    return round(seconds, 2)


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        finalize=lambda said: _plain(said) if type(said) is str else said,
        loader=jinja2.FunctionLoader(_file),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["whole"] = escape  # already bounded, line by line
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    return environment


def _plain(said: str) -> str:
    """Whatever is told came from somewhere: it is text, and not without end."""
    return clean(said if len(said) <= LONGEST else f"{said[:LONGEST]}… ({len(said) - LONGEST} more characters)")


def _file(name: str) -> str:
    return FOLDER.joinpath(name).read_text("utf-8")


def _policy(scripts: Sequence[str]) -> str:
    """Nothing may be loaded or sent, and no script runs but these. The library writes styles into its charts."""
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{one}'" for one in hashes)
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src {allowed}; base-uri 'none'; form-action 'none'"
