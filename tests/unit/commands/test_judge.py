"""Commands that look anew at what was recorded: which run they take, what they say, and their exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from harness.commands import judge, outputs
from harness.model.errors import Problem
from tests.support import folders

CLAIM = "docker-volumes-persist"


@pytest.fixture
def said(tmp_path, monkeypatch, capsys):
    """Run one in a folder of its own; its exit code, and all that it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv(outputs.SUMMARY, raising=False)

    def run(command, *arguments, **named) -> tuple[int, str]:
        code = 0
        try:
            command(*arguments, **named)
        except typer.Exit as leaving:
            code = leaving.exit_code
        out, err = capsys.readouterr()
        return code, out + err

    return run


# -- explain


def test_without_a_run_of_ones_own_the_recording_that_comes_along_is_explained(said, monkeypatch):
    monkeypatch.setattr(judge, "comes_with", folders.folder)

    assert f"From {folders.folder('storage')}:" in said(judge.explain, CLAIM)[1]


def test_the_newest_run_of_that_lab_is_explained_and_a_damaged_one_passed_over(said, tmp_path):
    text = folders.text("storage")
    for name, content in (("1", text), ("2", text), ("3", "{damaged"), ("4", text.replace("storage", "other"))):
        folders.written(tmp_path / "runs" / name, content)

    assert "From runs/2:" in said(judge.explain, CLAIM)[1]


def test_of_a_damaged_run_all_is_shown_but_no_verdict(said, tmp_path):
    text = said(judge.explain, CLAIM, folders.changed(tmp_path / "r", folders.damaged))[1]

    assert "Damaged, so nothing is judged: journal.jsonl, line 61:" in text
    assert "remove and recreate @ named volume" in text
    assert "the trial ends after" in text
    assert "not settled (damaged-journal)" in text
    assert not any(f"{grade}: " in text.replace("expected   CONFIRMED: ", "") for grade in ("CONFIRMED", "REFUTED"))


@pytest.mark.parametrize(("claim", "seen"), [("docker-volumes-persits", "near it"), ("k8s-ingress-builtin", "yet")])
def test_what_cannot_be_explained_is_told(said, monkeypatch, claim, seen):
    monkeypatch.setattr(judge, "comes_with", folders.folder)
    with pytest.raises(Problem, match=seen):
        said(judge.explain, claim)


# -- report


def test_the_newest_run_is_reported_and_the_line_says_where(said, tmp_path):
    for name in ("1120", "1121"):
        folders.written(tmp_path / "runs" / name, folders.called(folders.text("storage"), f"of-{name}"))

    assert "out.html: 0." in said(judge.report, None, "out.html")[1]
    assert "Run of-1121" in Path("out.html").read_text()


def test_what_of_a_run_is_damaged_is_told_beside_the_page(said, tmp_path):
    folder = folders.changed(tmp_path / "r", folders.damaged)

    assert "Damaged, so nothing is judged: " in said(judge.report, [folder], "out.html")[1]
    assert Path("out.html").exists()


def test_where_no_run_is_the_reader_is_told_what_to_type(said):
    with pytest.raises(Problem, match=r"labs report labs/recorded/\*"):
        said(judge.report, None, "out.html")


# -- compare


@pytest.mark.parametrize(
    ("first", "second", "code", "told"),
    [("storage", "storage", 0, "No verdict differs"), ("storage", "architecture", 5, "no lab in common")],
)
def test_whether_two_runs_differ_is_said_and_is_the_exit_code(said, first, second, code, told):
    found, text = said(judge.compare, folders.folder(first), folders.folder(second))

    assert found == code
    assert told in text


def test_a_difference_is_shown_and_is_exit_code_1(said, tmp_path):
    lost = folders.changed(
        tmp_path / "r",
        lambda text: text.replace('"fact": "read back", "said": "8388608', '"fact": "read back", "said": "1'),
    )
    code, text = said(judge.compare, folders.folder("storage"), lost)

    assert code == 1
    assert "docker-volumes-persist, the verdict: CONFIRMED, then INCONCLUSIVE" in text


def test_a_folder_without_a_run_is_told(said, tmp_path):
    with pytest.raises(Problem, match="No such file"):
        said(judge.compare, folders.folder("storage"), tmp_path)


# -- judge


def judged(said, **to: str) -> int:
    return said(judge.judge, [folders.folder("storage")], **to)[0]


def test_each_form_that_is_wanted_is_written(said, tmp_path):
    files = {name: str(tmp_path / name) for name in ("to", "junit", "markdown")}

    assert judged(said, **files) == 0
    assert all(CLAIM in Path(file).read_text() for file in files.values())


def test_the_summary_of_a_job_is_added_to_what_is_there(said, tmp_path, monkeypatch):
    summary = tmp_path / "summary"
    summary.write_text("before\n")
    monkeypatch.setenv(outputs.SUMMARY, str(summary))

    judged(said)
    judged(said)

    assert summary.read_text().startswith("before\n|")
    assert summary.read_text().count("| claim |") == 2


def test_a_file_that_cannot_be_written_is_told(said):
    with pytest.raises(Problem, match="no/such/folder"):
        judged(said, junit="no/such/folder/x.xml")
