"""Verdicts in the reader's language, coloured by whether they surprise, not by what they say."""

from __future__ import annotations

import re

from rich.text import Text

from harness.judging.findings import Finding
from harness.judging.register import of_articles
from harness.lab.open_site import Ask
from harness.model.verdict import Grade

FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
"""What XML 1.0 cannot hold, however it is written, or a terminal would obey; and what turns text round."""


ALSO_ASKED = "Also asked"
BEYOND = "What people ask beyond the five articles. It does not count in the score of the articles."

ASKS = Ask.__name__.lower()
"""How the name of the act begins that has a client ask."""


def clean(said: str) -> str:
    """Text of whoever wrote it, with nothing in it that is not text."""
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", said)


def one_line(said: str) -> str:
    return " ".join(clean(said).split())


def act_in_words(name: str) -> str:
    """A client is called by all that it is told."""
    return "a client begins to ask" if name.partition(" ")[0] == ASKS else name


def waits_for(missing: str) -> str:
    """What has not come yet; some questions say themselves that it is still missing."""
    return missing if "still missing" in missing else f"still missing: {missing}"


def in_words(finding: Finding) -> str:
    """What the verdict means for the article, or for whoever says so."""
    verdict, by_article = finding.verdict, of_articles(finding.id)
    match verdict.grade:
        case Grade.CONFIRMED:
            return "the article is right" if by_article else "it is so"
        case Grade.CONDITIONAL:
            return f"right, but only with {_listed(verdict.given)}"
        case Grade.REFUTED:
            return "the article is wrong" if by_article else "it is not so"
        case Grade.UNAVAILABLE:
            return "cannot be tried here"
        case Grade.INCONCLUSIVE:
            return f"not settled ({verdict.reason})"


def surprise(finding: Finding) -> tuple[str, str]:
    """Whether that was expected, and its colour."""
    if finding.excused:
        return f"it needs {_listed(tuple(sorted(finding.needs)))}", "yellow"
    if not finding.verdict.decided:
        return "open", "yellow"
    if finding.as_expected:
        open_ = tuple(name for name, part in finding.parts.items() if part.grade is Grade.INCONCLUSIVE)
        return (f"as expected, but part {_listed(open_)} is open", "yellow") if open_ else ("as expected", "green")
    given = f" with {_listed(finding.expected_given)}" if finding.expected_given else ""
    return f"surprising: {finding.expected}{given} was expected", "red"


def told(finding: Finding) -> Text:
    word, colour = surprise(finding)
    sentence = one_line(finding.verdict.sentence)
    line = Text.assemble((f"{finding.id}: {in_words(finding)}", f"bold {colour}"), f"; {sentence}")
    return line.append(f" ({word})", colour)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else "".join(names)
