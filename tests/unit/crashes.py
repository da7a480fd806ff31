"""What the tests of verdicts share: a copy that crashed and came back, or not, written by hand."""

from __future__ import annotations

from harness.model.arm import Arm, Run
from harness.model.claim import Lab
from harness.model.scenario import Scenario, Trials
from harness.model.site import engine
from harness.model.timeline import parse, written
from harness.model.verdict import Grade, Verdict, fails, holds
from harness.register import Claim, Register

KNOWN = Register((Claim("c", "small", "topic", ("s",), "It comes back.", Grade.CONFIRMED, "why"),))

BEGIN = """
0.0 s  trial  mark:health  when=before  ok=yes
0.5 s  web  serving  id=a1  instance=i1
0.6 s  trial  mark:steady  replicas=1  ids=a1
1.1 s  web  act:crash  ok=yes  id=a1  sent_s=1.0
1.2 s  web  died  id=a1  code=1
"""
END = """
60.0 s  trial  mark:health  when=after  ok=yes
60.0 s  events  mark:stream  state=open
60.0 s  trial  mark:end  how=done
"""


def back(at_s: float = 2.0, run: str = "run-1", number: int = 0):
    text = f"""{BEGIN}
    {at_s} s  web  serving  id=a2  instance=i2  again=yes
    {at_s} s  trial  mark:window  of=restored  met=yes  waited_s={at_s - 1.2:.3f}  allowed_s=10  every_s=0.5
    {END}"""
    return written(parse(text).entries, run, number)


def away(run: str = "run-1", number: int = 0, waited_s: float = 10.1):
    looks = (1.4 + 0.5 * n for n in range(1, int(waited_s / 0.5) + 1))
    samples = "\n".join(f"{at_s:g} s  trial  sample:serving  value=0" for at_s in looks)
    end_s = 1.4 + waited_s
    window = f"{end_s:g} s  trial  mark:window  of=restored  met=no  waited_s={waited_s:g}  allowed_s=10  every_s=0.5"
    return written(parse(f"{BEGIN}\n{samples}\n{window}\n{END}").entries, run, number)


def cut_off(run: str = "run-1"):
    return written(parse(BEGIN).entries, run)


def lab(act=lambda _trial: None) -> Lab:
    """One claim whose cells are of one site: by a success of one the windows of the others are judged."""
    crash = Scenario("crash", "It crashes.", act)
    tested, standard, blank = (crash @ Arm(n, engine, Run(cpus=0.01)) for n in ("tested", "standard", "blank"))
    made = Lab("Does it come back?")
    made.name = "small"

    def returns(crashed: Trials = tested) -> Verdict:
        span = crashed.restored()
        return holds("it came back") if span else fails("it stayed away")

    made.claim("c", blank=blank, standard=standard)(returns)
    return made
