"""A trial alone on a site in memory, with files that a test may change."""

from __future__ import annotations

from pathlib import Path

from harness.lab.arm import Arm
from harness.lab.open_site import No, Scope
from harness.model.clock import Deadline
from harness.model.entries import Heard
from harness.model.waiting import until
from tests.support.fake import VirtualClock
from tests.support.fake import site as made

HERE = Path(__file__).parent
FILES = ("deployment-three.yaml", "service.yaml", "compose-three.yaml", "service-three.yaml")
ENDS = "          image: dk-labs/web:1\n          args: [nonsense]"


class Trial:
    def __init__(self, folder, declared, recipe, *faults, commands=None, **files):
        for name in FILES:
            (folder / name).write_text((HERE / name).read_text())
        for name, text in files.items():
            (folder / f"{name.replace('_', '-')}.yaml").write_text(text)
        self.clock = VirtualClock()
        self.site = made(declared, self.clock, faults, commands=commands)
        self.site.open(Deadline.after(60, self.clock))
        self.heard = []
        arm = Arm("an arm", declared, recipe)
        self.here = self.site.trial(Scope("r1", "t001", arm, folder, folder, heard=self.heard.append))

    def up(self, n=3):
        for command in self.here.arm.commands():
            self.here.types(command)
        return self.wait_for(n)

    def ready(self):
        return [c for c in self.here.look() if c.ready]

    def wait_for(self, n, within_s=60.0):
        until(f"{n} copies", lambda: "" if len(self.ready()) == n else str(n), self.deadline(within_s), passing=(No,))
        return self.ready()

    def deadline(self, within_s=60.0):
        return Deadline.after(within_s, self.clock)

    def words(self, what):
        return [e.what for e in self.heard if isinstance(e, Heard) and e.what == what]


def changed(name, *pairs):
    text = (HERE / name).read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text
