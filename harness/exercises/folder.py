"""The learner's own folder for an exercise, exercises/NAME where they work: what is put there, and what is theirs."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.errors import Problem
from harness.setup.projects import EXERCISE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.exercises.declared import Exercise

HERE = Path("exercises")
TASK = "TASK.md"
MINE = "mine"
"""The end of a file's name that the learner wrote and that was put aside."""


@dataclass(frozen=True, slots=True)
class Folder:
    exercise: Exercise
    path: Path

    @classmethod
    def of(cls, exercise: Exercise) -> Folder:
        return cls(exercise, HERE / exercise.name)

    @property
    def project(self) -> str:
        """The Compose project or namespace: two folders on one machine do not share theirs."""
        place = hashlib.sha256(str(self.path.resolve()).encode()).hexdigest()
        return f"{EXERCISE}{self.exercise.name}-{place[:4]}"

    @property
    def files(self) -> list[Path]:
        """Those that are applied, in their order."""
        return [self.path / name for name in self.exercise.start_files]

    def check_begun(self) -> None:
        missing = [str(file) for file in self.files if not file.exists()]
        if missing:
            tried, start = f"Looking for exercise {self.exercise.name}", f"labs exercise start {self.exercise.name}"
            raise Problem(tried, f"there is no {', '.join(missing)}", start)

    def begin(self, task: str) -> list[Path]:
        """Put the start's files there; answers those of the learner's own that were left as they are."""
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / TASK).write_text(task)
        kept = []
        for name, source in self.exercise.start_files.items():
            file = self.path / name
            if not file.exists():
                shutil.copyfile(source, file)
            elif file.read_bytes() != source.read_bytes():
                kept.append(file)
        return kept

    def solve(self) -> list[Path]:
        """Put the solution there; answers where the learner's own files are now."""
        return self._put(self.exercise.solution_files)

    def reset(self) -> list[Path]:
        return self._put(self.exercise.start_files)

    def _put(self, sources: Mapping[str, Path]) -> list[Path]:
        self.path.mkdir(parents=True, exist_ok=True)
        aside = []
        for name, source in sources.items():
            file = self.path / name
            if self._is_own(name):
                aside.append(file.rename(_free(file)))
            shutil.copyfile(source, file)
        return aside

    def _is_own(self, name: str) -> bool:
        """Whether the learner changed it: what we put there ourselves can be had again."""
        file = self.path / name
        ours = (self.exercise.start_files[name], self.exercise.solution_files[name])
        return file.exists() and file.read_bytes() not in [source.read_bytes() for source in ours]


def _free(file: Path) -> Path:
    """A name beside it that kubectl and Compose pass over, and that nobody bears yet."""
    names = (file.with_name(f"{file.name}.{MINE}{n if n > 1 else ''}") for n in count(1))
    return next(name for name in names if not name.exists())
