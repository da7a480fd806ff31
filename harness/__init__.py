"""What a lab is written with: names only. Acts are in `harness.lab.acts`."""

from harness.lab import acts
from harness.lab.acts import Act, act, apply, asks, calm, command, fact, reach, read, take_away, up, update, writes
from harness.lab.arm import Arm
from harness.lab.cell import Trials, scenario
from harness.lab.claim import Lab, verdict_of
from harness.lab.open_site import Answer, Ask, Target
from harness.lab.question import Fact, Question
from harness.lab.questions import (
    Answers,
    Ends,
    Found,
    Gone,
    InOrder,
    InPlace,
    Kept,
    LeftOut,
    Losses,
    Lost,
    Order,
    Outage,
    Read,
    Renewed,
    Restored,
    Shared,
    Sharing,
)
from harness.lab.questions.number import Counts, Number, Numbers
from harness.lab.site import cluster, docker_host, engine, own_cluster, swarm
from harness.lab.trial import Trial
from harness.model.entries import Copy, Request, Said
from harness.model.seen import Seen, Span
from harness.model.verdict import Grade, NotShown, Verdict, fails, holds

__all__ = [
    "Act", "Answer", "Answers", "Arm", "Ask", "Copy", "Counts", "Ends", "Fact", "Found", "Gone", "Grade",
    "InOrder", "InPlace", "Kept", "Lab", "LeftOut", "Losses", "Lost", "NotShown", "Number", "Numbers",
    "Order", "Outage", "Question", "Read", "Renewed", "Request", "Restored", "Said", "Seen", "Shared",
    "Sharing", "Span", "Target", "Trial", "Trials", "Verdict", "act", "acts", "apply", "asks", "calm",
    "cluster", "command", "docker_host", "engine", "fact", "fails", "holds", "own_cluster", "reach", "read",
    "scenario", "swarm", "take_away", "up", "update", "verdict_of", "writes",
]  # fmt: skip
