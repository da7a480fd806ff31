"""`labs list`, `labs show`: what there is, without running it."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from rich.text import Text

from harness.commands.outputs import AsJson, print_json
from harness.judging import catalog, register
from harness.judging.register import Register, asked
from harness.views import lab as showing
from harness.views.byhand import script
from harness.views.terminal import console, people
from harness.views.words import ALSO_ASKED, BEYOND


def list_labs(as_json: AsJson = False) -> None:
    """List the labs and the claims that each one judges."""
    document = listed(register.load(catalog.REGISTER))
    if as_json:
        print_json(document)
        return
    for lab in document["labs"]:
        people.print(Text.assemble((lab["name"], "bold"), f"  {lab['question']}"), soft_wrap=True)
        for claim in lab["claims"]:
            people.print(Text(f"    {_claim(claim)}"), style="dim")
        if lab["trouble"]:
            people.print(Text(f"    {lab['trouble']}", "red"), soft_wrap=True)
    if document["asked"]:
        people.print(Text.assemble((ALSO_ASKED, "bold"), f"  {BEYOND}"), soft_wrap=True)
        for claim in document["asked"]:
            people.print(Text(f"    {_claim(claim)}"), style="dim")


def _claim(claim: dict[str, Any]) -> str:
    lab = f", lab {claim['lab']}" if "lab" in claim else ""
    return f"{claim['id']}{lab}{'' if claim['built'] else '  (not built yet)'}"


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

    One that is broken says why. What people ask beyond the articles is a group of its own.
    """
    labs, broken = catalog.every()
    built = {claim.id for lab in labs.values() for claim in lab.claims}
    rows = [
        {
            "name": name,
            "question": labs[name].question if name in labs else "",
            "claims": [
                {"id": c.id, "built": c.id in built} for c in known.claims if c.lab == name and not asked(c.id)
            ],
            "of_bench": name == catalog.OF_BENCH,
            "trouble": broken.get(name, ""),
        }
        for name in dict.fromkeys((*known.labs(), *labs, *broken))
    ]
    beyond = [{"id": c.id, "lab": c.lab, "built": c.id in built} for c in known.claims if asked(c.id)]
    return {"schema": "labs.list/1", "labs": rows, "asked": beyond}
