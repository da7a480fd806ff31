"""`labs list`, `labs show`: what there is, also where one lab is broken."""

from __future__ import annotations

import json
import subprocess

import pytest

from harness.commands import look
from harness.judging import catalog, register
from tests.support.cli import labs
from tests.support.own_labs import own_labs

KNOWN = register.load(catalog.REGISTER)
SOUND = '"""Mine?"""\n\nfrom harness import Lab\n\nlab = Lab(__doc__, __name__)\n'


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Beside ours, copied, labs that a test writes."""
    yield from own_labs(tmp_path, monkeypatch, beside_ours=True)


def test_every_lab_is_listed_with_its_question_and_its_claims():
    told = labs("list")
    assert (told.code, told.out) == (0, "")
    for lab in KNOWN.labs():
        assert f"{lab}  " in told.err
    for claim in KNOWN.claims:
        assert f"    {claim.id}" in told.err
    assert "A container crashes, or somebody removes one. Who brings it back, and who does not?" in told.err
    assert "(not built yet)" in told.err


def test_what_people_ask_beyond_the_articles_is_a_group_of_its_own_at_the_end():
    told = labs("list").err
    _, heading, beyond = told.partition("\nAlso asked  ")
    ids = {c.id: c.lab for c in KNOWN.claims if register.asked(c.id)}

    assert heading
    assert "does not count in the score of the articles" in beyond
    assert [line.split(",")[0].strip() for line in beyond.splitlines()[1:]] == list(ids)
    assert told.count("    asked-") == len(ids)
    assert "    asked-policy-heals-unhealthy, lab healthchecks" in beyond


def test_what_people_ask_is_shown_as_not_built_where_nothing_judges_it(broken):
    broken(scaling=SOUND, loadbalancing="raise KeyError('x')")
    beyond = labs("list").err.partition("\nAlso asked  ")[2]

    assert "    asked-swarm-scales-five-times, lab scaling  (not built yet)\n" in beyond
    assert "    asked-port-forward-balances, lab loadbalancing  (not built yet)\n" in beyond
    built = {c["id"]: c["built"] for c in look.listed(KNOWN)["asked"]}
    assert (built["asked-swarm-scales-five-times"], built["asked-port-forward-balances"]) == (False, False)


def test_as_a_document_it_says_the_same_on_stdout():
    told = labs("list", "--json")
    document = json.loads(told.out)
    assert (told.code, told.err, document["schema"]) == (0, "", "labs.list/1")
    rows = {row["name"]: row for row in document["labs"]}
    assert list(rows) == list(KNOWN.labs())
    assert {"id": "docker-no-auto-restart", "built": True} in rows["selfhealing"]["claims"]
    assert not [c["id"] for row in rows.values() for c in row["claims"] if register.asked(c["id"])]
    assert {c["id"]: c["lab"] for c in document["asked"]}["asked-port-forward-balances"] == "loadbalancing"
    assert {row["trouble"] for row in rows.values()} == {""}
    assert [name for name, row in rows.items() if row["of_bench"]] == [catalog.OF_BENCH]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("raise KeyError('x')", "labs/storage.py raised KeyError: 'x'"),
        ("import nowhere", "labs/storage.py raised ModuleNotFoundError: No module named 'nowhere'"),
        ("x = (", "labs/storage.py raised SyntaxError"),
        ("x = 1", "labs/storage.py has no `lab = Lab(__doc__, __name__)`"),
    ],
)
def test_one_that_is_broken_is_named_with_the_reason_and_the_others_are_listed(broken, text, why):
    broken(storage=text)
    told = labs("list")
    assert told.code == 0
    assert f"Loading lab storage: {why}" in told.err
    assert "    docker-volumes-persist  (not built yet)" in told.err
    assert "A container crashes, or somebody removes one." in told.err
    rows = {row["name"]: row for row in json.loads(labs("list", "--json").out)["labs"]}
    assert rows["storage"]["trouble"].startswith(f"Loading lab storage: {why}")
    assert [name for name, row in rows.items() if row["trouble"]] == ["storage"]


def test_one_that_the_register_does_not_know_yet_is_listed_too(broken):
    broken(mine=SOUND, odd="raise KeyError('x')")
    rows = {row["name"]: row for row in look.listed(KNOWN)["labs"]}
    assert (rows["mine"]["question"], rows["mine"]["claims"]) == ("Mine?", [])
    assert rows["odd"]["trouble"].startswith("Loading lab odd: labs/odd.py raised KeyError: 'x'")
    assert labs("list").code == 0


@pytest.mark.parametrize("command", [("show",), ("run",), ("show", "--sh")])
def test_to_use_one_that_is_broken_is_told_in_one_line(broken, command):
    broken(storage="raise KeyError('x')")
    told = labs(*command, "storage")
    assert told.code == 4
    assert told.err.startswith("✗ Loading lab storage: labs/storage.py raised KeyError: 'x'. Try: python -c ")
    assert told.err.count("\n") == 1


@pytest.mark.parametrize("name", catalog.names())
def test_a_lab_is_shown_with_its_arms_scenarios_and_claims(name):
    told, lab = labs("show", name), catalog.lab(name)
    assert (told.code, told.err) == (0, "")
    for cell in lab.cells.values():
        assert cell.arm.name in told.out
        assert cell.scenario.name in told.out


def test_as_a_script_it_is_bash_on_stdout():
    told = labs("show", "selfhealing", "--sh")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("#!")
    checked = subprocess.run(["bash", "-n"], input=told.out, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_lab_that_there_is_not_is_told_with_those_near_it():
    told = labs("show", "self-healing")
    assert told.code == 4
    assert "near it: selfhealing" in told.err
    assert told.err.endswith("Try: labs list\n")
