"""The bench measures what is known, and so its own error: pauses, restarts, requests without a fault, events."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from harness import manifests
from harness.model.arm import Arm
from harness.model.clock import Deadline
from harness.model.site import engine
from harness.setup import engine as engines
from harness.setup import paths as places
from harness.setup.cluster.kube import Kube
from harness.setup.life import Life
from harness.sites import cluster as cluster_site
from harness.sites.engine import EnginePlace
from harness.sites.place import RUN_LABEL, Ask, Scope, Unanswered
from harness.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from docker.models.containers import Container

    from harness.setup.cluster.shared import Up
    from harness.sites.client import Client

FILE = "calibration.json"
PAUSES = 20
NULL_REQUESTS = 10_000
COPIES = 4
PER_S = 200.0
LADDER = (0.1, 0.2, 0.4, 0.8, 1.6)
WRITES = 20
GOALS = {"pause_outage": 0.025, "restart_ladder": 0.15, "watch_delay": 0.25, "client_schedule": 3.0, "null_run": 0.0}
"""The worst error with which a check still passes, in its unit; for the schedule, its 99th part of a hundred."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is known, and what the bench made of it."""

    name: str
    expected: float
    measured: float
    error: float
    worst: float
    unit: str
    n: int
    ok: bool
    told: str = ""


@dataclass(slots=True)
class Sent:
    """One request, on our clock."""

    at_s: float
    error: str
    late_ms: float

    @property
    def ok(self) -> bool:
        return not self.error


class Bench:
    """One copy on the engine, and whoever asks it."""

    def __init__(self, place: EnginePlace, scope: Scope) -> None:
        self.place, self.scope = place, scope
        self.requests: list[Sent] = []
        self.client: Client = place.client(scope, Ask(PER_S), self._hear)
        self.client.ready(Deadline.after(30))

    @property
    def container(self) -> Container:
        (replica,) = self.place.look(self.scope)
        return self.place.engine.client.containers.get(replica.thing)

    def _hear(self, at_s: float, told: Mapping[str, Any]) -> None:
        late_ms = (told["sent_s"] - told["planned_s"]) * 1000
        error = told["error"] or ("" if told["status"] == 200 else str(told["status"]))
        self.requests.append(Sent(at_s, error, late_ms))

    def since(self, since_s: float) -> list[Sent]:
        """What was sent from a moment on, in that order: answers come in another."""
        return sorted((r for r in self.requests if r.at_s >= since_s), key=lambda r: r.at_s)

    def outage(self, since_s: float) -> float:
        """From the first failed to the first successful sending after a moment."""
        sent = self.since(since_s)
        failed = next(r.at_s for r in sent if not r.ok)
        return next(r.at_s for r in sent if r.ok and r.at_s > failed) - failed

    def disturbed(self) -> str:
        """What was sent within a second and not answered: copies that have just come are not there for all."""
        now = time.monotonic()
        lately = [r for r in self.since(now - 1.5) if r.at_s < now - 0.5]
        failed = sum(not r.ok for r in lately)
        return f"{failed} answers" if failed or not lately else ""

    def is_back(self, since_s: float) -> str:
        sent = self.since(since_s)
        failed = next((r.at_s for r in sent if not r.ok), None)
        back = failed is not None and sum(r.ok for r in sent if r.at_s > failed) >= PER_S / 10
        return "" if back else "answers after the pause"


def run(up: Up, tell: Callable[[str], None]) -> list[Check]:
    """All checks, one after another on an otherwise idle machine."""
    id_ = f"cal{random.SystemRandom().randrange(16**6):06x}"
    found: list[Check] = []

    def done(check: Check) -> None:
        found.append(check)
        tell(line(check))

    with Life.begin(id_, up.engine, cluster=up.shape.name, does="labs calibrate"), _bench(up, id_) as bench:
        for check in pause_outage(bench):
            done(check)
        done(restart_ladder(bench))
        for check in null_run(bench):
            done(check)
        bench.client.stop()
        done(watch_delay(up, id_))
    return found


@contextmanager
def _bench(up: Up, id_: str) -> Iterator[Bench]:
    place = EnginePlace(engines.connect(up.engine.endpoint, silent_s=engines.PROMPT_S), id_)
    folder = places.state() / "calibrate"
    folder.mkdir(parents=True, exist_ok=True)
    arm = Arm("one copy", engine, "compose.yaml")
    scope = Scope(id_, "t001", arm, manifests.FOLDER / "calibrate", folder, heard=lambda *_: None)
    try:
        place.open(Deadline.after(60))
        place.apply(scope)
        until("the copy answers", lambda: _silent(place, scope), Deadline.after(30), passing=(Unanswered,))
        yield Bench(place, scope)
    finally:
        place.leave(scope)
        place.close(Deadline.after(30))


