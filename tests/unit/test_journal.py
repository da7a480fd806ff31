"""The journal: what was written is read back, and what is damaged is told with its place."""

from __future__ import annotations

import json
import threading

import pytest

from harness import journal
from harness.model.arm import Arm, Run
from harness.model.errors import Problem
from harness.model.reading import check
from harness.model.scenario import Scenario
from harness.model.site import engine
from harness.model.timeline import Entry, Kind
from harness.model.verdict import NotShown

CELL = (Scenario("crash", "It crashes.", lambda _t: None) @ Arm("here", engine, Run())).cell

ENTRIES = (
    Entry(0.0, Kind.MARK, "trial", "health", {"when": "before", "ok": "yes"}),
    Entry(0.123456, Kind.EVENT, "web-1", "running"),
    Entry(0.6, Kind.MARK, "trial", "steady", {"replicas": "1", "ids": "a1"}),
    Entry(1.0, Kind.NOTE, "web-1", "note", {"text": 'größer, "quoted"\nand a new line'}),
    Entry(2.0, Kind.MARK, "trial", "health", {"when": "after", "ok": "yes"}),
    Entry(2.0, Kind.MARK, "events", "stream", {"state": "open"}),
    Entry(2.1, Kind.MARK, "trial", "end", {"how": "done"}),
)


def write(folder, run="run-1", *, entries=ENTRIES, trials=("t001",), end=True):
    log = journal.Journal(folder, run, {"seed": 7})
    for number, trial in enumerate(trials, 1):
        log.trial(trial, CELL, number, "lab", 0.0)
        for entry in entries:
            log.entry(trial, entry)
    if end:
        log.write(type="end", leftovers=[], how="done")
    log.close()
    return folder / journal.FILE


def test_what_was_written_is_read_back(tmp_path):
    write(tmp_path / "r", trials=("t001", "t002"))
    run = journal.read(tmp_path / "r")

    assert (run.id, run.facts, run.end["how"]) == ("run-1", {"seed": 7}, "done")
    assert list(run.of_lab("lab")) == [CELL]
    assert [t.entries for t in run.of_lab("lab")[CELL]] == [ENTRIES, ENTRIES]
    assert {t.run for t in run.of_lab("lab")[CELL]} == {"run-1"}


def test_each_line_is_there_as_soon_as_it_is_written(tmp_path):
    log = journal.Journal(tmp_path / "r", "run-1", {})
    log.trial("t001", CELL, 1, "lab", 0.0)
    log.entry("t001", ENTRIES[0])

    assert journal.read(tmp_path / "r").of_lab("lab")[CELL][0].entries == ENTRIES[:1]
    log.close()


def test_a_run_is_not_written_over(tmp_path):
    write(tmp_path / "r")

    with pytest.raises(FileExistsError):
        journal.Journal(tmp_path / "r", "run-1", {})


def test_what_comes_after_the_end_is_dropped_and_does_not_raise(tmp_path):
    log = journal.Journal(tmp_path / "r", "run-1", {})
    log.close()
    log.entry("t001", ENTRIES[0])

    assert len((tmp_path / "r" / journal.FILE).read_text().splitlines()) == 1


def test_entries_that_threads_wrote_out_of_turn_are_read_in_order_of_time(tmp_path):
    write(tmp_path / "r", entries=ENTRIES[::-1])
    times = [e.at_s for e in journal.read(tmp_path / "r").of_lab("lab")[CELL][0].entries]

    assert times == sorted(times)


def test_labs_are_kept_apart_though_one_name_begins_like_the_other(tmp_path):
    log = journal.Journal(tmp_path / "r", "run-1", {})
    log.trial("t001", CELL, 1, "lab", 0.0)
    log.trial("t002", CELL, 1, "labour", 0.0)
    log.close()
    run = journal.read(tmp_path / "r")

    assert (len(run.of_lab("lab")[CELL]), len(run.of_lab("labour")[CELL])) == (1, 1)


def test_a_last_line_cut_short_costs_that_line_and_the_trial_is_broken_off(tmp_path):
    file = write(tmp_path / "r", end=False)
    file.write_text(file.read_text()[:-20])
    (timeline,) = journal.read(tmp_path / "r").of_lab("lab")[CELL]

    assert timeline.entries == ENTRIES[:-1]
    with pytest.raises(NotShown) as caught:
        check(timeline, CELL)
    assert caught.value.reason == "broke-off"


