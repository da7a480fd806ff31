"""The bench measures what is known, and what it measured is near."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.slow


def test_what_is_known_is_measured(labs, web, here, left):
    done = labs("run", "calibrate", "--trials", "1", "--json", "-", within_s=400)
    claims = {one["id"]: one for one in json.loads(done.out)["claims"]}

    assert set(claims) == {"bench-outage", "bench-requests", "bench-restarts"}
    assert left() == []
    # A busy machine loses requests and errs more; a pause of a second is never seen as half or twice as long.
    assert claims["bench-restarts"]["verdict"] in ("CONFIRMED", "REFUTED"), done.err
    assert claims["bench-outage"]["measured"]["worst_s"] < 0.1, done.err
    assert done.code in (0, 1, 3), done.err
