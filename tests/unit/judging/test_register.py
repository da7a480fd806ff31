"""The register: what stands in it agrees with itself and with its sources, and every mistake in it is told."""

from __future__ import annotations

import re

import pytest

from harness.judging import catalog, register
from harness.model.errors import Problem
from harness.model.verdict import WORST_FIRST, Grade

LABS = [
    "selfhealing",
    "healthchecks",
    "nodefailure",
    "scaling",
    "autoscaling",
    "loadbalancing",
    "discovery",
    "networking",
    "storage",
    "rollout",
    "rollback",
    "lifecycle",
    "multicontainer",
    "swarm",
    "build-once-run-both",
    "observability",
    "architecture",
    "setup-and-scale",
]
NOT_CHECKABLE = [
    "popularity-key-tools",
    "k8s-open-source",
    "use-case-docker-local-dev",
    "use-case-k8s-production",
    "k8s-ensures-reliability",
    "k8s-seamless",
    "k8s-advanced-robust",
    "thousands-of-containers",
    "real-machine-loss",
    "k8s-runtime-cri-o",
    "docker-hub-live",
]

SOUND = """
[[claim]]
id = "x-flies"
lab = "flying"
topic = "air"
sources = ["S1 table, row Air: it flies"]
sentence = "It flies."
expected = "CONFIRMED"
why = "It has wings."
"""
PARTS = """
[[claim]]
id = "x-flies"
lab = "flying"
topic = "air"
sources = ["S1 table, row Air: it flies"]
sentence = "It flies and lands."
expected = "CONDITIONAL"
given = ["wind", "a runway"]
why = "It has wings."
[[claim.part]]
name = "a"
sentence = "It flies."
expected = "CONDITIONAL"
given = ["wind"]
[[claim.part]]
name = "b"
sentence = "It lands."
expected = "CONDITIONAL"
given = ["a runway", "wind"]
"""
ASKED = """
[[claim]]
id = "asked-x-flies"
lab = "flying"
topic = "air"
sentence = "It flies."
expected = "CONFIRMED"
why = "It has wings."
[[claim.source]]
said = "its tracker, since 2016"
url = "https://example.org/issues/1"
"""
LEFT_OPEN = """
[[not_checkable]]
id = "x-beautiful"
topic = "adjectives"
sources = ["S2 Use Case: beautiful"]
sentence = "It is beautiful."
reason = "Who is to say?"
"""


@pytest.fixture(scope="module")
def ours() -> register.Register:
    return register.load(catalog.REGISTER)


@pytest.fixture
def reading(tmp_path):
    def read(text: str) -> register.Register:
        (tmp_path / "claims.toml").write_text(text)
        return register.load(tmp_path / "claims.toml")

    return read


def of_articles(ours):
    return [claim for claim in ours.claims if register.of_articles(claim.id)]


def test_ours_holds_62_claims_and_what_no_experiment_can_check(ours):
    assert len(of_articles(ours)) == 62
    assert [entry.id for entry in ours.not_checkable] == NOT_CHECKABLE


def test_every_claim_is_in_exactly_one_of_the_18_labs_and_those_stand_in_order(ours):
    assert [lab for lab in ours.labs() if lab != catalog.OF_BENCH] == LABS
    assert [claim for lab in LABS for claim in of_articles(ours) if claim.lab == lab] == of_articles(ours)


def test_what_people_ask_is_in_those_labs_too_stands_behind_the_articles_and_does_not_count(ours):
    others = [claim for claim in ours.claims if claim not in of_articles(ours)]
    beyond = [claim for claim in others if register.asked(claim.id)]
    assert ours.claims == (*of_articles(ours), *others)
    assert {claim.lab for claim in beyond} <= set(LABS)
    assert {claim.lab for claim in others if claim not in beyond} == {catalog.OF_BENCH}
    assert {"asked-policy-heals-unhealthy", "asked-port-forward-balances", "asked-swarm-scales-five-times"} <= {
        claim.id for claim in beyond
    }


def test_every_source_of_what_people_ask_says_where_it_can_be_read_and_no_other_has_to(ours):
    for claim in ours.claims:
        urls = [source.url.startswith("https://") for source in claim.sources]
        assert set(urls) == {register.asked(claim.id)}, claim.id


def test_every_source_is_an_article_or_a_corollary_of_one(ours):
    for entry in (*of_articles(ours), *ours.not_checkable):
        for source in entry.sources:
            assert re.match(r"(corollary of )?S[0-4] \w", source.said), f"{entry.id}: {source}"


