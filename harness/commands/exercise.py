"""`labs exercise ...`: what a learner types, and what they are told."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from harness.exercises.telling import Teller
from harness.setup.steps import Steps
from harness.views.terminal import people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.exercises.checking import Checked
    from harness.exercises.declared import Exercise
    from harness.exercises.folder import Folder
    from harness.exercises.ground import Ground
    from harness.exercises.progress import Progress

app = typer.Typer(help="Learn by doing: exercises, checked by the labs' own judges.", no_args_is_help=True)

RUNS = Path("runs")
UNSOLVED = 1
Name = Annotated[str, typer.Argument(metavar="NAME", help="As `labs exercise list` shows it.")]
Host = Annotated[str, typer.Option("--docker-host", metavar="URL", help="The engine to use, as with `labs run`.")]


@app.command(name="list")
def list_all(as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False) -> None:
    """List the exercises, and how far you have come with each in this folder."""
    from harness.exercises import declared, progress
    from harness.exercises.folder import Folder

    every = [(one, progress.of(Folder.of(one).project)) for one in declared.load()]
    if as_json:
        rows = [
            {
                "name": one.name,
                "lab": one.lab.name,
                "site": one.kind.value,
                "question": one.question,
                "state": at.state,
                "hints": {"taken": at.hints, "of": len(one.hints)},
                "checks": at.checks,
            }
            for one, at in every
        ]
        sys.stdout.write(json.dumps({"schema": "labs.exercises/1", "exercises": rows}, indent=2) + "\n")
        return
    width = max(len(one.name) for one, _ in every)
    for one, at in every:
        told = f"{at.state}, {_many(at.hints, 'hint')} taken" if at.hints else at.state
        head = Text.assemble((f"{one.name:<{width}}", "bold"), f"  {one.question}")
        people.print(head.append(f"  ({one.lab.name}, {one.kind}; {told})", "dim"), soft_wrap=True)
    left = next(((one, at) for one, at in every if not at.solved), None)
    people.print(_next(*left) if left else "All of them are solved.", highlight=False, soft_wrap=True)


def _next(one: Exercise, at: Progress) -> str:
    """The first one that is not solved."""
    return f"Next: labs exercise {'check' if at.started else 'start'} {one.name}"


@app.command()
def start(name: Name, docker_host: Host = "") -> None:
    """Have all ready that it needs, and put its files into exercises/NAME; what you changed there is kept."""
    from harness.exercises import ground, progress

    folder = _folder(name)
    here = ground.make(folder, Steps(people), flag=docker_host)
    text = task(here)
    kept = folder.begin(text)
    progress.keep(folder.project, progress.begun(progress.of(folder.project)))
    people.print(text, highlight=False, soft_wrap=True, markup=False)
    for file in kept:
        _say(f"{file} was there already and is as you left it; labs exercise reset {name} begins anew.")
    _say(f"All this stands in {folder.path / 'TASK.md'} too.")


@app.command()
def check(name: Name, docker_host: Host = "") -> None:
    """Do to what you run what the lab does, and judge it as the lab does: 0 solved, 1 not yet, 4 could not run."""
    from harness.exercises import checking, ground, progress

    folder = _folder(name)
    here = ground.find(folder, flag=docker_host)
    teller = Teller(people)
    done = checking.check(here, RUNS, teller.waits, teller.says)
    progress.keep(folder.project, progress.checked(progress.of(folder.project), solved=done.solved))
    _tell(name, folder, done)
    if not done.solved:
        raise typer.Exit(UNSOLVED)


@app.command()
def hint(name: Name) -> None:
    """Give the next hint."""
    from harness.exercises import progress

    folder = _folder(name)
    folder.check_begun()
    hints, before = folder.exercise.hints, progress.of(folder.project)
    now = progress.keep(folder.project, progress.hinted(before, len(hints)))
    _say(f"Hint {now.hints} of {len(hints)}: {hints[now.hints - 1]}")
    if before.hints == len(hints):
        _say(f"There are no more. labs exercise solve {name} puts the solution into your folder.")


@app.command()
def solve(name: Name, docker_host: Host = "") -> None:
    """Put the solution into your folder, beside what you wrote; to apply it is up to you."""
    from harness.exercises import ground, progress

    folder = _folder(name)
    here = ground.find(folder, flag=docker_host)
    aside = folder.solve()
    progress.keep(folder.project, progress.shown(progress.of(folder.project)))
    _tell_aside(aside)
    _say(f"{_files(folder)} {'is' if len(folder.files) == 1 else 'are'} the solution now. To try it:")
    for line in filter(None, (here.take_away, here.apply, f"labs exercise check {name}")):
        _say(f"    {line}")


@app.command()
def reset(name: Name, docker_host: Host = "") -> None:
    """Take down what you ran for it, and put the first files back; yours are put aside."""
    from harness.exercises import ground, progress

    folder = _folder(name)
    here = ground.find(folder, flag=docker_host)
    here.clear()
    aside = folder.reset()
    progress.forget(folder.project)
    progress.keep(folder.project, progress.begun(progress.of(folder.project)))
    _tell_aside(aside)
    _say(f"{name} is as it was at the beginning; nothing of it runs. To apply its files: {here.apply}")


def task(here: Ground) -> str:
    """What is asked, and what to type."""
    one = here.folder.exercise
    steps = [
        ("Once in each shell", here.once),
        ("Apply your files, at the beginning and after each change", here.apply),
    ]
    steps += [("Before what you applied last is to go", here.take_away), ("Look what runs", here.look)]
    steps += [("Have it checked", f"labs exercise check {one.name}")]
    steps += [("If you are stuck", f"labs exercise hint {one.name}")]
    typed = [f"{what}:\n\n    {command}\n" for what, command in steps if command]
    change = f"You change {here.folder.files[0]}; it is yours."
    return "\n".join([f"# {one.name}: {one.question}\n", f"{one.task}\n", f"{change}\n", *typed])


def _folder(name: str) -> Folder:
    from harness.exercises import declared
    from harness.exercises.folder import Folder

    return Folder.of(declared.named(name, declared.load()))


def _tell(name: str, folder: Folder, done: Checked) -> None:
    if done.solved:
        people.print(
            Text.assemble((f"✓ {name} is solved: ", "bold green"), f"{done.verdict.sentence}."), soft_wrap=True
        )
    else:
        people.print(Text.assemble((f"✗ {name}, not yet: ", "bold red"), f"{done.verdict.sentence}."), soft_wrap=True)
        _say(f"Change {folder.files[0]}, apply it and check again, or: labs exercise hint {name}")
    for one in done.left:
        _say(f"Left behind: {one}; labs clean removes it.")
    _say(f"Recorded in {done.folder}.")


def _tell_aside(files: Sequence[Path]) -> None:
    for file in files:
        _say(f"What you wrote is in {file} now.")


def _files(folder: Folder) -> str:
    return " and ".join(map(str, folder.files))


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _say(text: str) -> None:
    people.print(text, highlight=False, soft_wrap=True, markup=False)
