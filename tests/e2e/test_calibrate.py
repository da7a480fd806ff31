"""The bench measures what is known: the document has every check, and what it measured is near."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.slow

CHECKS = {"pause_outage", "host_view", "restart_ladder", "null_run", "client_schedule", "watch_delay"}
FIELDS = {"name", "expected", "measured", "error", "worst", "unit", "n", "ok"}


def test_what_is_known_is_measured_and_kept_for_the_facts_of_runs(labs, shared):
    done = labs("calibrate", "--json", "-", within_s=300)
    document = json.loads(done.out)
    checks = {c["name"]: c for c in document["checks"]}

    assert document["schema"] == "labs.calibrate/1"
    assert set(checks) == CHECKS
    assert all(set(c) >= FIELDS for c in checks.values())
    assert done.code == (0 if all(c["ok"] for c in checks.values()) else 1)
    # A busy machine makes it worse, not wrong: a pause of a second is never seen as half or twice as long.
    pauses = checks["pause_outage"]
    assert (pauses["n"], checks["null_run"]["n"]) == (20, 10_000)
    assert abs(pauses["measured"] - pauses["expected"]) < 0.1
    assert checks["host_view"]["measured"] > 0.5
    assert checks["restart_ladder"]["measured"] == pytest.approx(1.6, abs=0.8)
