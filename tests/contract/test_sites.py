"""What a trial may rely on at any site: one suite for the one in memory and for each real one, so that they agree."""

from __future__ import annotations

import pytest

from harness.lab import acts
from harness.lab.arm import Arm
from harness.lab.open_site import No
from harness.model.entries import Heard
from harness.model.errors import Problem
from tests.contract.kinds import only

MUCH = 1 << 20
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, imag: 'dk-labs/web:1'}]}"
WRONG = {
    "docker": ("compose.yaml", "services: {web: {image: dk-labs/web:1, restrat: always}}", "restrat"),
    "kubectl": ("pod.yaml", POD, "imag"),
}
"""By program: a file with an unknown field."""


# -- what there is


def test_each_copy_has_a_name_a_thing_an_incarnation_an_address_and_an_instance_of_its_own(site):
    copies = site.running()
    instances = [site.instance(c) for c in copies]
    for values in (*zip(*((c.name, c.thing, c.id, c.address) for c in copies), strict=True), instances):
        assert len(set(values)) == 3
        assert all(values)


def test_a_copy_that_runs_has_no_exit_code_nothing_against_it_and_is_on_a_node(site):
    for copy in site.running():
        assert (copy.state.lower(), copy.code, copy.no, copy.version) == ("running", -1, "", "")
        assert copy.where in site.kind.nodes
        assert not copy.name.startswith("dkl-")


def test_a_sound_site_says_so_and_hears_its_events(site):
    assert site.opened.place.health() == ""
    assert set(site.opened.place.streams().values()) == {""}
    site.wait("a word", lambda: "" if site.of(Heard) else "an event")
    names = {c.name for c in site.running()}
    assert names & {e.who for e in site.of(Heard)}


def test_a_trial_sees_its_own_copies_alone(site, tmp_path):
    scope = site.opened.scope(tmp_path)
    other = site.opened.place.trial(scope)
    assert list(other.look()) == []
    other.leave()
    assert len(site.running()) == 3


def test_what_runs_is_as_the_files_declare_it(site):
    assert site.here.altered() == ""


def test_evidence_names_each_copy(site):
    told = "\n".join(word for pair in site.here.evidence().items() for word in pair)
    assert all(c.name in told for c in site.running())


# -- what is done to a copy


def test_a_crashed_copy_is_another_incarnation(site):
    """Of the same thing everywhere but in a Swarm, which makes another container for a task that ended."""
    victim, *others = site.running()
    before = {c.thing for c in site.running()}
    told = acts.crash.send(site.here, [victim])
    assert (told.no, told.by) == ("", (told.by[0],))

    def back() -> str:
        fresh = [c for c in site.running() if (c.thing == victim.thing) == site.kind.in_place]
        return "" if any(c.id not in {victim.id, *(o.id for o in others)} for c in fresh) else "another incarnation"

    site.wait("another incarnation", back)
    assert site.kind.in_place == ({c.thing for c in site.running()} <= before)
    assert {o.id for o in others} <= {c.id for c in site.running()}


def test_a_copy_answers_as_itself_when_it_is_told_to_do_something(site):
    victim, other, _ = site.running()
    instance = site.instance(victim)
    assert acts.unready.send(site.here, [victim]).by == (instance,)
    assert acts.nothing.send(site.here, [other]).by == (site.instance(other),)


def test_a_removed_copy_is_not_there_any_more(site):
    victim = site.running()[0]
    assert acts.remove.send(site.here, [victim]).no == ""
    site.gone(victim)
    with pytest.raises(No, match=f"not there any more: {victim.name}"):
        site.here.signal(victim, "remove")
    with pytest.raises(No):
        site.here.ask(victim, "GET", "/")
    if site.kind.replaces:
        site.wait_for(3)
    assert victim.thing not in {c.thing for c in site.running()}


@only(lambda kind: "kill" in kind.signals)
@pytest.mark.parametrize("how", ["stop", "kill", "host-kill"])
def test_a_container_is_ended_from_outside(site, how):
    victim = site.running()[0]
    site.here.signal(victim, how)

    def ended() -> str:
        now = next((c for c in site.here.look() if c.thing == victim.thing), None)
        return "" if now is None or not now.ready or now.id != victim.id else f"the end of {victim.name}"

    site.wait("its end", ended)


@only(lambda kind: kind.in_place and "kill" in kind.signals)
def test_a_container_that_a_person_stopped_tells_its_exit_code_and_stays(site):
    victim = site.running()[0]
    site.here.signal(victim, "kill")

    def ended() -> str:
        now = next(c for c in site.here.look() if c.thing == victim.thing)
        return "" if (now.code, now.id, now.state) == (137, victim.id, "exited") else f"its end, it is {now}"

    site.wait("its end", ended)
    assert len(site.running()) == 2
    with pytest.raises(No):
        site.here.signal(victim, "kill")


