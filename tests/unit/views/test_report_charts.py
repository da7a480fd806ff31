"""The page of a run: how many copies served under a load, and who answered how many requests."""

from __future__ import annotations

import pytest

from harness.judging import catalog
from harness.views.report import page
from tests.support import folders, growing
from tests.support.html import Page
from tests.support.reported import judged

SCALED, SHARES = 6, 7
"""Where they stand in what the script draws."""


@pytest.fixture(scope="module")
def grown() -> Page:
    return Page(page.html(judged([growing.run()], [growing.lab()])))


@pytest.fixture(scope="module")
def shared() -> Page:
    return Page(page.html(judged([folders.recording("networking")], [catalog.lab("networking")])))


def charts(shown: Page, kind: str) -> list[dict[str, str]]:
    return [a for a in shown.all("div") if a.get("class") == "chart" and a.get("data-kind") == kind]


def test_each_cell_has_the_lines_of_its_trials_in_one_chart(grown):
    hpa, loop = charts(grown, "copies")

    assert [len(c["data-trials"].split()) for c in (hpa, loop)] == [3, 2]
    assert hpa["data-label"].startswith("3 trials of busy @ an HPA, how many copies served. The first: 1 at first, ")
    assert charts(grown, "shares") == []
    assert "a line for each trial; shaded, a load of 5 requests a second." in grown.words


def test_the_lines_and_the_load_are_on_the_clock_of_the_timelines(grown):
    drawing = grown.drawings[0]
    steps, until, loads = drawing[SCALED]

    assert steps == [[0.0, 1], [17.0, 2], [20.0, 3], [23.0, 4], [42.4, 3], [46.4, 2], [50.4, 1]]
    assert until == drawing[2] == 50.4
    assert loads == [[0.1, 20.4, 5]]
    acts = [at for kind, at, _ in drawing[4] if kind == "act"]
    assert acts[0] == steps[0][0]


def test_what_they_show_is_told_in_words_too(grown):
    assert "copies: 1 at first, 4 at 23.0 s, 1 at 50.4 s; a load of 5 a second, 0.1 to 20.4 s" in grown.words


def test_each_cell_has_a_bar_for_each_copy_of_each_trial(shared):
    cells = catalog.lab("networking").cells
    found = charts(shared, "shares")

    assert len(found) == 4  # those that the claim rests on
    assert all(any(f" trials of {cell}, who answered" in c["data-label"] for cell in cells) for c in found)
    assert charts(shared, "copies") == []
    for trial in (shared.drawings[int(n)] for c in found for n in c["data-trials"].split()):
        each, low, high, p = trial[SHARES]
        even = sum(n for _, n in each) / 3
        assert len(each) == 3
        assert low < even < high
        assert p.startswith("p ")
        assert trial[SCALED] is None


def test_what_they_cannot_show_is_said_once_for_a_claim(shared):
    assert shared.words.count("lies within that range more often than not") == 1
    assert "Neither is judged. What 30" in shared.words
    assert " answers: web-1 " in shared.words


def test_other_claims_have_none_of_them():
    shown = Page(page.html(judged([folders.recording("storage")], [catalog.lab("storage")])))

    assert charts(shown, "copies") == charts(shown, "shares") == []
    assert "more often than not" not in shown.text
    assert all(drawing[SCALED:] == [None, None] for drawing in shown.drawings)
