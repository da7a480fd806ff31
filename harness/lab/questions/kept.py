"""How many of the bytes that were written are there to be read?"""

from __future__ import annotations

from dataclasses import dataclass

from harness.lab.question import Question
from harness.model.entries import Acted
from harness.model.seen import Seen
from harness.model.verdict import NotShown

NONE = "none"
"""What a copy says that finds nothing."""

READ = "read back"
"""The fact that is asked for."""


@dataclass(frozen=True)
class Kept(Question[int]):
    """By checksum, by another copy than the writer, after the writer's end. Nothing: 0."""

    def missing(self, seen: Seen) -> str:
        return "" if seen.told(READ) else "what was read"

    def answer(self, seen: Seen) -> int | None:
        written = next((a for a in reversed(seen.of(Acted)) if a.name.startswith("write ")), None)
        if written is None or not written.proved or not written.said:
            raise NotShown("not-written", "nothing was written before the act")
        read = seen.told(READ)
        if read is None:
            return None
        if read.no or not read.said:
            raise NotShown("not-read", f"nobody answered what is there afterwards: {read.no}")
        if not set(written.victims) <= seen.ended():
            raise NotShown("contradiction", "the writer had not ended")
        own = seen.instance(read.of)
        if read.of in written.victims or not own or read.by != own or read.by in written.by:
            raise NotShown("contradiction", "what was read was not read by a copy that came later")
        if read.said == written.said:
            return int(read.said.partition(":")[0])
        if read.said == NONE:
            return 0
        raise NotShown("changed", f"{read.said} was read where {written.said} was written")

    def sentence(self, answer: int | None) -> str:
        return f"{answer} bytes were there" if answer else "nothing was there"
