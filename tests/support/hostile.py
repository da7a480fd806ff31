"""A recorded run in which whatever somebody else may write tries to be something else than text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.folders import text, written

HOSTILE = {
    "closes": "</script><script>window.broken = 1</script>",
    "image": '<img src="https://example.org/x.png" onerror="window.broken = 2">',
    "comment": "<!-- <script> ]]> -->",
    "frame": "<iframe src=javascript:alert(1)></iframe><svg onload=window.broken=3>",
    "attribute": '" onmouseover="window.broken=4" \' `x`',
    "style": "</style><style>body{display:none}</style>",
    "template": "{{ 7*7 }} {% raw %} ${window.broken=5}",
    "entities": "&lt;b&gt; &#60;script&#62; &amp;",
    "control": "\x1b[2J\x07\x00\x08 bell",
    "separators": "one\u2028two\u2029three",
    "turned": "abc\u202edef\u2066ghi",
    "huge": "x" * 200_000,
    "lone": "\ud800 half of a pair",
}
KEPT = {"kind", "trial", "lab", "cell", "what", "id", "thing", "since"}
"""What a line is about: with all of that changed there would be nothing to draw."""


def hostile_run(folder: Path) -> Path:
    """Every text of every line is one of them, and so is what the run says of itself; one trial's names too."""
    lines = [json.loads(line) for line in text("storage").splitlines()]
    said = [one for name, one in HOSTILE.items() if name != "huge"]
    changed = [_changed(line, said[number % len(said)]) for number, line in enumerate(lines)]
    next(line for line in changed if line["kind"] == "Told")["said"] = HOSTILE["huge"]
    planned = [line for line in changed if line["kind"] == "Planned"]
    planned[0]["lab"], planned[1]["cell"] = HOSTILE["closes"], HOSTILE["image"]
    return written(folder, "".join(json.dumps(line) + "\n" for line in changed))


def _changed(line: dict[str, Any], text: str) -> dict[str, Any]:
    if line["kind"] == "Run":
        return line | {"facts": line["facts"] | {"host": dict(HOSTILE), "python": text}}
    if line["kind"] == "Over":
        return line | {"left": [text, HOSTILE["closes"]]}
    own = {name: value for name, value in line.items() if name not in KEPT}
    texts = {name: text for name, value in own.items() if isinstance(value, str)}
    lists = {name: [text] for name, value in own.items() if isinstance(value, list)}
    more = {"Acted": {"said": text}, "Copy": {"state": text}, "Heard": {"text": text}}.get(line["kind"], {})
    return line | texts | lists | more