def test_a_copy_that_hangs_goes_on_running_and_answers_nobody(site):
    victim, other, _ = site.running()
    acts.hang.send(site.here, [victim])
    site.wait("silence", lambda: "silence" if site.answers(victim) else "")
    assert victim.id in {c.id for c in site.running()}
    assert site.answers(other)


def test_a_copy_that_is_made_unready_refuses(site):
    victim = site.running()[0]
    acts.unready.send(site.here, [victim])
    assert site.here.ask(victim, "GET", "/").code == 503
    site.here.ask(victim, "POST", "/ready")
    assert site.here.ask(victim, "GET", "/").code == 200


def test_what_was_written_can_be_read_by_the_one_who_wrote_it(site):
    writer, other, _ = site.running()
    written = acts.writes(MUCH).send(site.here, [writer])
    assert written.said.startswith(f"{MUCH}:")
    assert acts.read(writer).asked(site.here).said == written.said
    assert acts.read(other).asked(site.here).said == "none"


@only(lambda kind: kind.in_place)
def test_a_layer_outlives_a_crash_where_the_container_does(site):
    writer = site.running()[0]
    written = acts.writes(MUCH).send(site.here, [writer])
    acts.crash.send(site.here, [writer])

    def back() -> str:
        return (
            ""
            if any(c.thing == writer.thing and c.id != writer.id and site.answers(c) for c in site.running())
            else "it"
        )

    site.wait("it is back", back)
    reader = next(c for c in site.running() if c.thing == writer.thing)
    assert acts.read(reader).asked(site.here).said == (written.said if site.kind.keeps else "none")


# -- what is typed


def test_a_command_answers_with_what_it_said_its_code_and_the_files_that_it_applied(site):
    (command, *_) = site.kind.arm.commands()
    if site.kind.arm.typed:
        assert site.here.types(command).files == ()
        return
    answer = site.here.types(command)
    assert (answer.code, answer.typed, answer.files) == (0, (command,), site.kind.arm.names)


def test_a_command_that_fails_answers_with_its_code_and_why(site):
    arm = site.kind.arm
    nowhere = Arm("nowhere", arm.site, "nowhere.yaml")
    (command,) = nowhere.commands()
    answer = site.here.types(command)
    assert answer.code != 0
    assert "nowhere.yaml" in answer.said


@only(lambda kind: not kind.arm.typed)
@pytest.mark.parametrize(("version", "n"), [("two", 2), ("next", 3)])
def test_files_that_are_applied_in_the_place_of_others_change_number_and_version(site, version, n):
    before = {c.thing for c in site.running()}
    assert acts.update(version).send(site.here, [None]).no == ""

    def there() -> str:
        now = site.running()
        fresh = sum(c.thing not in before for c in now)
        done = len(now) == n and fresh == (n if version == "next" else 0)
        return "" if done else f"{n} copies as the files say, {len(now)} run, {fresh} are new"

    site.wait("the new files", there)
    assert {c.version for c in site.running()} == {"2" if version == "next" else ""}
    assert acts.update().send(site.here, [None]).no == ""
    site.wait_for(3)


@only(lambda kind: kind.arm.site.program == "kubectl")
def test_a_version_is_taken_back_by_one_command(site):
    assert acts.update("next").send(site.here, [None]).no == ""
    site.wait("the next version", lambda: "" if {c.version for c in site.running()} == {"2"} else "version 2")
    assert site.here.types("kubectl rollout undo deployment web").code == 0
    site.wait("the first version", lambda: "" if {c.version for c in site.running()} == {""} else "version 1")
    assert site.here.types("kubectl scale deployment web --replicas=1").code == 0
    site.wait("one copy", lambda: "" if len(site.running()) == 1 else "one copy")


@only(lambda kind: not kind.arm.typed)
def test_a_file_with_an_unknown_field_is_told_with_its_name_before_anything_runs(opened, tmp_path):
    name, text, seen = WRONG[opened.kind.arm.site.program]
    (tmp_path / name).write_text(text + "\n")
    with pytest.raises(Problem, match=rf"(?s){name}.*{seen}"):
        opened.place.check(Arm("wrong", opened.kind.arm.site, name), tmp_path)
    opened.place.check(opened.kind.arm, opened.scope(tmp_path).manifests)


# -- the end


def test_after_leaving_nothing_is_seen(site):
    site.here.leave()
    site.wait("nothing", lambda: "copies" if site.running() else "")
