"""Waits until a look finds nothing missing. The only importer of tenacity: its defaults never stop nor pause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import tenacity

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.model.clock import Deadline

PAUSE_S = 0.1


@dataclass(eq=False)
class TooLate(Exception):
    """The deadline came first; says what was still missing, not that time is over."""

    what: str
    missing: str
    looks: int
    waited_s: float

    def __str__(self) -> str:
        return f"{self.what}: after {self.waited_s:.1f} s and {self.looks} looks still missing: {self.missing}"


@dataclass(eq=False)
class Hopeless(Exception):
    """Raised by a look that can see that waiting longer is of no use."""

    why: str

    def __str__(self) -> str:
        return self.why


def until(
    what: str,
    look: Callable[[], str],
    deadline: Deadline,
    *,
    passing: tuple[type[Exception], ...] = (),
    tell: Callable[[str], None] = lambda _missing: None,
    pause_s: float | Callable[[], float] = PAUSE_S,
) -> None:
    """Look at once and then again and again; `look` answers what is still missing, or nothing.

    `passing` lists the errors that mean "not yet"; any other ends the wait. A pause may be asked for anew each time.
    """
    clock, began, last = deadline.clock, deadline.clock.now(), ["never looked"]

    def once() -> bool:
        try:
            last[0] = look()
        except passing as error:
            last[0] = f"{type(error).__name__}: {error}"
        if last[0]:
            tell(last[0])
        return not last[0]

    def late(state: tenacity.RetryCallState) -> bool:
        # Stop where the next look would come too late, rather than sleep past the end.
        return clock.now() + state.upcoming_sleep > deadline.at

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda done: not done),
        stop=late,
        wait=lambda _state: pause_s() if callable(pause_s) else pause_s,
        sleep=clock.sleep,
        retry_error_callback=lambda state: state.attempt_number,
    )
    answer = retrying(once)
    if answer is not True:
        raise TooLate(what, last[0], int(answer), clock.now() - began)
