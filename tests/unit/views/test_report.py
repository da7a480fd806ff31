"""The page of a run: what it tells."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.judging import catalog, register
from harness.lab.claim import Lab, verdict_of
from harness.model.entries import Planned
from harness.model.verdict import Verdict, holds
from harness.views.report import numbers, page, recordings
from tests.support import folders
from tests.support.html import Page
from tests.support.reported import KNOWN, LABS, judged, of

OTHER = verdict_of("docker-volumes-persist")


@pytest.fixture(scope="module")
def whole() -> str:
    text, troubles = page.of(folders.every())
    assert troubles == []
    return text


@pytest.fixture(scope="module")
def shown(whole) -> Page:
    return Page(whole)


def test_every_claim_that_was_run_has_a_row_that_leads_to_it(shown):
    claims = [c for name in LABS for c in dict.fromkeys(c.id for c in catalog.lab(name).claims)]
    ids = [a["id"] for _, a in shown.elements if "id" in a]
    links = [a["href"] for a in shown.all("a")]

    for claim in claims:
        assert ids.count(claim) == 1
        assert f"#{claim}" in links
        assert KNOWN.claim(claim).sentence in shown.text
    assert all(link[1:] in ids for link in links if link.startswith("#"))
    assert len(ids) == len(set(ids))


def test_claims_that_were_not_run_are_listed_and_not_counted(shown):
    missing = [c for c in KNOWN.claims if f"#{c.id}" not in {a["href"] for a in shown.all("a")}]
    counted = [c for c in KNOWN.claims if register.of_articles(c.id)]
    run = len([c for c in counted if c not in missing])

    assert len(counted) == 62
    assert f"{62 - run} more claims were not run" in shown.text
    assert all(claim.id in shown.text for claim in missing)
    assert f"{run} came out as somebody who knows both platforms expected" in shown.words
    assert f"{run} claims from articles, run as experiments" in shown.words


def test_what_people_ask_beyond_the_articles_is_a_section_of_its_own_and_not_counted():
    lab = catalog.lab("storage")
    known, labs = (
        replace(KNOWN, claims=tuple(_asked(c) for c in KNOWN.claims)),
        [_with_claims(lab, [replace(c, id=ASKED) for c in lab.claims])],
    )
    alone = Page(page.html(judged([folders.recording("storage")], labs, known)))
    both = Page(page.html(judged([folders.recording("storage"), folders.recording("rollback")],
                                 [*labs, catalog.lab("rollback")], known)))  # fmt: skip

    assert "1 claim, run as experiments" in alone.words
    assert "1 claim from articles, run as experiments" in both.words
    assert "1 came out as somebody who knows both platforms expected" in both.words
    assert "Besides, 2 claims were run that people ask beyond the articles" in both.words
    assert [a["href"] for a in both.all("a")].count("#also-asked") == 2
    assert "its tracker" in both.text
    assert "https://example.org/1" in [a["href"] for a in both.all("a")]
    assert both.words.index("Also asked What people ask") > both.words.index("rollback")
    assert f"{ASKED}, lab storage" in both.words
    assert "it is so" in both.words


ASKED = "asked-volumes-persist"


def _asked(claim):
    """The storage lab's claim, as if people asked it."""
    if claim.id != "docker-volumes-persist":
        return claim
    return replace(claim, id=ASKED, sources=(register.Source("its tracker", "https://example.org/1"),))


def _with_claims(lab, claims):
    made = Lab(lab.question, "labs.storage")
    made.claims += claims
    return made


def test_a_verdict_is_told_in_words_and_whether_it_was_expected():
    expected = replace(KNOWN.claim("docker-volumes-persist"), expected="REFUTED")
    known = register.Register(tuple(expected if c.id == expected.id else c for c in KNOWN.claims))
    found = Page(page.html(judged([folders.recording("storage")], [catalog.lab("storage")], known)))

    assert "the article is right" in found.text
    assert "surprising: REFUTED was expected" in found.text
    assert any(a.get("class") == "surprising" for a in found.all("tr"))


def test_a_measured_number_stands_beside_what_was_predicted_and_published(shown):
    assert re.search(r"back [\d.]+ s 0\.1 to 2 s as predicted 0\.1 s the pause before the first restart", shown.words)
    assert "https://docs.docker.com/reference/api/engine/" in [a["href"] for a in shown.all("a")]


