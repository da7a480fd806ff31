"""Facts: what is looked at, what is waited for until it is so, and when it first had an answer."""

from __future__ import annotations

import pytest

from harness.lab.acts import each_other, fact, found_by, reach, read
from harness.lab.open_site import Answer
from harness.lab.questions import Answers
from harness.lab.site import cluster, engine
from harness.model.entries import Copy
from harness.model.seen import Span
from harness.model.verdict import NotShown
from tests.support.lines import acted, told
from tests.support.trials import arm, seen

ROWS = fact("rows", "kubectl get rows", parse=int)
HIT = acted(at_s=1.1, sent_s=1.0)


class Asked:
    """A target that writes down what it is asked."""

    def __init__(self, typed="3", code=0):
        self.arm, self.said, self._typed = arm("here"), [], Answer(typed, code)

    def types(self, command):
        self.said.append(command)
        return self._typed

    def ask(self, copy, method, path, *, within_s):
        self.said.append(f"{method} {path} of {copy.name}")
        return Answer("8:abc")

    def reach(self, service, node):
        self.said.append(f"{service} from {node}")
        return Answer("200")


def test_a_fact_is_read_as_its_parser_says():
    assert ROWS.answer(seen(HIT, told("rows", "3", 2.0))) == 3
    assert ROWS.answer(seen(HIT, told("rows", "3", 2.0), told("rows", "4", 3.0))) == 4
    assert fact("rows", "kubectl get rows").answer(seen(HIT, told("rows", "3"))) == "3"


def test_a_fact_that_nobody_asked_for_is_missing():
    assert ROWS.missing(seen(HIT, told("columns", "3"))) == "rows"
    assert ROWS.answer(seen(HIT)) is None


def test_a_look_that_failed_answers_nothing():
    failed = seen(HIT, told("rows", no="NotFound"))
    assert ROWS.missing(failed) == "rows; it is NotFound"
    with pytest.raises(NotShown, match="rows: NotFound") as open_:
        ROWS.answer(failed)
    assert open_.value.reason == "look-failed"


def test_a_fact_that_is_waited_for_is_missing_until_it_is_so():
    full = ROWS.becomes("3")
    assert (full.label, full.looks, full.name) == ("rows 3", (full,), "rows")
    assert full.missing(seen(HIT)) == "rows 3"
    assert full.missing(seen(HIT, told("rows", "2", 2.0))) == "rows 3; it is 2"
    assert full.missing(seen(HIT, told("rows", "", 2.0))) == "rows 3; it is empty"
    assert full.missing(seen(HIT, told("rows", "3", 2.0))) == ""
    assert full.answer(seen(HIT, told("rows", "3", 2.0))) == 3
    assert full.answer(seen(HIT, told("rows", "2", 2.0))) is None
    assert full.answer(seen(HIT, told("rows", no="NotFound"))) is None  # it may still come


def test_that_it_was_so_before_the_receipt_is_no_answer_to_who_waits_for_it():
    before = seen(told("rows", "3", 1.0), HIT)
    assert ROWS.becomes("3").missing(before) == "rows 3"
    assert ROWS.becomes("3").answer(before) is None
    assert ROWS.answer(before) == 3  # whoever looks takes the newest answer


def test_of_several_texts_the_arms_program_decides_which_is_typed():
    to = Asked()
    fact("rows", "kubectl get rows", "docker ps").asked(to)
    fact("rows", "docker ps").asked(to)
    assert to.said == ["docker ps", "docker ps"]


@pytest.mark.parametrize("text", ["ls", "kubectl get pods | wc", "docker ps && docker ps", "docker ps > file"])
def test_a_fact_is_one_command_of_its_platform(text):
    with pytest.raises(TypeError, match="is not one command of docker or kubectl"):
        fact("rows", text)


def test_what_a_copy_has_is_asked_of_that_copy():
    one = read(Copy(name="web-1", thing="a", id="a/1"))
    to = Asked()
    assert one.asked(to).said == "8:abc"
    assert (to.said, one.of, one.label) == (["GET /data?name=proof of web-1"], "a/1", "read back")


@pytest.mark.parametrize(
    ("site", "typed"),
    [(engine, "docker exec web-1 ask GET / api:8080"), (cluster, "kubectl exec web-1 -- ask GET / api:8080")],
)
def test_whom_a_copy_finds_is_typed_in_the_copys_own_container(site, typed):
    to = Asked("200 abc -")
    to.arm = arm("there", site)
    found = found_by(Copy(name="web-1", thing="a", id="a/1"), "api:8080")
    assert (found.label, found.of, found.asked(to).by) == ("web-1 asks api:8080", "a/1", ("abc",))
    assert to.said == [typed]


def test_where_a_copy_finds_nobody_the_word_for_it_is_kept():
    found = found_by(Copy(name="web-1", thing="a", id="a/1"), "api:8080")
    assert found.asked(Asked("error resolve", 1)) == Answer("error resolve", 1)


def test_each_asks_for_all_the_others_where_they_can_be_found():
    copies = [Copy(name=name, thing=name, id=f"{name}/1") for name in ("api-1", "web-1", "db-1")]
    asked = each_other(copies, ["api:8080", "web:8080", "db:8080"])
    assert [(one.label, one.of) for one in asked] == [
        ("api-1 asks web:8080", "api-1/1"), ("api-1 asks db:8080", "api-1/1"), ("web-1 asks api:8080", "web-1/1"),
        ("web-1 asks db:8080", "web-1/1"), ("db-1 asks api:8080", "db-1/1"), ("db-1 asks web:8080", "db-1/1"),
    ]  # fmt: skip


def test_a_service_is_asked_from_the_arms_node():
    to = Asked()
    to.arm = arm("there", at="worker")
    reach("web").asked(to)
    assert to.said == ["web from worker"]


# -- when it first had an answer

ANSWERS = Answers(ROWS)


def test_its_first_answer_since_the_receipt_counts():
    story = seen(
        told("rows", "1", 0.5),
        HIT,
        told("rows", no="refused", at_s=1.5),
        told("rows", "1", 3.0),
        told("rows", "2", 4.0),
    )
    assert ANSWERS.missing(story) == ""
    assert ANSWERS.answer(story) == Span((2.0,))


@pytest.mark.parametrize("after", [[], [told("rows", no="refused", at_s=1.5)], [told("columns", "1", 1.5)]])
def test_without_one_it_is_missing_and_never_hopeless(after):
    story = seen(told("rows", "1", 0.5), HIT, *after)
    assert (ANSWERS.missing(story), ANSWERS.answer(story), ANSWERS.hopeless(story)) == ("rows", None, "")


def test_it_is_called_as_the_fact_and_says_when_it_came():
    assert (ANSWERS.label, ANSWERS.looks) == ("rows", (ROWS,))
    assert ANSWERS.sentence(Span((2.0,))) == "rows after 2.0 s (once)"
    assert ANSWERS.sentence(None) == "never rows"
