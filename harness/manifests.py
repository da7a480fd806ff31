"""The files that arms are made of: where they lie, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from harness.model.errors import Problem

FOLDER = Path(__file__).resolve().parents[1] / "manifests"


def documents(file: Path) -> list[dict[str, Any]]:
    try:
        return [d for d in yaml.safe_load_all(file.read_text()) if d]
    except (OSError, yaml.YAMLError) as error:
        raise Problem(f"Reading {file.name}", str(error).replace("\n", " "), "mend that file") from error
