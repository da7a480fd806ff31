"""Are as many fresh copies back as were lost, and is it the same container?"""

from __future__ import annotations

import pytest

from harness.lab.questions import InPlace, Restored
from harness.model.seen import Span
from harness.model.verdict import NotShown
from tests.support.lines import acted, copy, serving
from tests.support.trials import seen

ASK = Restored()
THREE = [serving(name, 0.5, where=node) for name, node in zip("abc", ("w1", "w1", "w2"), strict=True)]


def hit(*victims, at_s=1.0, id_="r1"):
    return acted("remove", at_s + 0.1, id_=id_, sent_s=at_s, victims=victims)


def test_a_copy_that_ended_is_missing_until_a_fresh_one_serves():
    gone = [*THREE, hit("a"), copy("gone", "a", 1.05)]
    assert ASK.missing(seen(*gone)) == "1 of 1 still missing"
    assert ASK.answer(seen(*gone)) is None
    back = [*gone, copy("created", "d", 1.5), serving("d", 3.0, unseen_s=0.1)]
    assert ASK.missing(seen(*back)) == ""
    assert ASK.answer(seen(*back)) == Span((2.0,), 0.1)


def test_of_several_the_last_one_counts():
    lost = [*THREE, hit("a", "b"), copy("gone", "a", 1.05), copy("gone", "b", 1.05), serving("d", 2.0)]
    assert ASK.missing(seen(*lost)) == "1 of 2 still missing"
    assert ASK.answer(seen(*lost, serving("e", 4.0), serving("f", 5.0))).each_s == (3.0,)


def test_a_copy_that_was_there_before_is_not_fresh_though_it_becomes_ready_again():
    again = [*THREE, hit("a"), copy("gone", "a", 1.05), copy("unready", "b", 2.0), serving("b", 3.0)]
    assert ASK.missing(seen(*again)) == "1 of 1 still missing"


def test_a_copy_that_came_and_ended_is_not_back():
    assert (
        ASK.answer(seen(*THREE, hit("a"), copy("gone", "a", 1.05), serving("d", 2.0), copy("died", "d", 2.5))) is None
    )


def test_it_is_counted_since_the_receipt_that_is_asked_about():
    first, second = hit("a"), hit("d", at_s=5.0, id_="r2")
    story = [
        *THREE,
        first,
        copy("gone", "a", 1.05),
        serving("d", 2.0),
        second,
        copy("gone", "d", 5.05),
        serving("e", 8.0),
    ]
    assert ASK.answer(seen(*story)).each_s == (3.0,)
    assert ASK.answer(seen(*story[:6], since=first[1])).each_s == (1.0,)


def test_on_the_node_that_is_left_out_nobody_counts():
    moved = Restored(but_on="w1")
    gone = [*THREE, hit("a"), copy("gone", "a", 1.05), serving("d", 2.0, where="w1")]
    assert moved.missing(seen(*gone)) == "1 of 1 still missing"
    assert moved.answer(seen(*gone, serving("e", 4.0, where="w2"))).each_s == (3.0,)
    assert moved.label == "restored (but_on=w1)"


def test_where_nobody_was_acted_upon_nobody_can_come_back():
    assert ASK.missing(seen(*THREE, hit())) == "a copy that was acted upon"


def test_a_bystander_that_ended_leaves_it_open_though_the_victim_is_back():
    story = [*THREE, hit("a"), copy("gone", "a", 1.05), copy("died", "b", 1.06), serving("d", 2.0)]
    with pytest.raises(NotShown, match="1 ended that nobody acted upon") as open_:
        ASK.answer(seen(*story))
    assert open_.value.reason == "no-receipt"


def test_what_was_acted_upon_by_another_act_is_no_bystander():
    first, second = hit("a"), hit("b", at_s=1.2, id_="r2")
    story = [*THREE, first, second, copy("gone", "a", 1.3), copy("gone", "b", 1.3), serving("d", 2.0)]
    assert ASK.answer(seen(*story)).each_s == (0.8,)


def test_a_refusal_makes_it_hopeless():
    gone = [*THREE, hit("a"), copy("gone", "a", 1.05), copy("refused", "d", 1.5, no="image is not there")]
    assert ASK.hopeless(seen(*gone)) == "image is not there"


def test_it_says_what_came_of_it():
    assert ASK.label == "restored"
    assert ASK.sentence(Span((1.5,))) == "back after 1.5 s (once)"
    assert ASK.sentence(None) == "it stayed away"
    assert ASK.took_s(seen(*THREE, hit("a"), copy("gone", "a", 1.1), serving("d", 4.0))) == 3.0


@pytest.mark.parametrize(("thing", "in_place"), [("a", True), ("d", False)])
def test_who_comes_back_as_the_same_container_was_started_again(thing, in_place):
    story = [serving("a/1", 0.5, thing="a"), hit("a/1"), copy("died", "a/1", 1.1, thing="a")]
    assert InPlace().answer(seen(*story)) is None
    assert InPlace().missing(seen(*story)) == "a copy that came back"
    back = [*story, serving("a/2", 2.0, thing=thing)]
    assert InPlace().missing(seen(*back)) == ""
    assert InPlace().answer(seen(*back)) is in_place


def test_where_one_of_two_is_another_container_it_was_not_in_place():
    story = [serving("a/1", 0.5, thing="a"), serving("b/1", 0.5, thing="b"), hit("a/1", "b/1")]
    assert InPlace().answer(seen(*story, serving("a/2", 2.0, thing="a"), serving("c/1", 2.0, thing="c"))) is False
