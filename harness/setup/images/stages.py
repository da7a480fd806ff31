"""Things to make, side by side and in order where one needs another; the first failure ends them all."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from harness.model.errors import Problem
from harness.setup import commands
from harness.setup import paths as places

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.setup.commands import Programs
    from harness.setup.steps import Doing, Steps


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing to make; it starts when what it needs is there."""

    name: str
    do: Callable[[Doing], None]
    needs: tuple[str, ...] = ()
    there: bool = False


def log_file(name: str) -> Path:
    folder = places.state() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def run_all(stages: list[Stage], steps: Steps, log: Path) -> None:
    """Run what can be run; the first failure ends the others, and its last lines are shown."""
    named = {stage.name: stage for stage in stages}
    # What is needed and not listed was made in an earlier run.
    order = TopologicalSorter({s.name: [need for need in s.needs if need in named] for s in stages})
    order.prepare()
    programs, running = commands.group(), dict[Future[None], Stage]()
    pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="stage")
    try:
        while order.is_active():
            running |= {
                pool.submit(_run_one, named[name], steps, programs): named[name] for name in order.get_ready()
            }
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                stage = running.pop(future)
                _raise_problem(stage, future, log)
                order.done(stage.name)
    except BaseException:
        programs.end()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _run_one(stage: Stage, steps: Steps, programs: Programs) -> None:
    with programs.current(), steps.step(stage.name) as doing:
        stage.do(doing)


def _raise_problem(stage: Stage, future: Future[None], log: Path) -> None:
    try:
        future.result()
    except commands.CommandFailed as failed:
        raise Problem(f"Making {stage.name}", f"{failed}\n{failed.tail}", f"less {log}") from failed
