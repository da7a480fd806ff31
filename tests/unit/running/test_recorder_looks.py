"""What a trial sees on a site in memory: copies by identity, looks that fail, facts, clients."""

from __future__ import annotations

import pytest

from harness import Arm, Ask, Sharing, acts, asks, cluster, command, engine, fact, read, writes
from harness.lab.open_site import Answer, No
from harness.lab.trial import EVERY_S
from harness.model.entries import Acted, Copy, Held, Looked, Told
from harness.model.verdict import NotShown
from harness.running.beside import Beside
from harness.running.facts import FACT_S
from harness.running.recorder import SOON_S, STALLED, UNHEARD_S
from tests.support.one_trial import ALWAYS, NEVER, Changed, recorded

POD = Arm("Pod", cluster, "pod.yaml")
COMPOSE_THREE = Arm("Compose of three", engine, "compose-three.yaml")


def crashed(t):
    t.act(acts.crash, *t.steady(replicas=1))
    t.restored(within_s=10)


def waited_s(made):
    since = next(a.sent_s for a in made.of(Acted) if a.id == made.window.since)
    return made.window.at_s - since


# -- what must not be taken for a return


def test_a_new_container_from_which_the_old_process_answers_does_not_serve():
    """As with an address that still leads to the old process."""
    made = recorded(crashed, ALWAYS, change=lambda here: Changed(here, ask=_as("always the same")))
    assert [c.id for c in made.of(Copy) if c.what == "serving"] == [made.of(Acted)[-1].victims[0]]
    assert made.trials.restored() is None


def _as(instance):
    def ask(inner, copy, method, path, **more):
        answer = inner(copy, method, path, **more)
        return Answer(answer.said, answer.code, (instance,))

    return ask


@pytest.mark.parametrize(
    "answer", [No("timeout"), Answer("", 500, ("x",)), Answer("", 200, ()), Answer("", 200, ("",))]
)
def test_a_new_container_that_does_not_answer_for_itself_does_not_serve(answer):
    first = []

    def ask(inner, copy, method, path, **more):
        first.append(copy.id)
        if copy.id == first[0]:
            return inner(copy, method, path, **more)
        if isinstance(answer, No):
            raise answer
        return answer

    made = recorded(crashed, ALWAYS, change=lambda here: Changed(here, ask=ask))
    assert made.trials.restored() is None


# -- looks that are missed


def deaf(from_s, for_s):
    """No look is answered for so long."""

    def look(inner):
        at = inner.__self__.clock.now() - 1000
        if from_s < at < from_s + for_s:
            raise No("timeout")
        return inner()

    return lambda here: Changed(here, look=look)


def test_looks_that_fail_for_long_leave_a_gap_that_shows():
    made = recorded(crashed, NEVER, change=deaf(3, 30))
    with pytest.raises(Exception, match="looks were taken") as open_:
        made.trials.restored()
    assert open_.value.reason == "too-few-looks"


def test_a_short_stall_is_made_good_by_watching_longer():
    made = recorded(crashed, NEVER, change=deaf(3, 1.8))
    assert made.trials.restored() is None
    assert 10.0 + EVERY_S < waited_s(made) < 21.0


def test_a_platform_that_does_not_answer_is_not_asked_again_at_once():
    asked = []

    def look(inner):
        asked.append(inner.__self__.clock.now())
        if len(asked) > 20:
            raise No("refused")
        return inner()

    made = recorded(crashed, NEVER, change=lambda here: Changed(here, look=look))
    assert made.window.at_s - made.of(Acted)[-1].sent_s > 10
    assert len(asked) < 20 + 25 / SOON_S + 10


def test_looks_that_fail_now_and_then_are_tried_again_in_time():
    made = recorded(crashed, NEVER, "looks fail now and then")
    assert (made.reason, made.trials.restored()) == ("", None)
    assert waited_s(made) < 11


def test_but_only_for_so_long():
    made = recorded(crashed, NEVER, change=deaf(3, 100))
    assert waited_s(made) == pytest.approx(STALLED * 10.0, abs=1.0)


def test_no_window_is_longer_than_ten_times_what_was_declared():
    def quick(t):
        t.act(acts.crash, *t.steady(replicas=1))
        t.restored(within_s=2)

    made = recorded(quick, NEVER, beside=Beside(came=lambda _: [1000.0]))
    assert waited_s(made) == pytest.approx(10 * 2 + UNHEARD_S, abs=1.0)


def test_an_error_that_is_not_expected_of_a_site_ends_the_trial():
    def look(_inner):
        raise RuntimeError("a mistake of ours")

    made = recorded(crashed, NEVER, change=lambda here: Changed(here, look=look))
    assert str(made.timeline.wrong) == "broke-off: RuntimeError: a mistake of ours"


# -- looks and pauses

ROWS = fact("rows", "kubectl get rows")