def test_a_number_outside_its_band_and_one_that_nothing_measured_say_so():
    outside = numbers.Number("back_s", 9.0, (0.1, 2.0), None)
    unmeasured = numbers.Number("noticed_s", None, (3.0, 4.0), None)

    assert (outside.compared, outside.outside) == ("outside the prediction", True)
    assert (unmeasured.measured_told, unmeasured.compared) == ("not measured", "")


def test_each_chart_says_what_it_shows_and_its_trials_are_told_in_words(shown):
    charts = [a for a in shown.all("div") if a.get("class") == "chart"]

    assert len(charts) > 40
    assert all(" trials of " in c["data-label"] or c["data-label"].startswith("One trial of") for c in charts)
    assert all(0 <= int(n) < len(shown.drawings) for c in charts for n in c["data-trials"].split())
    told = r"crash on web-1, 0\.0 s; web-1 died with exit code 1, 0\.\d s; web-1 serves again, 0\.\d s; watched for"
    assert re.search(told, shown.text)


def test_what_came_of_each_cell_is_told_in_its_questions_own_words(shown):
    assert "hang @ Deployment without a livenessProbe it stayed away" in shown.words
    assert re.search(r"crash @ run, policy always under test back after \d\.\d s", shown.words)


def test_commands_and_entries_are_there_without_a_script(shown):
    assert "docker run --detach --cpus 0.1 dk-labs/web:1 (100 times)" in shown.text
    assert "crash on web-1: done; sent at " in shown.text
    assert re.search(r"\(\d+ looks and \d+ requests not shown\)", shown.text)


def test_what_it_was_made_on_is_there_whatever_it_is(tmp_path):
    engine = {"version": "26.1.5+dfsg1", "cgroup": "1"}
    checks = {"checks": [{"name": "pause", "outage": 1.5}]}
    text, _ = of(tmp_path, lambda text: folders.saying(text, engine=engine, calibration=checks, began_unix_s=17.0))
    found = Page(text)

    assert "version 26.1.5+dfsg1, cgroup 1" in found.text
    assert "calibration, checks: pause" in found.text
    assert "outage 1.5" in found.text
    assert "began unix" not in found.text
    assert "schema" not in found.text


def test_what_the_judge_answered_to_each_stands_beneath(shown):
    assert "crash @ Pod blank REFUTED it was back after" in shown.words
    assert "crash @ run, policy no standard CONFIRMED it stayed away" in shown.words


def test_a_trial_that_does_not_count_says_why(tmp_path):
    def cut(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return "".join(line for line in lines if '"name": "crash"' not in line or '"trial": "t001"' not in line)

    text, _ = of(tmp_path, cut)

    assert "does not count, lines-lost: it has " in Page(text).text


def test_trials_stand_in_the_order_of_their_numbers(tmp_path):
    def swapped(text: str) -> str:
        """The second trial ends before the first."""
        lines = text.splitlines(keepends=True)
        head, first = lines[0], [line for line in lines if '"trial": "t001"' in line]
        rest = [line for line in lines[1:] if line not in first]
        return "".join([head, *rest[:-2], *first, *rest[-2:]])

    folder = folders.changed(tmp_path / "r", swapped)
    runs = [page.journal.salvaged(folder)]
    shown = judged(runs, [catalog.lab("storage")])
    name = next(one.cell for trial, one in runs[0].lines if trial == "t001" and isinstance(one, Planned))
    assert [t.number for t in shown.docket.timelines["storage"][name]] == [2, 1]

    (cell,) = (c for c in recordings.collected(shown.labs, shown.docket, runs).of_lab("storage") if c.name == name)
    assert cell.trials[0].entries[0].splitlines()[0].endswith("the trial begins, 0.8 s into the run")


def test_a_claim_that_follows_from_other_verdicts_is_shown_without_trials():
    storage = catalog.lab("storage")
    derived = Lab("Does it follow?", "labs.storage")
    derived.claims += storage.claims

    @derived.claim("k8s-restarts-failed-containers")
    def follows(other=OTHER) -> Verdict:
        return holds(f"as {other.grade}")

    found = Page(page.html(judged([folders.recording("storage")], [derived])))

    assert "the verdict over docker-volumes-persist tested CONFIRMED as CONFIRMED" in found.words
    assert len(found.all("article")) == 2
    assert len(found.all("figure")) == 1
