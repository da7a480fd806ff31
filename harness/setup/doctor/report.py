"""What this host has and lacks for the labs: all is asked at once and answered in 3 s, hang or no hang."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from rich.text import Text

from harness.model.clock import Deadline
from harness.model.project import NAME
from harness.setup import tools
from harness.setup.doctor import advice, engine_advice, engine_facts
from harness.setup.doctor import facts as host
from harness.setup.doctor.engine_facts import EngineFacts
from harness.setup.doctor.facts import MirrorFacts
from harness.setup.doctor.finding import WHY, Finding
from harness.setup.images import route as node_route
from harness.setup.images.builds import Means
from harness.setup.images.route import Facts, Images

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import Console

    from harness.setup.images.route import Route

__all__ = ["Finding", "document", "examine", "show"]

WITHIN_S = 2.5
"""All questions together; one that hangs is told after ASK_S, or else by this end."""
MARKS = {"ok": ("✓", "green", "+"), "note": ("•", "yellow", "-"), "problem": ("✗", "bold red", "!")}
"""The mark, its style, and what stands for it where the mark cannot be printed."""

T = TypeVar("T")


def start(ask: Callable[[], T]) -> Future[T]:
    """Ask in a thread that nobody has to wait for: a pool's would keep the program from ending."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name=f"{NAME}-doctor").start()
    return future


class Questions:
    """All questions, asked at once; each answer is waited for until one common end."""

    def __init__(self, flag: str) -> None:
        self._flag, self._end = flag, Deadline.after(WITHIN_S)
        self._engine = start(lambda: engine_facts.engine(flag))
        self._registry, self._images = start(self._ask_registry), start(self._ask_images)
        self._mirror, self._go, self._kind = start(host.mirror), start(host.go), start(host.kind)
        self._compose, self._kubectl = start(tools.compose_version), start(host.kubectl)
        self._host, self._kernel, self._loopback = start(host.host), start(host.kernel), start(host.loopback)
        self._cache = start(host.cache)
        self._engine_disk = start(lambda: host.place(self._engine.result().root_dir))

    def _ask_registry(self) -> str | None:
        return None if self._engine.result().trouble else engine_facts.registry(self._flag)

    def _ask_images(self) -> Images:
        return Images() if self._engine.result().trouble else engine_facts.images(self._flag)

    def _of(self, question: Future[T]) -> T:
        return question.result(timeout=self._end.left())

    def engine(self) -> EngineFacts:
        """An engine that cannot even be asked is a fact too, on which most findings rest."""
        try:
            return self._of(self._engine)
        except TimeoutError:
            return engine_facts.silent(self._flag)
        except Exception as error:  # whatever it is, it is told
            return EngineFacts(trouble="context", seen=_told(error), fix="docker version")

    def registry(self) -> str | None:
        """None while there is no engine to ask it."""
        if self.engine().trouble:
            return None
        try:
            return self._of(self._registry)
        except TimeoutError:
            return f"no answer in {engine_facts.ASK_S} s"
        except Exception as error:
            return _told(error)

    def mirror(self) -> MirrorFacts:
        try:
            return self._of(self._mirror)
        except TimeoutError:
            return MirrorFacts(source="apt, which did not say in time")

    def images(self) -> Images:
        try:
            return self._of(self._images)
        except Exception:
            return Images()

    def route(self) -> Route:
        engine, here = self.engine(), self.host()
        unfit = node_route.unfit(engine.cgroup, lacks_sys_resource=engine.lacks_sys_resource)
        return node_route.decide(Facts(here.node_image, unfit, self.images(), self.registry, self._means))

    def _means(self) -> Means:
        here = self.host()
        mmdebstrap = here.mmdebstrap or (here.debian and here.may_install)
        return Means(here.user.root, mmdebstrap, self.mirror().missing)

    def host(self) -> host.Host:
        return self._of(self._host)

    def judged(self) -> dict[str, Callable[[], Finding]]:
        """Each finding, to be had when its facts are: in the order in which people read them."""
        of, engine, here, way = self._of, self.engine, self.host, self.route
        return {
            "engine": lambda: engine_advice.engine(engine(), here()),
            "engine-version": lambda: engine_advice.engine_version(engine()),
            "access": lambda: engine_advice.access(engine(), here()),
            "cgroup": lambda: engine_advice.cgroup(engine(), of(self._kernel)),
            "capability": lambda: engine_advice.capability(engine()),
            "ipvs": lambda: engine_advice.ipvs(engine(), of(self._kernel)),
            "inotify": lambda: engine_advice.inotify(engine(), of(self._kernel)),
            "memory": lambda: engine_advice.memory(engine(), of(self._kernel)),
            "engine-disk": lambda: advice.engine_disk(engine(), of(self._engine_disk), way()),
            "cache-disk": lambda: advice.cache_disk(of(self._cache), way()),
            "ports": lambda: advice.ports(engine(), of(self._loopback)),
            "registry": lambda: advice.registry(self.registry()),
            "node-image": lambda: advice.node_image(way()),
            "docker-cli": lambda: advice.docker_cli(engine(), here()),
            "compose": lambda: advice.compose(engine(), here(), of(self._compose)),
            "kind": lambda: advice.kind(of(self._kind)),
            "go": lambda: advice.go(of(self._go), of(self._kind), way()),
            "kubectl": lambda: advice.kubectl(of(self._kubectl)),
            "mirror": lambda: advice.mirror(self.mirror(), way()),
            "mmdebstrap": lambda: advice.mmdebstrap(here(), way()),
            "python": lambda: advice.python(here()),
        }


def examine(flag: str = "") -> list[Finding]:
    return [survived(name, judge) for name, judge in Questions(flag).judged().items()]


def survived(name: str, judge: Callable[[], Finding]) -> Finding:
    """A question that fails says nothing of the others, and is no reason to believe the worst."""
    try:
        return judge()
    except TimeoutError:
        seen = f"no answer in {WITHIN_S} s"
    except Exception as error:
        seen = _told(error)
    return Finding(name, "note", f"{name} could not be looked at: {seen}", WHY[name], "")


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"


def document(found: Iterable[Finding]) -> dict[str, object]:
    rows = [{"id": f.id, "level": f.level, "what": f.what, "why": f.why, "fix": f.fix} for f in found]
    ok = all(row["level"] != "problem" for row in rows)
    return {"schema": "labs.doctor/1", "ok": ok, "findings": rows}


def show(found: Sequence[Finding], console: Console) -> None:
    for f in found:
        mark, style, plain = MARKS[f.level]
        _print(console, f"{mark if console.encoding.startswith('utf') else plain} ", f.what, style=style)
        if f.level != "ok":
            _print(console, "    ", f.why, body="dim")
            _print(console, "    fix: ", f.fix)
    match sum(f.level == "problem" for f in found):
        case 0:
            closing = "This host can run the labs."
        case 1:
            closing = "1 problem; fix it, then `labs up`."
        case number:
            closing = f"{number} problems; fix them, then `labs up`."
    console.print(Text(f"\n{closing}", style="bold"), soft_wrap=True)


def _print(console: Console, lead: str, text: str, *, style: str = "", body: str = "") -> None:
    """One paragraph, its further lines beneath the first; nothing where there is no text."""
    lead = f"  {lead}"
    for line in Text(text, style=body).wrap(console, max(20, console.width - len(lead))) if text else ():
        line.rstrip()
        console.print(Text(lead, style=style) + line, soft_wrap=True)
        lead = " " * len(lead)