def test_parts_agree_with_the_whole(ours):
    for claim in ours.claims:
        if claim.parts:
            assert claim.expected is min((p.expected for p in claim.parts), key=WORST_FIRST.index), claim.id
            conditions = tuple(dict.fromkeys(given for part in claim.parts for given in part.given))
            assert claim.given == (conditions if claim.expected is Grade.CONDITIONAL else ()), claim.id


def test_parts_are_lettered_and_so_are_the_numbers_expected_of_them(ours):
    for claim in ours.claims:
        letters = [part.name for part in claim.parts]
        assert letters == list("abcd")[: len(letters)], claim.id
        if letters:
            assert {name.partition("_")[0] for name in claim.predicted} <= set(letters), claim.id


def test_what_is_read_is_what_was_written(reading):
    claim = reading(PARTS).claim("x-flies")
    assert (claim.lab, claim.topic, claim.why) == ("flying", "air", "It has wings.")
    assert claim.expected is Grade.CONDITIONAL
    assert claim.given == ("wind", "a runway")
    assert claim.parts[1] == register.Part("b", "It lands.", Grade.CONDITIONAL, ("a runway", "wind"))


def test_what_is_not_said_is_empty(reading):
    claim = reading(SOUND).claim("x-flies")
    assert (claim.given, claim.needs, claim.predicted, claim.parts) == ((), (), {}, ())


def test_bands_are_numbers_from_low_to_high(reading):
    text = SOUND + "predicted = { back_s = [0.5, 2], lost = [0, 0] }"
    assert reading(text).claim("x-flies").predicted == {"back_s": (0.5, 2.0), "lost": (0.0, 0.0)}


FIGURE = """
[claim.published.back_s]
value = 5
what = "the pause"
source = "its manual"
url = "https://example.org/manual"
"""


@pytest.mark.parametrize(("value", "band"), [("5", (5.0, 5.0)), ("[6.1, 7]", (6.1, 7.0))])
def test_a_published_figure_is_a_number_or_a_band_with_its_source(reading, value, band):
    figure = reading(SOUND + changed(FIGURE, "value = 5", f"value = {value}")).claim("x-flies").published["back_s"]
    assert figure == register.Published(band, "the pause", "its manual", "https://example.org/manual")


def test_a_figure_is_published_of_a_number_that_the_claim_predicts(ours):
    for claim in ours.claims:
        assert claim.published.keys() <= claim.predicted.keys(), claim.id


def test_an_unknown_claim_is_told_with_those_that_are_spelled_alike(ours):
    with pytest.raises(Problem, match=r"Looking for claim 'docker-lb-basics': .*near it: .*docker-lb-basic\b"):
        ours.claim("docker-lb-basics")


