"""What the tests of verdicts share: a copy that crashed and came back, or not, written by hand."""

from __future__ import annotations

from harness.model.timeline import parse, written

BEGIN = """
0.0 s  trial  mark:health  when=before  ok=yes
0.5 s  web  serving  id=a1  instance=i1
0.6 s  trial  mark:steady  replicas=1  ids=a1
1.1 s  web  act:crash  ok=yes  id=a1  sent_s=1.0
1.2 s  web  died  id=a1  code=1
"""
END = """
20.0 s  trial  mark:health  when=after  ok=yes
20.0 s  events  mark:stream  state=open
20.0 s  trial  mark:end  how=done
"""
SAMPLES = "\n".join(f"{1.5 + 0.5 * n} s  trial  sample:serving  value=0" for n in range(21))


def back(at_s: float = 2.0, run: str = "run-1"):
    text = f"""{BEGIN}
    {at_s} s  web  serving  id=a2  instance=i2  again=yes
    {at_s} s  trial  mark:window  of=restored  met=yes  waited_s={at_s - 1.2:.3f}  allowed_s=10  every_s=0.5
    {END}"""
    return written(parse(text).entries, run)


def away(run: str = "run-1"):
    window = "11.5 s  trial  mark:window  of=restored  met=no  waited_s=10.1  allowed_s=10  every_s=0.5"
    return written(parse(f"{BEGIN}\n{SAMPLES}\n{window}\n{END}").entries, run)


def cut_off(run: str = "run-1"):
    return written(parse(BEGIN).entries, run)
