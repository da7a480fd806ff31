"""A lab in short: where it does what, and which claims rest on it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from harness.judging.register import Register
from harness.lab.claim import Lab
from harness.views.words import one_line


def lines(lab: Lab, register: Register) -> Iterable[Text]:
    cells = lab.cells.values()
    yield Text.assemble((lab.name, "bold"), f"  {lab.question}")
    for arm in dict.fromkeys(cell.arm for cell in cells):
        yield Text.assemble(("  arm       ", "dim"), (arm.name, "bold"), f", {arm.site.name}: {arm.recipe}")
    for scenario in dict.fromkeys(cell.scenario for cell in cells):
        yield Text.assemble(("  scenario  ", "dim"), (scenario.name, "bold"), f": {one_line(scenario.plan)}")
    for id_ in dict.fromkeys(claim.id for claim in lab.claims):
        yield Text.assemble(("  claim     ", "dim"), (id_, "bold"), f": {register.claim(id_).sentence}")
        for claim in (c for c in lab.claims if c.id == id_):
            yield Text(f"            {f'part {claim.part}: ' if claim.part else ''}{'; '.join(claim.cells)}", "dim")