def _silent(place: EnginePlace, scope: Scope, count: int = 1) -> str:
    copies = place.look(scope)
    answers = sum(place.ask(scope, copy, "GET", "/").status == 200 for copy in copies)
    return "" if answers == count else f"{count} answers, there are {answers}"


def pause_outage(bench: Bench) -> Iterator[Check]:
    """Known pauses, by the client's requests; and what the same looks like from the host."""
    errors, spans, unseen, order = [], [], [], random.Random(1)  # noqa: S311  (the same lengths every time)
    container = bench.container
    port = int(bench.place.engine.client.api.port(str(container.id), 8080)[0]["HostPort"])
    for _ in range(PAUSES):
        length = order.uniform(0.6, 1.2)
        since = time.monotonic()
        container.pause()
        began = time.monotonic()
        outside = threading.Event()
        asking = threading.Thread(target=_connects, args=(port, began + length / 2, outside))
        asking.start()
        threading.Event().wait(length)  # the length is what is known: nothing is waited for
        container.unpause()
        ended = time.monotonic()
        asking.join()
        until("it answers again", partial(bench.is_back, since), Deadline.after(10))
        # A pause is in force at the latest when the engine says so, and at the earliest when it was asked.
        spans.append(ended - began)
        errors.append(bench.outage(since) - (ended - began))
        unseen.append(outside.is_set())
    worst = max(map(abs, errors))
    error = median(map(abs, errors))
    expected, measured = median(spans), median(s + e for s, e in zip(spans, errors, strict=True))
    limit = GOALS["pause_outage"]
    yield Check("pause_outage", expected, measured, error, worst, "s", PAUSES, worst <= limit)
    share = sum(unseen) / len(unseen)
    told = "connections that the host's port accepted for a copy that was paused: why the host's view is never judged"
    yield Check("host_view", 0.0, share, share, share, "share", len(unseen), ok=True, told=told)


def _connects(port: int, at_s: float, accepted: threading.Event) -> None:
    threading.Event().wait(max(0.0, at_s - time.monotonic()))
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return
    accepted.set()


def null_run(bench: Bench) -> Iterator[Check]:
    """Requests without a fault: none may fail, and all go out in time. Four copies share them, as in a lab.

    One copy alone, whose queue holds five, would lose some whenever it does not get a core for 30 ms.
    """
    bench.place.scale(bench.scope, COPIES)
    until("the copies", lambda: _silent(bench.place, bench.scope, COPIES), Deadline.after(30), passing=(Unanswered,))
    until("an undisturbed second", bench.disturbed, Deadline.after(30))
    cpu, began = _cpu_s(bench), time.monotonic()
    enough = Deadline.after(NULL_REQUESTS / PER_S * 1.5)
    until("the requests", lambda: _lacking(bench, began), enough, pause_s=0.5)
    cores = (_cpu_s(bench) - cpu) / (time.monotonic() - began)
    sent = bench.since(began)[:NULL_REQUESTS]
    errors = Counter(r.error for r in sent if r.error)
    failed, kinds = errors.total(), ", ".join(f"{n} {error}" for error, n in errors.items())
    yield Check("null_run", 0.0, failed, failed, failed, "errors", len(sent), failed == 0, kinds)
    late = sorted(r.late_ms for r in sent)
    p99, worst = late[int(len(late) * 0.99)], late[-1]
    ok = p99 <= GOALS["client_schedule"]
    told = f"late by, 99 of 100; the client took {100 * cores:.0f} % of a core"
    yield Check("client_schedule", 0.0, p99, p99, worst, "ms", len(sent), ok, told)


def _lacking(bench: Bench, began: float) -> str:
    """A second's more than are counted: by then those have all been answered, or given up."""
    lacking = NULL_REQUESTS + int(PER_S) - len(bench.since(began))
    return f"{lacking} requests" if lacking > 0 else ""