def test_a_source_is_a_text_and_where_it_can_be_read(reading):
    assert reading(SOUND).claim("x-flies").sources == (register.Source("S1 table, row Air: it flies"),)
    (source,) = reading(ASKED).claim("asked-x-flies").sources
    assert source == register.Source("its tracker, since 2016", "https://example.org/issues/1")
    assert str(source) == "its tracker, since 2016 (https://example.org/issues/1)"


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("text", "place", "seen"),
    [
        ("[[claim]\n", "", "line 1"),
        ("", "", "no claim"),
        (SOUND + "[[claims]]", "claims", "unknown key"),
        ("claim = 3", "claim", r"write \[\[claim\]\]"),
        (changed(SOUND, 'id = "x-flies"\n', ""), "claim number 1, id", "missing"),
        (changed(SOUND, 'why = "It has wings."\n', ""), "claim x-flies, why", "missing"),
        (SOUND + "wings = 2", "claim x-flies, wings", "unknown key"),
        (changed(SOUND, '"flying"', "7"), "claim x-flies, lab", "7 is not a text"),
        (changed(SOUND, '"It flies."', '" "'), "claim x-flies, sentence", "not a text"),
        (SOUND + 'needs = "air"', "claim x-flies, needs", "not a list of texts"),
        (SOUND + "needs = [1]", "claim x-flies, needs", "not a list of texts"),
        (changed(SOUND, '["S1 table, row Air: it flies"]', "[]"), "claim x-flies, sources", "empty"),
        (changed(ASKED, "asked-x", "x"), "claim x-flies, sources", "empty"),
        (changed(ASKED, "[[claim.source]]", "[[claim.sources]]"), "claim asked-x-flies, source", "missing or empty"),
        (changed(ASKED, "https:", "http:"), "claim asked-x-flies, source its tracker, since 2016, url", "https://"),
        (changed(ASKED, 'url = "https://example.org/issues/1"', ""), "claim asked-x-flies, source its", "missing"),
        (ASKED + "page = 3", "claim asked-x-flies, source its tracker, since 2016, page", "unknown key"),
        (changed(SOUND, '"x-flies"', '"asked-x-flies"'), "claim asked-x-flies, source", "missing or empty"),
        (changed(SOUND, "CONFIRMED", "PERHAPS"), "claim x-flies, expected", "'PERHAPS' is none of"),
        (changed(SOUND, "CONFIRMED", "INCONCLUSIVE"), "claim x-flies, expected", "'INCONCLUSIVE' is none of"),
        (SOUND + 'given = ["wind"]', "claim x-flies, given", "does not go with CONFIRMED"),
        (changed(SOUND, "CONFIRMED", "CONDITIONAL"), "claim x-flies, given", "does not go with CONDITIONAL"),
        (SOUND + SOUND, "id", "x-flies stands there 2 times"),
        (SOUND + changed(LEFT_OPEN, "x-beautiful", "x-flies"), "id", "x-flies stands there 2 times"),
        (SOUND + "predicted = 3", "claim x-flies, predicted", "not a table of bands"),
        (SOUND + "predicted = { up_s = [2, 1] }", "claim x-flies, predicted.up_s", "first is not the greater"),
        (SOUND + "predicted = { up_s = [1] }", "claim x-flies, predicted.up_s", r"\[1\] is not"),
        (SOUND + 'predicted = { up_s = [1, "2"] }', "claim x-flies, predicted.up_s", "two numbers"),
        (SOUND + "predicted = { up_s = [0, true] }", "claim x-flies, predicted.up_s", "two numbers"),
        (SOUND + "predicted = { up_s = [nan, 1] }", "claim x-flies, predicted.up_s", "two numbers"),
        (SOUND + "predicted = { up_s = [1, inf] }", "claim x-flies, predicted.up_s", "two numbers"),
        (SOUND + "published = 3", "claim x-flies, published", "not a table of tables"),
        (SOUND + changed(FIGURE, "https:", "http:"), "claim x-flies, published.back_s, url", "https://"),
        (SOUND + changed(FIGURE, "value = 5", ""), "claim x-flies, published.back_s, value", "two numbers"),
        (
            SOUND + changed(FIGURE, "value = 5", "value = true"),
            "claim x-flies, published.back_s, value",
            "two numbers",
        ),
        (SOUND + changed(FIGURE, '"its manual"', "1"), "claim x-flies, published.back_s, source", "not a text"),
        (SOUND + FIGURE + "page = 3", "claim x-flies, published.back_s, page", "unknown key"),
        (changed(PARTS, '"It lands."', "4"), "claim x-flies, part b, sentence", "4 is not a text"),
        (PARTS + "x = 1", "claim x-flies, part b, x", "unknown key"),
        (changed(PARTS, 'name = "a"\n', ""), "claim x-flies, part number 1, name", "missing"),
        (changed(PARTS, 'name = "b"', 'name = "a"'), "claim x-flies, part", "a stands there 2 times"),
        (changed(PARTS, 'given = ["wind"]\n', ""), "claim x-flies, part a, given", "does not go with CONDITIONAL"),
        (changed(PARTS, '["wind", "a runway"]', '["wind"]'), "claim x-flies, given", "its parts make it"),
        (changed(PARTS, '["wind", "a runway"]', '["a runway", "wind"]'), "claim x-flies, given", "its parts make it"),
        (
            changed(PARTS, 'expected = "CONDITIONAL"\ngiven = ["wind"]', 'expected = "REFUTED"'),
            "claim x-flies, expected",
            "CONDITIONAL, while its parts make it REFUTED",
        ),
        (SOUND + changed(LEFT_OPEN, "reason", "because"), "not_checkable x-beautiful, reason", "missing"),
        (SOUND + LEFT_OPEN + "because = 1", "not_checkable x-beautiful, because", "unknown key"),
    ],
)
def test_a_mistake_is_one_line_with_file_and_place(reading, tmp_path, text, place, seen):
    with pytest.raises(Problem, match=seen) as caught:
        reading(text)
    told = str(caught.value)
    assert told.startswith(f"Reading {tmp_path / 'claims.toml'}: {place}")
    assert "\n" not in told


def test_a_missing_file_is_a_problem(tmp_path):
    with pytest.raises(Problem, match=r"Reading .*claims\.toml: .*No such file"):
        register.load(tmp_path / "claims.toml")


def test_a_file_that_is_no_text_is_a_problem(tmp_path):
    (tmp_path / "claims.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Problem, match=r"Reading .*claims\.toml: .*can't decode"):
        register.load(tmp_path / "claims.toml")