def test_a_run_may_be_cut_after_any_byte_of_its_last_line(tmp_path):
    entry = Entry(3.0, Kind.NOTE, "web", "note", {"text": "größer"})
    file = write(tmp_path / "r", entries=(*ENTRIES, entry), end=False)
    whole = file.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1

    for length in range(last, len(whole) - 1):
        file.write_bytes(whole[:length])
        (timeline,) = journal.read(tmp_path / "r").of_lab("lab")[CELL]
        assert timeline.entries == ENTRIES


@pytest.mark.parametrize(
    "damage",
    ["{", "no json", "[]", "7", "null", '{"no": "type"}', '{"type": "entry", "trial": "t001"}'],
)
def test_damage_in_the_middle_is_told_with_file_and_line(tmp_path, damage):
    file = write(tmp_path / "r")
    lines = file.read_text().split("\n")
    lines[3] = damage
    file.write_text("\n".join(lines))

    with pytest.raises(Problem, match=r"journal\.jsonl, line 4\b"):
        journal.read(tmp_path / "r")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kind", "rumour"),
        ("at_s", "soon"),
        ("at_s", None),
        ("at_s", float("nan")),
        ("at_s", 10**400),
        ("who", 7),
        ("what", ["x"]),
        ("facts", {"code": 1}),
        ("facts", [1]),
    ],
)
def test_an_entry_that_makes_no_sense_is_told_with_file_and_line(tmp_path, key, value):
    file = write(tmp_path / "r")
    lines = file.read_text().split("\n")
    lines[3] = json.dumps(json.loads(lines[3]) | {key: value})
    file.write_text("\n".join(lines))

    with pytest.raises(Problem, match=r"journal\.jsonl, line 4\b"):
        journal.read(tmp_path / "r")


def test_a_last_line_that_is_whole_but_damaged_is_told_too(tmp_path):
    file = write(tmp_path / "r")
    file.write_text(file.read_text() + "damaged\n")

    with pytest.raises(Problem, match="line 11"):
        journal.read(tmp_path / "r")


def test_another_version_is_named_beside_ours(tmp_path):
    file = write(tmp_path / "r")
    file.write_text(file.read_text().replace(journal.SCHEMA, "labs.journal/9"))

    with pytest.raises(Problem, match=r"labs\.journal/9") as caught:
        journal.read(tmp_path / "r")
    assert journal.SCHEMA in str(caught.value)


def test_a_run_without_a_head_is_told(tmp_path):
    file = write(tmp_path / "r")
    file.write_text("\n".join(file.read_text().split("\n")[1:]))

    with pytest.raises(Problem, match="does not say which run it is"):
        journal.read(tmp_path / "r")


def test_an_empty_journal_has_no_head(tmp_path):
    write(tmp_path / "r").write_text("")

    with pytest.raises(Problem, match="does not say which run it is"):
        journal.read(tmp_path / "r")


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Problem, match="No such file"):
        journal.read(tmp_path / "nowhere")


def test_a_file_that_is_no_text_is_told(tmp_path):
    write(tmp_path / "r").write_bytes(b"\xff\xfe\x00\n" * 3)

    with pytest.raises(Problem, match=r"journal\.jsonl"):
        journal.read(tmp_path / "r")


def test_runs_are_taken_together_and_each_timeline_knows_its_own(tmp_path):
    write(tmp_path / "a", "run-1", trials=("t001", "t002"))
    write(tmp_path / "b", "run-2", trials=("t001",))
    together = journal.merged([journal.read(tmp_path / "a"), journal.read(tmp_path / "b")])

    assert [t.run for t in together[f"lab/{CELL}"]] == ["run-1", "run-1", "run-2"]


def test_a_run_that_is_named_twice_counts_once(tmp_path):
    write(tmp_path / "a", "run-1", trials=("t001", "t002"))
    run = journal.read(tmp_path / "a")

    assert len(journal.merged([run, run])[f"lab/{CELL}"]) == 2


def damaged(file, number: int, line: str) -> None:
    lines = file.read_text().split("\n")
    lines[number - 1] = line
    file.write_text("\n".join(lines))


def test_of_a_damaged_run_the_rest_is_salvaged_and_the_trouble_is_one_line(tmp_path):
    file = write(tmp_path / "r", trials=("t001", "t002"))
    damaged(file, 4, "no json")
    damaged(file, 5, "[" * 100_000)
    run = journal.salvage(tmp_path / "r")

    assert [len(t.entries) for t in run.of_lab("lab")[CELL]] == [len(ENTRIES) - 2, len(ENTRIES)]
    assert "journal.jsonl, line 4: JSONDecodeError" in run.trouble
    assert run.trouble.endswith("1 more lines like it")
    assert "\n" not in run.trouble


