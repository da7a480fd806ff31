"""The page of a run: how long it takes to make, and how great it gets."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace

from harness.journal import FILE, Recording
from harness.judging import catalog, register
from harness.lab.claim import Lab
from harness.model.entries import Planned
from harness.model.lines import SCHEMA, Run
from harness.views.report import page, recordings
from tests.support import folders
from tests.support.html import Page
from tests.support.reported import KNOWN, LABS, judged

CLAIMS = sum(len({c.id for c in catalog.lab(name).claims}) for name in LABS)
TIMES = round(60 / CLAIMS)


def many(times: int) -> page.Shown:
    """The labs in memory several times over, under other names."""
    runs, labs, known = [], [], []
    for number, name in enumerate(name for name in LABS for _ in range(times)):
        lab, run, called = catalog.lab(name), folders.recording(name), f"{name}-{number}"
        new = {c.id: f"{c.id}-{number}" for c in lab.claims}
        copy = Lab(lab.question, called)
        copy.claims, copy.shown, copy.long = [replace(c, id=new[c.id]) for c in lab.claims], lab.shown, lab.long
        labs.append(copy)
        known += [replace(KNOWN.claim(old), id=id_, lab=called) for old, id_ in new.items()]
        runs.append(Recording(called, run.facts | {"labs": [called]}, [_as(line, called) for line in run.lines]))
    return judged(runs, labs, register.Register(tuple(known)))


def _as(line, called):
    trial, one = line
    if isinstance(one, Planned):
        return trial, replace(one, lab=called)
    return (trial, replace(one, run=called)) if isinstance(one, Run) else line


def test_sixty_claims_are_one_page_in_three_seconds_below_three_megabytes():
    shown = many(TIMES)
    began = time.process_time()  # whatever else runs on the machine
    text = page.html(shown)
    took = time.process_time() - began

    found = Page(text)
    trials = sum(isinstance(one, Planned) for name in LABS for _, one in folders.recording(name).lines)
    assert len(found.all("article")) == TIMES * CLAIMS
    assert len(found.drawings) == TIMES * trials
    assert recordings.LEFT_OUT in found.text
    assert len(text.encode()) <= 3_000_000
    assert took <= 3 * 2  # goal 3 s on an idle machine; beside other work processor time doubles


def test_entries_of_every_cell_come_before_second_trials_of_any():
    run = folders.recording("storage")
    shown = judged([run], [catalog.lab("storage")])
    found = recordings.collected(shown.labs, shown.docket, [run])
    first = sum(len(page.escape(t.entries[0]).encode()) for t in found.trials if t.number == 1)
    found.write(first + 100)

    assert [trial.number for trial in found.trials if trial.text] == [1] * len(found.cells)
    assert all(trial.left_out for trial in found.trials if trial.number > 1)


def test_the_entries_of_a_long_trial_end_in_time_and_say_so(monkeypatch):
    monkeypatch.setattr(recordings, "LONGEST_TEXT", 1_000)
    run = folders.recording("storage")
    shown = judged([run], [catalog.lab("storage")])
    found = recordings.collected(shown.labs, shown.docket, [run])

    text, more = next(found.trials).entries
    assert len(text) <= 1_000
    assert re.fullmatch(r"\(\d+ more entries stand in the journal\)( \(\d+ looks? not shown\))?", more)


def test_its_journal_is_the_only_file_of_a_run_that_it_needs(tmp_path):
    folder = folders.written(tmp_path / "r", folders.text("storage"))

    assert [file.name for file in folder.iterdir()] == [FILE]
    assert page.of([folder])[1] == []
    assert json.loads((folder / FILE).read_text().partition("\n")[0])["schema"] == SCHEMA
