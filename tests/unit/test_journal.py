"""The journal: what was written is read back, and what is damaged is told with its place."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from harness import journal
from harness.journal import Journal, newest, recorded, salvaged
from harness.model.entries import Looked, Planned
from harness.model.errors import Problem
from harness.model.lines import SCHEMA, Over, Run, Trouble, Waits
from tests.support.lines import request
from tests.support.trials import back, cell, one

ENTRIES = (*back(), replace(one(request(9.0)), to='größer, "quoted"\nand a new line'))
PLANNED = Planned(lab="small", cell=cell("here").cell, number=1, of=1)


def write(folder, run="run-1", *, trials=("t001",), lab="small", over=True, **facts):
    log = Journal(folder, run, {"labs": [lab], "seed": 7} | facts)
    for trial in trials:
        log.put(trial, replace(PLANNED, lab=lab))
        for entry in ENTRIES:
            log.put(trial, entry)
    if over:
        log.put("", Over(how="done", wall_s=9.0))
    log.close()
    return folder / journal.FILE


def change(file, number, line):
    lines = file.read_text().split("\n")
    lines[number - 1] = line(lines[number - 1]) if callable(line) else line
    file.write_text("\n".join(lines))


# -- written and read


def test_what_was_written_is_read_back(tmp_path):
    write(tmp_path / "r", trials=("t001", "t002"))
    run = recorded(tmp_path / "r")
    assert (run.id, run.facts["seed"], run.over.how, run.trouble) == ("run-1", 7, "done", "")
    assert (run.labs, run.lacking) == (("small",), frozenset())
    for trial in ("t001", "t002"):
        assert tuple(e for t, e in run.lines if t == trial) == (PLANNED, *ENTRIES)


def test_what_is_no_text_is_kept_as_it_was_given(tmp_path):
    odd = Trouble(text="\udcff\u2028\x1b[31m")
    log = Journal(tmp_path / "r", "run-1", {})
    log.put("t001", odd)
    log.close()
    assert recorded(tmp_path / "r").lines[1:] == [("t001", odd)]


def test_each_line_is_there_as_soon_as_it_is_written(tmp_path):
    log = Journal(tmp_path / "r", "run-1", {})
    log.put("t001", PLANNED)
    assert recorded(tmp_path / "r").lines[1:] == [("t001", PLANNED)]
    log.close()


def test_whoever_listens_hears_each_line_once_it_is_written(tmp_path):
    heard = []

    def hears(trial, entry):
        heard.append((trial, type(entry), len((tmp_path / "r" / journal.FILE).read_text().splitlines())))

    log = Journal(tmp_path / "r", "run-1", {}, (hears,))
    log.put("t001", PLANNED)
    log.put("t001", ENTRIES[0])
    log.close()
    assert heard == [("", Run, 1), ("t001", Planned, 2), ("t001", type(ENTRIES[0]), 3)]


def test_all_hear_in_the_order_in_which_it_is_written_whoever_writes(tmp_path):
    heard = []
    log = Journal(tmp_path / "r", "run-1", {}, (lambda trial, entry: heard.append((trial, entry)),))
    threads = [
        threading.Thread(target=lambda t=t: [log.put(f"t{t}", Looked(at_s=n, serving=0)) for n in range(50)])
        for t in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    assert recorded(tmp_path / "r").lines == heard
    assert len(heard) == 201


def test_it_keeps_the_recording_of_each_trial_without_what_passes_by(tmp_path):
    log = Journal(tmp_path / "r", "run-1", {})
    for entry in (PLANNED, Waits(missing="it"), ENTRIES[0], Trouble(text="odd")):
        log.put("t001", entry)
    log.put("", Over(how="done", wall_s=1.0))
    log.close()
    assert dict(log.trials) == {"t001": [PLANNED, ENTRIES[0]]}


def test_what_comes_after_the_end_is_dropped_and_does_not_raise(tmp_path):
    log = Journal(tmp_path / "r", "run-1", {})
    log.close()
    log.put("t001", ENTRIES[0])
    log.close()
    assert len((tmp_path / "r" / journal.FILE).read_text().splitlines()) == 1


# -- where nothing can be written


def test_a_run_is_not_written_over(tmp_path):
    write(tmp_path / "r")
    with pytest.raises(
        Problem, match=r"Making a folder for the recording: File exists: .*a folder that can be written"
    ):
        Journal(tmp_path / "r", "run-1", {})


def test_where_no_folder_can_be_made_it_is_told_what_to_type(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(Problem, match=r"Not a directory: .*runs/r\. Try: the same from a folder that can be written"):
        Journal(tmp_path / "runs" / "r", "run-1", {})


def test_a_full_disk_is_told_once_and_raises_nothing(tmp_path):
    heard = []
    log = Journal(tmp_path / "r", "run-1", {}, (lambda _, entry: heard.append(entry),))
    log._file.close()
    log._file = open("/dev/full", "w", buffering=1)  # noqa: SIM115
    log.put("t001", ENTRIES[0])
    log.put("t001", ENTRIES[1])
    assert log.full == f"No space left on device: {tmp_path / 'r' / journal.FILE}"
    assert heard[1:] == list(ENTRIES[:2])  # who looks on still sees how it ends
    log.close()
    assert log.full.startswith("No space left")


# -- cut short


def test_a_last_line_cut_short_is_what_a_killed_run_leaves(tmp_path):
    file = write(tmp_path / "r", over=False)
    whole = file.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for length in range(last, len(whole) - 1):
        file.write_bytes(whole[:length])
        run = recorded(tmp_path / "r")
        assert (len(run.lines), run.over) == (len(ENTRIES) + 1, None)


# -- damaged


@pytest.mark.parametrize(
    "line",
    [
        "{", "no json", "[]", "7", "null", '{"no": "kind"}', '{"kind": "Rumour"}', '{"kind": "Looked"}',
        '{"kind": "Looked", "serving": "one"}', '{"kind": "Looked", "serving": 1, "at_s": "soon"}',
        '{"kind": "Looked", "serving": 1, "at_s": null}', '{"kind": "Looked", "serving": 1, "at_s": NaN}',
        f'{{"kind": "Looked", "serving": 1, "at_s": 1{"0" * 400}}}', '{"kind": "Looked", "serving": 1, "facts": {}}',
        '{"kind": "Copy", "name": ["x"], "thing": "x", "id": "x"}', '{"kind": "Looked", "trial": 7, "serving": 1}',
        "[" * 100_000,
    ],
)  # fmt: skip
def test_damage_in_the_middle_is_told_with_file_and_line(tmp_path, line):
    change(write(tmp_path / "r"), 4, line)
    with pytest.raises(Problem, match=r"journal\.jsonl, line 4: .*another run: ls runs/"):
        recorded(tmp_path / "r")
    assert len(salvaged(tmp_path / "r").lines) == len(ENTRIES) + 2


def test_a_last_line_that_is_whole_but_damaged_is_told_too(tmp_path):
    file = write(tmp_path / "r")
    file.write_text(file.read_text() + "damaged\n")
    with pytest.raises(Problem, match=f"line {len(ENTRIES) + 4}"):
        recorded(tmp_path / "r")


def test_of_a_damaged_run_the_rest_is_salvaged_and_the_trouble_is_one_line(tmp_path):
    file = write(tmp_path / "r", trials=("t001", "t002"))
    for number in (4, 5, 7):
        change(file, number, "no json")
    run = salvaged(tmp_path / "r")
    assert len(run.lines) == 2 * len(ENTRIES) + 1
    assert "journal.jsonl, line 4: JSONDecodeError" in run.trouble
    assert run.trouble.endswith("; 2 more lines like it")
    assert "\n" not in run.trouble


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\n" * 3, b"7\n8\n"])
def test_where_nothing_can_be_read_nothing_is_salvaged(tmp_path, content):
    write(tmp_path / "r").write_bytes(content)
    with pytest.raises(Problem, match=r"journal\.jsonl"):
        salvaged(tmp_path / "r")


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Problem, match=r"Reading run .*nowhere: journal\.jsonl: No such file"):
        recorded(tmp_path / "nowhere")


def test_a_run_without_a_head_is_named_by_its_folder(tmp_path):
    file = write(tmp_path / "r")
    file.write_text("\n".join(file.read_text().split("\n")[1:]))
    run = salvaged(tmp_path / "r")
    assert (run.id, run.facts, run.labs) == ("r", {}, ("small",))
    with pytest.raises(Problem, match="does not say which run it is"):
        recorded(tmp_path / "r")


# -- of another version


@pytest.mark.parametrize(
    "head",
    [
        lambda line: line.replace(SCHEMA, "labs.journal/9"),
        lambda line: json.dumps(json.loads(line) | {"schema": "labs.journal/9", "colour": "red"}),
        lambda _: '{"type": "run", "schema": "labs.journal/1", "run": "old"}',
    ],
)
def test_a_run_of_another_version_is_called_that_and_not_damaged(tmp_path, head):
    file = write(tmp_path / "r")
    change(file, 1, head)
    change(file, 3, '{"kind": "Dreamt", "trial": "t001", "of": {"sheep": 3}}')
    with pytest.raises(Problem) as problem:
        recorded(tmp_path / "r")
    told = str(problem.value)
    assert SCHEMA in told
    assert "schema" in told
    assert "line" not in told
    assert told.endswith("Try: the version of labs that recorded it")
    assert "\n" not in told


# -- what it says of itself


@pytest.mark.parametrize("labs", [None, 7, "small", {"small": 1}, [1, None], []])
def test_a_run_that_does_not_say_its_labs_has_those_that_it_recorded(tmp_path, labs):
    write(tmp_path / "r", labs=labs)
    assert recorded(tmp_path / "r").labs == ("small",)


def test_labs_that_it_was_begun_for_are_named_first_though_nothing_was_recorded_of_them(tmp_path):
    write(tmp_path / "r", labs=["other", "small", 7])
    assert recorded(tmp_path / "r").labs == ("other", "small")


@pytest.mark.parametrize(
    ("lacking", "found"), [(["swap", 7], {"swap"}), ("swap", set()), (7, set()), (None, set()), ({"swap": 1}, set())]
)
def test_what_a_host_lacks_is_a_list_of_texts_or_nothing(tmp_path, lacking, found):
    write(tmp_path / "r", lacking=lacking)
    assert recorded(tmp_path / "r").lacking == found


def test_a_run_that_says_nothing_of_itself_can_be_read(tmp_path):
    file = write(tmp_path / "r")
    change(file, 1, f'{{"kind": "Run", "schema": "{SCHEMA}", "run": "run-1", "facts": {{}}}}')
    run = recorded(tmp_path / "r")
    assert (run.labs, run.lacking) == (("small",), frozenset())


# -- which one is the newest


def test_the_newest_run_of_a_lab_is_found_by_its_name_and_damaged_ones_are_passed_over(tmp_path):
    for name, lab in (("0101", "small"), ("0102", "other"), ("0103", "small")):
        write(tmp_path / name, lab=lab)
    assert newest(tmp_path) == tmp_path / "0103"
    assert newest(tmp_path, "other") == tmp_path / "0102"
    assert newest(tmp_path, "third") is None
    change(tmp_path / "0103" / journal.FILE, 3, "no json")
    assert newest(tmp_path, "small") == tmp_path / "0101"
    assert newest(tmp_path) == tmp_path / "0103"
    assert newest(tmp_path / "nowhere") is None