def test_a_newer_version_is_salvaged_as_far_as_it_is_understood(tmp_path):
    file = write(tmp_path / "r")
    file.write_text(file.read_text().replace(journal.SCHEMA, "labs.journal/9"))
    damaged(file, 5, '{"type": "entry", "trial": "t001", "at": {"s": 1}}')
    run = journal.salvage(tmp_path / "r")

    assert "labs.journal/9" in run.trouble
    assert (run.id, run.facts) == ("run-1", {"seed": 7})
    assert len(run.of_lab("lab")[CELL][0].entries) == len(ENTRIES) - 1


def test_a_run_whose_head_is_lost_is_named_by_its_folder(tmp_path):
    damaged(write(tmp_path / "r"), 1, "{")
    run = journal.salvage(tmp_path / "r")

    assert (run.id, run.facts, run.labs) == ("r", {}, ("lab",))
    assert "does not say which run it is" in run.trouble


def test_a_sound_run_and_one_that_was_cut_short_have_no_trouble(tmp_path):
    file = write(tmp_path / "r", end=False)
    file.write_text(file.read_text()[:-20])
    write(tmp_path / "s")

    assert (journal.salvage(tmp_path / "r").trouble, journal.salvage(tmp_path / "s").trouble) == ("", "")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\n" * 3, b"7\n8\n"])
def test_where_nothing_can_be_read_nothing_is_salvaged(tmp_path, content):
    write(tmp_path / "r").write_bytes(content)

    with pytest.raises(Problem, match="does not say which run it is"):
        journal.salvage(tmp_path / "r")


# -- who shows the run ---------------------------------------------------------------------------------------------


def test_whoever_shows_the_run_hears_each_line_once_it_is_written(tmp_path):
    heard = []

    def hears(line) -> None:
        heard.append((line["type"], len((tmp_path / "r" / journal.FILE).read_text().splitlines())))

    log = journal.Journal(tmp_path / "r", "run-1", {}, hears)
    log.trial("t001", CELL, 1, "lab", 0.0)
    log.entry("t001", ENTRIES[0])
    log.close()

    assert heard == [("run", 1), ("trial", 2), ("entry", 3)]


def test_whoever_is_slow_to_hear_keeps_nobody_from_writing(tmp_path):
    hearing, written = threading.Event(), threading.Event()

    def hears(line) -> None:
        if line.get("slow"):
            hearing.set()
            assert written.wait(10)

    log = journal.Journal(tmp_path / "r", "run-1", {}, hears)
    slow = threading.Thread(target=lambda: log.write(type="x", slow=True))
    slow.start()
    assert hearing.wait(10)
    other = threading.Thread(target=lambda: (log.write(type="y"), written.set()))
    other.start()
    other.join(5)
    waited = other.is_alive()
    written.set()
    slow.join()
    other.join()
    log.close()

    assert not waited


def sound(folder):
    """Its lines that say something, and what is wrong with the others."""
    heard = []
    run = journal.salvage(folder, heard.append)
    return heard, run.trouble


def test_an_entry_is_heard_as_it_can_be_read_back(tmp_path):
    heard = []
    log = journal.Journal(tmp_path / "r", "run-1", {}, heard.append)
    for entry in ENTRIES:
        log.entry("t001", entry)
    log.close()

    assert tuple(journal.entry_of(line) for line in heard[1:]) == ENTRIES
    assert heard == sound(tmp_path / "r")[0]


def test_lines_that_say_nothing_are_left_out_and_the_first_of_them_is_told(tmp_path):
    file = write(tmp_path / "r")
    whole, _ = sound(tmp_path / "r")
    lines = file.read_text().split("\n")
    lines[5] = "{damaged"
    file.write_text("\n".join(lines))
    heard, damage = sound(tmp_path / "r")

    assert heard == [*whole[:5], *whole[6:]]
    assert damage.startswith(f"{journal.FILE}, line 6: ")


@pytest.mark.parametrize(
    "line",
    [
        '{"type": "wait", "trial": "t001", "missing": "it", "at_s": 1.0, "waited_s": 0.0}',
        '{"type": "wanted", "lab": "lab", "cell": 7, "n": 3}',
        '{"type": "site", "site": "engine", "began_s": 0.0, "took_s": "long"}',
        '{"type": "opening", "site": "engine", "at_s": NaN}',
        '{"type": "trial", "trial": "t001", "lab": "lab", "cell": "c"}',
    ],
)
def test_a_line_that_lacks_what_it_is_shown_by_is_damage_with_its_number(tmp_path, line):
    damaged(write(tmp_path / "r"), 3, line)

    assert sound(tmp_path / "r")[1].startswith(f"{journal.FILE}, line 3: ")