def _cpu_s(bench: Bench) -> float:
    client = bench.place.engine.client
    stats: Any = client.containers.get(f"{bench.scope.name}-client").stats(stream=False, one_shot=True)
    return float(stats["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9


def restart_ladder(bench: Bench) -> Check:
    """The engine doubles its pause from one restart to the next; by its own events, so does what we hear."""
    container, api = bench.container, bench.place.engine.client.api
    since = int(time.time())
    ends: list[float] = []
    starts: list[float] = []
    events: Any = api.events(since=since, decode=True, filters={"container": container.id, "event": ["die", "start"]})
    threading.Thread(target=_crashes, args=(bench, len(LADDER) + 1), daemon=True).start()
    try:
        for event in events:
            (ends if event["Action"] == "die" else starts).append(event["timeNano"] / 1e9)
            if len(starts) > len(LADDER):
                break
    finally:
        events.close()
    gaps = [start - end for end, start in zip(ends, starts, strict=False)]
    # What a start itself takes is the same each time, and not in the differences.
    steps = [b - a for a, b in pairwise(gaps)]
    errors = [step - expected for step, expected in zip(steps, LADDER, strict=True)]
    worst = max(map(abs, errors))
    told = "pauses before restarts of " + ", ".join(f"{gap:.2f}" for gap in gaps) + " s"
    ok = worst <= GOALS["restart_ladder"]
    return Check("restart_ladder", LADDER[-1], steps[-1], median(map(abs, errors)), worst, "s", len(steps), ok, told)


def _crashes(bench: Bench, times: int) -> None:
    """End it as soon as it answers, so that it never ran for the ten seconds after which the engine forgets."""
    known = ""
    for _ in range(times):
        found: list[Any] = []

        def anew(known: str = known, found: list[Any] = found) -> str:
            found[:] = [r for r in bench.place.look(bench.scope) if r.ready and r.id != known]
            if not found:
                return "a restart"
            bench.place.ask(bench.scope, found[0], "POST", "/crash?code=1")
            return ""

        until("the next crash", anew, Deadline.after(30), passing=(Unanswered,), pause_s=0.05)
        known = found[0].id


def watch_delay(up: Up, id_: str) -> Check:
    """From the answer to a write until the watch tells of it."""
    kube = Kube(up.shape.kubeconfig)
    namespace = f"dkl-{id_}-watch"
    labels = {RUN_LABEL: id_}
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}
    kube.call("POST", "/api/v1/namespaces", {}, made)
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    heard: dict[str, float] = {}
    try:
        listed = kube.get(path)
        version = str(listed["metadata"]["resourceVersion"])

        def listen() -> None:
            for event in kube.watch(path, version, 60):
                heard[event["object"]["metadata"]["name"]] = time.monotonic()
                if event["object"]["metadata"]["name"] == f"w{WRITES}":
                    return

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        written: dict[str, float] = {}
        for number in range(1, WRITES + 1):
            name = f"w{number}"
            sent = time.monotonic()
            kube.call("POST", path, {}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
            written[name] = sent
            until(name, partial(_unheard, heard, name), Deadline.after(10), pause_s=0.005)
    finally:
        cluster_site.sweep(kube, id_, Deadline.after(60))
    delays = [heard[name] - sent for name, sent in written.items()]
    ok = max(delays) <= GOALS["watch_delay"]
    return Check("watch_delay", 0.0, median(delays), median(delays), max(delays), "s", len(delays), ok)


def _unheard(heard: Mapping[str, float], name: str) -> str:
    return "" if name in heard else f"the event of {name}"


def line(check: Check) -> str:
    mark = "✓" if check.ok else "✗"
    of = f" of {check.expected:.3f}" if check.expected else ""
    told = f"; {check.told}" if check.told else ""
    return (
        f"{mark} {check.name:<16} measured {check.measured:.3f}{of} {check.unit}, "
        f"error {check.error:.3f}, worst {check.worst:.3f}, n={check.n}{told}"
    )


def document(checks: list[Check]) -> dict[str, Any]:
    """`labs.calibrate/1`."""
    rows = [{k: v for k, v in asdict(c).items() if k != "told" or v} for c in checks]
    return {"schema": "labs.calibrate/1", "at": datetime.now(UTC).isoformat(timespec="seconds"), "checks": rows}


def keep(found: dict[str, Any]) -> Path:
    """For the facts of the runs to come."""
    file = places.state() / FILE
    file.write_text(json.dumps(found, indent=2) + "\n")
    return file


def unsure_s() -> float:
    """The worst error with an outage that the last calibration saw; its goal where there was none."""
    checks = {c["name"]: c for c in known().get("checks", ())}
    return float(checks["pause_outage"]["worst"]) if "pause_outage" in checks else GOALS["pause_outage"]


def known() -> dict[str, Any]:
    """What the last calibration on this machine found; empty if there was none."""
    try:
        found: dict[str, Any] = json.loads((places.state() / FILE).read_text())
    except (OSError, ValueError):
        return {}
    return found
