"""The slow tests and the labs in parts, each of 12 minutes at most on two cores: `.ci/run` runs one of them.

Which one: the number of commits, modulo the number of parts. GitHub's workflow runs all of them side by side.
A unit test holds that every slow test and every lab is in exactly one part. It needs nothing but Python.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

EVERY_TIME, OF_BENCH = "selfhealing", "calibrate"
"""The lab that `make test` runs itself, and the one that has a test of its own."""

FOLDER = Path(__file__).resolve().parents[1] / "labs"
LABS = sorted({file.stem.replace("_", "-") for file in FOLDER.glob("[a-z]*.py")} - {EVERY_TIME, OF_BENCH})
"""Dealt to the parts in turn, so that a new lab needs no place of its own here."""

LAB = "tests/e2e/test_run.py::test_every_other_lab_gives_the_verdicts_that_are_expected_and_leaves_nothing[{}]"
"""How a lab is run: with one trial a cell, and what it leaves is looked for."""


@dataclass(frozen=True)
class Part:
    name: str
    tests: tuple[str, ...] = ()
    """As pytest takes them: a file, a function of it, or one of its cases."""

    labs: tuple[str, ...] = ()

    @property
    def selected(self) -> tuple[str, ...]:
        return (*(LAB.format(lab) for lab in self.labs), *self.tests)


INTERRUPTED = "tests/e2e/test_interrupted.py::test_"

# Their number is a prime: landings of the same number of commits reach all of them, unless it is a multiple.
TESTS = (
    Part(
        "damage",
        tests=("tests/e2e/test_damage.py", "tests/e2e/test_life.py"),
    ),
    Part(
        "truth",
        tests=("tests/e2e/test_truth.py", "tests/e2e/test_soundness.py"),
    ),
    Part(
        "interruptions",
        tests=(
            f"{INTERRUPTED}an_interrupted_run_leaves_nothing_within_15_s",
            f"{INTERRUPTED}a_run_interrupted_while_it_makes_or_breaks_its_own_cluster_leaves_nothing",
            f"{INTERRUPTED}a_run_interrupted_among_a_hundred_copies_leaves_nothing",
            f"{INTERRUPTED}a_run_interrupted_while_clients_ask_from_inside_and_outside_leaves_nothing",
        ),
    ),
    Part(
        "killed runs, lost parts",
        tests=(
            f"{INTERRUPTED}what_runs_had_made_for_themselves_when_they_were_killed_is_removed_by_the_next",
            f"{INTERRUPTED}volumes_without_a_name_of_a_run_that_was_killed_are_removed_by_the_next",
            f"{INTERRUPTED}of_two_runs_at_once_with_a_swarm_each_neither_disturbs_the_other",
            "tests/e2e/test_losses.py",
        ),
    ),
    Part(
        "sites",
        tests=("tests/contract", "tests/e2e/test_dockerhost.py", "tests/e2e/test_errors.py"),
    ),
    Part(
        "losses in mid-run, exercises",
        tests=("tests/e2e/test_loss.py", "tests/e2e/test_exercises.py", "tests/e2e/test_typed.py"),
    ),
    Part(
        "report, calibration, images, clean",
        tests=(
            "tests/e2e/test_report_browser.py",
            "tests/e2e/test_calibrate.py",
            "tests/e2e/test_pull.py",
            "tests/e2e/test_build.py",
            "tests/e2e/test_zz_clean.py",  # last of all: nothing is there afterwards
        ),
    ),
)
PARTS = tuple(replace(part, labs=tuple(LABS[n :: len(TESTS)])) for n, part in enumerate(TESTS))


def takes(selected: str, test: str) -> bool:
    """Whether a test, by its node id, is among those that pytest is asked for."""
    return test == selected or test.startswith((f"{selected}/", f"{selected}::", f"{selected}["))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    what = ask.add_mutually_exclusive_group(required=True)
    what.add_argument("--json", action="store_true", help="the list, as a workflow's matrix reads it")
    what.add_argument("--count", action="store_true", help="how many there are")
    what.add_argument("--name", type=int, metavar="N", choices=range(len(PARTS)))
    what.add_argument("--run", type=int, metavar="N", choices=range(len(PARTS)), help="with pytest")
    asked = ask.parse_args()
    if asked.json:
        print(json.dumps([{"part": n, "name": part.name} for n, part in enumerate(PARTS)]))
    elif asked.count:
        print(len(PARTS))
    elif asked.name is not None:
        print(PARTS[asked.name].name)
    else:
        argv = [sys.executable, "-m", "pytest", "-q", "-m", "slow", "--durations=15", *PARTS[asked.run].selected]
        sys.exit(subprocess.run(argv, cwd=Path(__file__).resolve().parents[1], check=False).returncode)


if __name__ == "__main__":
    main()