@pytest.mark.parametrize(
    ("answer", "said", "no"), [(("3", 0), "3", ""), (("NotFound", 1), "", "NotFound"), (("", 7), "", "exit code 7")]
)
def test_a_look_is_written_down_as_it_was_answered(answer, said, no):
    def plays(t):
        t.steady(replicas=1)
        t.look(ROWS)

    made = recorded(plays, POD, commands={"kubectl get rows": answer})
    (told,) = made.of(Told)
    assert (told.fact, told.said, told.no) == ("rows", said, no)
    assert made.reason == ""


def test_a_look_that_nobody_answers_says_so():
    def refuses(_types, text):
        raise No("timeout")

    def plays(t):
        t.steady(replicas=1)
        t.look(ROWS)

    typed = {"types": lambda types, text: refuses(types, text) if "rows" in text else types(text)}
    (told,) = recorded(plays, POD, change=lambda here: Changed(here, **typed)).of(Told)
    assert told.no == "timeout"


def test_what_a_copy_has_is_read_from_that_copy():
    def plays(t):
        (writer,) = t.steady(replicas=1)
        t.act(writes(64), writer)
        t.act(acts.crash, writer)
        (reader,) = t.steady(replicas=1)
        t.look(read(reader))

    made = recorded(plays, ALWAYS)
    (told,) = made.of(Told)
    reader = next(c for c in reversed(made.of(Copy)) if c.what == "serving")
    assert (told.by, told.of) == (reader.instance, reader.id)
    assert made.trials.kept() == 64


def test_a_pause_lasts_as_long_as_was_said_and_looks_all_the_while():
    def plays(t):
        t.steady(replicas=1)
        t.hold(5.0)

    made = recorded(plays, ALWAYS)
    (held,) = made.of(Held)
    looks = [e for e in made.of(Looked) if e.at_s > held.at_s - 5.0]
    assert held.seconds == 5.0
    assert 9 <= len(looks) <= 11
    assert {e.serving for e in looks} == {1}
    assert made.told[-1] == ("the end of a pause", pytest.approx(5.0, abs=0.6), 5.0)
    assert made.reason == ""


# -- clients


def test_a_client_asks_until_it_is_calm():
    def plays(t):
        t.steady(replicas=3)
        t.act(asks(Ask(20.0)))
        t.hold(2)
        t.act(acts.calm)
        t.hold(1)

    made = recorded(plays, COMPOSE_THREE)
    kinds = [type(e).__name__ for e in made.entries if type(e).__name__ in ("Asking", "Request", "Asked")]
    assert made.reason == ""
    assert (kinds[0], kinds[-1]) == ("Asking", "Asked")
    assert 38 <= kinds.count("Request") <= 44


def asking(t):
    t.steady(replicas=3)
    t.client(per_s=20)
    t.hold(5)


@pytest.mark.parametrize("fault", ["the client breaks off", "requests are lost"])
def test_a_client_that_tells_less_than_it_did_makes_the_trial_not_count(fault):
    assert recorded(asking, COMPOSE_THREE, fault).reason == "client-broke-off"


def test_a_client_that_sends_nothing_shows_nothing():
    made = recorded(asking, COMPOSE_THREE, "the client is silent")
    with pytest.raises(NotShown) as open_:
        made.trials.answer(Sharing(3))
    assert (made.reason, open_.value.reason) == ("", "too-few-requests")


def test_a_client_that_does_not_come_up_is_no_receipt():
    def plays(t):
        t.steady(replicas=1)
        t.client()

    assert recorded(plays, ALWAYS, "no client comes up").reason == "no-receipt"


# -- facts that are waited for


def test_a_fact_is_asked_for_now_and_then_and_written_down_when_it_changes():
    def fills(world, _command):
        return str(min(3, int(world.clock.now() - 1000) // 3))

    def plays(t):
        t.steady(replicas=1)
        t.until(ROWS.becomes("3"), within_s=30)

    asked = []
    made = recorded(
        plays, POD, commands={"kubectl get rows": fills},
        change=lambda here: Changed(here, types=lambda types, text: asked.append(text) or types(text)),
    )  # fmt: skip
    assert made.reason == ""
    assert [e.said for e in made.of(Told)] == sorted({e.said for e in made.of(Told)})
    assert made.of(Told)[-1].said == "3"
    assert len(asked) - 1 <= (made.window.at_s - made.window.began_s) / FACT_S + 2


def test_a_fact_that_is_waited_for_since_another_act_is_written_down_anew():
    def plays(t):
        t.steady(replicas=1)
        t.until(ROWS.becomes("3"), within_s=30)
        t.act(command("kubectl get rows"))
        t.until(ROWS.becomes("3"), within_s=30)

    made = recorded(plays, POD, commands={"kubectl get rows": "3"})
    assert made.reason == ""
    assert len(made.of(Told)) == 2
