"""A recorded run in which whatever a container may write tries to be something else than text."""

from __future__ import annotations

import json

from harness import catalog, journal

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


def hostile_run(folder):
    """Every fact of every entry says one of them, and so do names and the run's own facts."""
    lines = (catalog.FOLDER / "recorded" / "storage" / journal.FILE).read_text().splitlines()
    said = [text for name, text in HOSTILE.items() if name != "huge"]
    changed = [_changed(json.loads(line), said[number % len(said)]) for number, line in enumerate(lines)]
    changed[40]["facts"] = {"said": HOSTILE["huge"]}
    folder.mkdir()
    (folder / journal.FILE).write_text("\n".join(json.dumps(line) for line in changed) + "\n")
    return folder


def _changed(line, text):
    match line:
        case {"type": "run", "facts": facts}:
            return line | {"facts": facts | {"host": dict(HOSTILE), "python": text}}
        case {"type": "entry", "facts": facts}:
            return line | {"facts": facts | {"said": text, "why": text}, "who": line["who"] + text}
        case {"type": "entry"}:
            return line | {"facts": {"said": text}}
        case {"type": "end"}:
            return line | {"leftovers": [text, HOSTILE["closes"]]}
    return line
