"""Charts of who served in which version, and of the requests that were lost meanwhile."""

from __future__ import annotations

from harness.judging import catalog
from harness.lab.questions import Losses
from harness.views import plots
from harness.views.report.marks import drawn
from harness.views.turned import Turned, stretches, turned
from tests.support.lines import acted, copy, serving
from tests.support.recorded import like, of
from tests.support.trials import one as entry

NEW = Turned(
    "update to 2", (("1", ((0.0, 4), (5.0, 2), (10.0, 0))), ("2", ((0.0, 0), (6.0, 2), (12.0, 4)))),
    (("refused", (5.0, 5.1, 8.0)), ("reset", (19.9,))), 20.0, Losses(1000, (("refused", 3), ("reset", 1))),
)  # fmt: skip


def plain(lines):
    return [line.plain for line in lines]


def test_versions_and_losses_stand_above_one_axis():
    one, two, refused, reset, told, axis = plain(plots.turned({1: NEW}, 80))
    assert one.startswith("  version 1  ████")
    assert one.endswith("·  up to 4, #1")
    assert two.startswith("  version 2  ····")
    assert two.endswith("█  up to 4, #1")
    assert refused.startswith("  refused    ")
    assert (refused.count("█"), refused.endswith("  3 lost")) == (1, True)
    assert reset.endswith("█  1 lost")
    assert told.strip() == "4 of 1,000 requests were lost, 0.4%: 3 refused, 1 reset"
    assert axis.split()[0] == "0"
    assert "(0: update to 2)" in axis


def trials(cell):
    bench = of("rollout", **like("rollout"))
    return bench.cell(catalog.lab("rollout").cells[cell]).timelines


def test_of_a_trial_of_the_lab_both_versions_and_what_was_lost_are_found():
    (first, *_) = trials("new version @ Deployment, strategy Recreate")
    found = turned(first)
    (one, before), (two, after) = found.versions
    assert (one, two) == ("1", "2")
    assert (before[0][1], before[-1][1], after[0][1], after[-1][1]) == (4, 0, 0, 4)
    assert sum(len(moments) for _, moments in found.lost) == found.losses.lost > 0


def test_a_trial_in_which_nobody_counts_requests_has_none():
    (first, *_) = trials("deploy @ Compose of five")
    assert turned(first) is None


def test_in_the_report_each_version_has_its_stretch():
    (first, *_) = trials("new version @ Deployment, strategy Recreate")
    told = {s.kind: s.told for s in drawn(first.entries).stretches if s.kind in ("older", "newer")}
    assert told == {"older": "version 1 served", "newer": "version 2 served"}


def test_where_one_version_served_nothing_is_drawn():
    lines = [
        serving("a", 1.0, version="1"),
        acted(),
        copy("gone", "a", 2.0, version="1"),
        serving("b", 3.0, version="1"),
    ]
    assert list(stretches([entry(line) for line in lines])) == []


def test_a_version_lasts_until_its_last_copy_ends():
    lines = [
        serving("a", 1.0, version="1"), serving("b", 1.0, version="1"), acted(), copy("gone", "a", 2.0, version="1"),
        serving("c", 3.0, version="2"), copy("unready", "b", 4.0, version="1"),
    ]  # fmt: skip
    assert list(stretches([entry(line) for line in lines])) == [("1", 1.0, 4.0), ("2", 3.0, 4.0)]
