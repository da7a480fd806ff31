"""What a copy is told that asks from its own container."""

from __future__ import annotations

from harness.lab.acts import found_by
from harness.lab.questions.found import IN_VAIN
from tests.contract.kinds import only

HERE = only(lambda kind: kind.name in ("runs", "compose", "kubernetes"))


@HERE
def test_a_copy_that_asks_learns_who_answers(site):
    one, other, _ = site.running()
    for at, whom in ((f"{other.address}:8080", other), ("localhost:8080", one)):
        answer = found_by(one, at).asked(site.here)
        assert (answer.code, answer.by) == (0, (site.instance(whom),)), answer.said


@HERE
def test_who_asks_where_nobody_listens_is_told_so_by_the_program_itself(site):
    answer = found_by(site.running()[0], "localhost:8081").asked(site.here)
    assert (answer.code, answer.said, answer.by) == (1, "error refused", ())
    assert answer.said in IN_VAIN


@HERE
def test_that_nobody_could_ask_is_told_otherwise(site):
    one = site.running()[0]
    site.here.signal(one, "remove")
    site.gone(one)
    answer = found_by(one, "localhost:8080").asked(site.here)
    assert answer.code != 0
    assert answer.said not in IN_VAIN
