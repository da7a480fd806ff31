"""docs/a-lab-from-scratch.md, typed as it stands there: its files, its lab, its commands, its test."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
TEXT = (CHECKOUT / "docs" / "a-lab-from-scratch.md").read_text()
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
FILE = re.compile(r"`([\w./-]+\.(?:yaml|toml|py))`")
COMMANDS = re.compile(r"```console\n(.*?)```", re.DOTALL)


def test_what_the_text_says_is_what_comes_of_it(tmp_path):
    for part in ("harness", "labs", "manifests", "tests", "images"):
        shutil.copytree(CHECKOUT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "recorded"))
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    written = dict(_files())
    assert set(written) == {
        "manifests/scratch/compose-always.yaml", "manifests/scratch/compose-no.yaml", "labs/claims.toml",
        "labs/scratch.py", "tests/labs/test_scratch.py",
    }  # fmt: skip
    for name, text in written.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text((file.read_text() + "\n" if name.endswith(".toml") else "") + text)
    said = [_typed(command, tmp_path) for block in COMMANDS.findall(TEXT) for command in block.splitlines()]
    assert "scratch-comes-back: right, but only with the `restart:` key" in said[-2]
    assert "scratch-comes-back" in said[-1]
    _run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/labs/test_scratch.py"], tmp_path)


def _files():
    """Each block but those of commands, with the first file that is named before it."""
    at = 0
    for block in BLOCK.finditer(TEXT):
        if block[1] != "console":
            yield FILE.search(TEXT, at)[1], block[2]
        at = block.end()


def _typed(command, folder):
    program, *rest = command.split()
    assert program == "labs"
    return _run([sys.executable, "-m", "harness", *rest], folder)


def _run(argv, folder):
    env = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
