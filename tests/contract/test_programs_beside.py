"""A program of an arm's is in the trial's surroundings, and ends with it; in memory it is tried with the labs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.conftest import HERE, brought_up
from tests.contract.kinds import only

LOOKS = {"docker": "docker compose ps --quiet", "kubectl": "kubectl get pods --output name"}
LOOP = """echo $$
while :; do
  {} | wc -l
  sleep 0.5
done
"""


@pytest.fixture
def site(opened, tmp_path):
    """Three copies, and a program beside them that counts them again and again."""
    if not opened.real:
        pytest.skip("a shell in memory knows but what labs have it do")
    arm = opened.kind.arm
    for name in arm.names:
        (tmp_path / name).write_text((HERE / name).read_text())
    (tmp_path / "counts.sh").write_text(LOOP.format(LOOKS[arm.site.program]))
    with brought_up(opened, replace(arm, recipe=f"{arm.recipe} counts.sh"), tmp_path, tmp_path) as found:
        yield found


def said(site) -> list[str]:
    return (site.scope.folder / site.scope.trial / "counts.sh.log").read_text().split()


@only(lambda kind: kind.name in ("compose", "kubernetes"))
def test_it_finds_what_the_trial_has_and_ends_with_it(site):
    site.wait("three of them", lambda: "" if said(site)[-1] == "3" else " ".join(said(site)))
    pid = said(site)[0]
    assert Path(f"/proc/{pid}").exists()
    site.here.leave()
    site.wait("its end", lambda: pid if Path(f"/proc/{pid}").exists() else "")
    assert set(said(site)[1:]) <= {"0", "1", "2", "3"}
