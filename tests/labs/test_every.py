"""Every lab on the platform in memory: its verdicts there, and that nothing which goes wrong makes it lie."""

import pytest

from harness.judging import catalog, register
from harness.judging.findings import finding
from tests.support.fake.faults import FAULTS
from tests.support.judged import changed, dropped, falsehoods, verdicts
from tests.support.recorded import judged, like, of

LABS = catalog.judged()
REGISTER = register.load(catalog.REGISTER)

OTHERS = {
    "everything comes back", "nothing comes back", "Deployments do not heal", "StatefulSets do not heal",
    "comes back late", "nobody is left out", "requests are not shared", "one copy gets nothing",
    "endpoints stay as they were", "data is lost", "data always stays",
    "nobody takes it back unasked", "Swarm takes back whatever fails",
    "undo does nothing", "the bad version is good", "updates do nothing", "undo is refused",
    "everything is rescheduled", "nothing is rescheduled", "comes back and goes", "updates come at once",
    "init steps run side by side", "hooks do not run", "no grace is given",
}  # fmt: skip
"""Faults that make another platform of it, of which another verdict may be true; a lab's own test says which."""

NUMBERS = {
    "scaling does nothing", "somebody scales up", "loads cost nothing", "programs do not run", "figures are away",
    "figures are a minute old", "HPAs do nothing", "HPAs are for another", "HPAs take none away",
}  # fmt: skip
"""Faults that labs about numbers of copies meet, whose own tests have all of them."""


def recorded(name, *faults):
    return of(name, *faults, **like(name))


@pytest.mark.parametrize("name", LABS)
def test_its_verdicts_are_as_expected(name):
    bench = recorded(name)
    assert not bench.left
    wrong = {
        s.id: bench.verdicts[s.id] for s in bench.docket.settled.values() if not finding(s, REGISTER).as_expected
    }
    assert not wrong


@pytest.mark.parametrize("name", LABS)
def test_what_is_read_back_is_judged_as_it_was_live(name):
    bench = recorded(name)
    assert judged([catalog.lab(name)], bench.lines).verdicts == bench.verdicts


@pytest.mark.parametrize("fault", [f.name for f in FAULTS if f.name not in OTHERS | NUMBERS | {"cannot be opened"}])
@pytest.mark.parametrize("name", LABS)
def test_no_fault_makes_it_lie(name, fault):
    bench = recorded(name, fault)
    assert not falsehoods(recorded(name).verdicts, bench.verdicts)


@pytest.mark.parametrize("name", LABS)
def test_no_line_that_is_lost_makes_it_lie(name):
    lab, bench = catalog.lab(name), recorded(name)
    lies = {}
    for what, lines in dropped(bench.lines, seed=1, many=25):
        lies |= {f"{what}: {id_}": lie for id_, lie in falsehoods(bench.verdicts, verdicts([lab], lines)).items()}
    assert not lies


@pytest.mark.parametrize("name", LABS)
def test_no_field_that_is_changed_makes_it_lie(name):
    lab, bench = catalog.lab(name), recorded(name)
    lies = {}
    for what, lines in changed(bench.lines, seed=2, many=25):
        lies |= {f"{what}: {id_}": lie for id_, lie in falsehoods(bench.verdicts, verdicts([lab], lines)).items()}
    assert not lies
