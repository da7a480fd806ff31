"""What the solution of an exercise changes, in words: what nobody may be told before they asked for it."""

from __future__ import annotations

import itertools
import re

import yaml


def added(exercise) -> set[str]:
    """The words that are in the solution's files and not in those to start from; comments are not applied."""
    return said(exercise.solution_files) - said(exercise.start_files)


def taken(exercise) -> set[str]:
    """The words that are in the files to start from and not in those of the solution."""
    return said(exercise.start_files) - said(exercise.solution_files)


def said(files) -> set[str]:
    found: set[str] = set()

    def walk(value) -> None:
        for part in itertools.chain(value, value.values()) if isinstance(value, dict) else value:
            if isinstance(part, dict | list):
                walk(part)
            elif part is not None:
                found.update(words(str(part)))

    for file in files.values():
        walk(list(yaml.safe_load_all(file.read_text())))
    return found


def words(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"[A-Za-z]{2,}", text)}
