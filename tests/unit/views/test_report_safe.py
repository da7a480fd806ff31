"""The page of a run: nothing leaves it, nothing breaks it, and nothing in it is anything but text."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from harness.journal import Recording
from harness.model.errors import Problem
from harness.model.lines import SCHEMA, Over, Run
from harness.views.report import facts, page, recordings
from harness.views.words import one_line
from tests.support import folders
from tests.support.hostile import HOSTILE, hostile_run
from tests.support.html import Page
from tests.support.reported import KNOWN, of


@pytest.fixture(scope="module")
def whole() -> str:
    text, troubles = page.of(folders.every())
    assert troubles == []
    return text


@pytest.fixture(scope="module")
def shown(whole) -> Page:
    return Page(whole)


def test_it_loads_nothing_and_links_only_to_itself_and_to_what_was_published(whole, shown):
    published = {figure.url for claim in KNOWN.claims for figure in claim.published.values()}
    published |= {source.url for claim in KNOWN.claims for source in claim.sources}

    assert not [a for _, a in shown.elements if {"src", "srcset", "data", "action", "poster"} & a.keys()]
    assert {name for name, a in shown.elements if "href" in a} == {"a"}
    assert {a["href"] for a in shown.all("a") if not a["href"].startswith("#")} <= published
    style = re.search(r"<style>(.*?)</style>", whole, re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style


def test_only_its_own_scripts_may_run(shown):
    (policy,) = (a["content"] for a in shown.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    run = [said for kind, said in shown.scripts if "type" not in kind]

    assert policy.startswith("default-src 'none';")
    assert "unsafe-inline' http" not in policy
    hashes = [base64.b64encode(hashlib.sha256(said.encode()).digest()).decode() for said in run]
    assert re.findall(r"'sha256-([^']+)'", policy) == hashes
    assert len(run) == 3
    assert not [name for _, a in shown.elements for name in a if name.startswith("on")]


def test_the_library_is_the_one_that_its_note_says():
    note = page.FOLDER.joinpath("vendor/README.md").read_text()
    for name in page.SCRIPTS[:2]:
        content = page.FOLDER.joinpath(name).read_bytes()
        assert hashlib.sha256(content).hexdigest() in note
        assert b"</script" not in content.lower()
        assert b"<!--" not in content
        assert b"\r" not in content


def test_each_kind_that_is_drawn_is_in_the_legend_and_known_to_the_script(shown):
    script = page.FOLDER.joinpath("charts.js").read_text()
    drawn = {point[0] for _, _, _, _, points, spans, *_ in shown.drawings for point in (*points, *spans)}
    legend = {a["data-kind"] for a in shown.all("svg") if "data-kind" in a}

    assert drawn - {"serving"} <= legend == page.GLYPHS.keys()
    assert all(f"    {kind}: {{ lane:" in script for kind in page.GLYPHS if kind != "serving")


def test_hostile_text_stays_text(tmp_path):
    text, _ = page.of([hostile_run(tmp_path / "hostile")])
    found = Page(text)
    sound = Page(page.of([folders.folder("storage")])[0])

    assert len(found.scripts) == len(sound.scripts) == 4
    assert found.all("img") == []
    assert found.all("iframe") == []
    assert not [name for _, a in found.elements for name in a if name.startswith("on")]
    assert [n for n, _ in found.elements].count("style") == 1
    for said in HOSTILE.values():
        assert one_line(said) in found.words or len(said) > recordings.LONGEST_LINE
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert "\u2028" not in next(said for kind, said in found.scripts if kind.get("type"))
    assert len(text) < 2_000_000
    assert len(found.drawings) == len(sound.drawings)


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (folders.damaged, "journal.jsonl, line 61: JSONDecodeError"),
        (lambda text: text.partition("\n")[2], "does not say which run it is"),
        (lambda text: text.replace('"kind": "Opened"', '"kind": "Invented"'), "no line of a journal is of that kind"),
    ],
    ids=["damaged", "headless", "of another kind"],
)
def test_of_what_is_damaged_one_line_says_so_and_the_rest_is_shown_without_verdicts(tmp_path, change, seen):
    text, troubles = of(tmp_path, change)
    found = Page(text)

    assert len(troubles) == 1
    assert seen in troubles[0]
    assert seen in found.text
    assert "not judged: journal.jsonl" in found.text
    assert "a: not judged" not in found.text
    assert not re.search(r"the article is (right|wrong)", found.text)
    assert "CONFIRMED" not in found.text.replace("CONFIRMED: Both lie outside", "")
    assert "remove and recreate @ named volume" in found.text
    assert len(found.drawings) == 10


def test_a_run_of_another_version_of_the_bench_is_refused(tmp_path):
    with pytest.raises(Problem, match=r"labs\.journal/9, this program reads"):
        of(tmp_path, lambda text: text.replace(SCHEMA, "labs.journal/9"))


def test_a_run_may_say_anything_of_itself(tmp_path):
    said = {"labs": 7, "host": [[1], {"x": None}], "lacking": {"y": 1}, "engine": 3}
    text, troubles = of(tmp_path, lambda text: folders.saying(text, **said))

    assert troubles == []
    assert "the article is right" in Page(text).text


def test_a_run_that_was_cut_short_is_judged_by_what_it_has_and_says_so(tmp_path):
    text, troubles = of(tmp_path, lambda text: text[: int(len(text) * 0.9)])
    found = Page(text)

    assert troubles == []
    assert "was cut short" in found.text
    assert "remove and recreate @ named volume" in found.text


def test_a_damaged_run_beside_a_sound_one_takes_no_verdict_from_another_lab(tmp_path):
    damaged = folders.changed(tmp_path / "r", folders.damaged)
    text, _ = page.of([damaged, folders.folder("architecture")])

    rows = re.findall(r'<tr role="row" class="(\w+)">', text)
    assert sorted(rows) == ["expected", "lab", "lab", "open"]


def test_a_run_that_is_named_twice_is_shown_once():
    one = folders.folder("storage")

    assert page.of([one, one])[0] == page.of([one])[0]


def test_runs_of_one_lab_are_shown_together(tmp_path):
    again = folders.changed(tmp_path / "again", lambda text: folders.called(text, "again"))
    found = Page(page.of([folders.folder("storage"), again])[0])

    assert len(found.drawings) == 20
    assert "as expected" in found.text
    assert "Run again" in found.text


def test_recordings_of_a_lab_that_is_not_there_any_more_are_shown(tmp_path):
    def gone(text: str) -> str:
        return text.replace('"lab": "storage"', '"lab": "flying"').replace('["storage"]', '["flying"]')

    text, _ = of(tmp_path, gone)
    found = Page(text)

    assert "No lab declares this cell any more." in found.text
    assert "8388608:" in found.text
    assert len(found.drawings) == 10


def test_recordings_of_a_cell_that_is_not_there_any_more_are_shown_beside_the_others(tmp_path):
    text, _ = of(tmp_path, lambda text: text.replace("remove and recreate @ anonymous volume", "another @ one"))

    assert Page(text).text.count("No lab declares this cell any more.") == 1


@pytest.mark.parametrize(
    ("over", "seen"),
    [
        (Over(how="interrupted", wall_s=1.0), "was interrupted"),
        (Over(how="done", wall_s=1.0, left=("web-1",)), "could not remove everything: web-1"),
        (None, "was cut short"),
    ],
)
def test_a_reader_is_warned_of_how_a_run_ended(over, seen):
    lines = [("", Run(schema=SCHEMA, run="r", facts={})), *([("", over)] if over else [])]

    assert seen in " ".join(facts.warnings(Recording("r", lines=lines)))


def test_facts_of_any_shape_become_rows():
    deep: object = "x"
    for _ in range(500):
        deep = {"in": [deep]}
    said = {"deep": deep, "host": {"cores": 2, "load": 1.23456}, "lacking": [], "ok": True}
    found = facts.rows(Recording("r", said, [("", Over(how="done", wall_s=12.34))]))

    assert ("host", "cores 2, load 1.235") in found
    assert ("lacking", "none") in found
    assert ("ok", "yes") in found
    assert found[-1] == ("took", "12.34 s")
