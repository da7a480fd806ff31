"""`labs list`, `labs show`: what there is, without running it."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from rich.text import Text

from harness.commands.outputs import AsJson, print_json
from harness.judging import catalog, register
from harness.judging.register import Register
from harness.views import lab as showing
from harness.views.byhand import script
from harness.views.terminal import console, people


def list_labs(as_json: AsJson = False) -> None:
    """List the labs and the claims that each one judges."""
    document = listed(register.load(catalog.REGISTER))
    if as_json:
        print_json(document)
        return
    for lab in document["labs"]:
        people.print(Text.assemble((lab["name"], "bold"), f"  {lab['question']}"), soft_wrap=True)
        for claim in lab["claims"]:
            people.print(Text(f"    {claim['id']}{'' if claim['built'] else '  (not built yet)'}"), style="dim")
        if lab["trouble"]:
            people.print(Text(f"    {lab['trouble']}", "red"), soft_wrap=True)


def show(
    name: Annotated[str, typer.Argument(metavar="LAB")],
    sh: Annotated[bool, typer.Option("--sh", help="As commands that a person can type, on stdout.")] = False,
) -> None:
    """Show what a lab does: its arms, its scenarios, its claims, or all of it as a script."""
    lab, shown = catalog.lab(name), console()
    if sh:
        sys.stdout.write("\n".join(script.of(lab)) + "\n")
        return
    for line in showing.lines(lab, register.load(catalog.REGISTER)):
        shown.print(line, soft_wrap=True)


def listed(known: Register) -> dict[str, Any]:
    """`labs.list/1`: every lab of the register, and which of its claims are built; then those that it does not name.

    One that is broken says why.
    """
    labs, broken = catalog.every()
    registered = known.labs()
    rows = [
        {
            "name": name,
            "question": labs[name].question if name in labs else "",
            "claims": [
                {"id": c.id, "built": name in labs and c.id in {claim.id for claim in labs[name].claims}}
                for c in (known.of_lab(name) if name in registered else ())
            ],
            "of_bench": name == catalog.OF_BENCH,
            "trouble": broken.get(name, ""),
        }
        for name in dict.fromkeys((*registered, *labs, *broken))
    ]
    return {"schema": "labs.list/1", "labs": rows}
