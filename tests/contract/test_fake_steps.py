"""The platform in memory runs steps, hooks and scripts as real ones do, and writes what these write."""

from __future__ import annotations

from itertools import pairwise

import pytest

from harness.lab import site
from harness.model.entries import Said
from tests.contract.alone import Trial
from tests.support.fake.scripts import Script, read

STEP = """
    - name: {0}
      image: dk-labs/web:1
      command: [sh, -c, echo {0} begins; sleep 1; {1}]"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 5
"""
WEB = """
    - name: web
      image: dk-labs/web:1"""
SERVICES = """
services:
  first: {{image: "dk-labs/web:1", entrypoint: [sh, -c, echo first begins; sleep 1; {}]}}
  web: {{image: "dk-labs/web:1", depends_on: {{first: {{condition: service_completed_successfully}}}}}}
"""


def pod(steps="", more="", sides=""):
    inits = f"  initContainers:{steps}\n" if steps else ""
    return f"{POD}{inits}  containers:{sides}{WEB}{more}\n"


def lifecycle(**hooks):
    """The hooks write to where the program does, or nowhere that anybody reads."""
    said = [f"        {name}: {{exec: {{command: [sh, -c, {text}]}}}}" for name, text in hooks.items()]
    return "\n".join(["", "      lifecycle:", *said])


def written(t):
    return [e.line for e in t.heard if isinstance(e, Said)]


def on_cluster(tmp_path, text):
    return Trial(tmp_path, site.cluster, "web.yaml", web=text)


def test_init_steps_run_one_by_one_and_before_the_application(tmp_path):
    t = on_cluster(tmp_path, pod(STEP.format("first", "echo first ends") + STEP.format("second", "echo second ends")))
    t.up(1)
    t.here.listen()
    lines = [e for e in t.heard if isinstance(e, Said)]
    assert [e.line.split(" instance")[0] for e in lines] == [
        "first begins", "first ends", "second begins", "second ends", "web start",
    ]  # fmt: skip
    assert [e.container for e in lines] == ["first", "first", "second", "second", "web"]
    assert all(a.at_s < b.at_s for a, b in pairwise(lines))


def test_behind_a_step_that_fails_nothing_begins(tmp_path):
    t = on_cluster(tmp_path, pod(STEP.format("first", "exit 3")))
    t.up(0)
    t.here.listen()
    t.clock.sleep(30)
    assert (written(t), t.ready()) == (["first begins"], [])


def test_containers_of_a_pod_begin_side_by_side(tmp_path):
    t = on_cluster(tmp_path, pod(sides=STEP.format("first", "exec sleep infinity")))
    t.up(1)
    t.here.listen()
    t.clock.sleep(2)
    assert {line.split(" instance")[0] for line in written(t)} == {"first begins", "web start"}


def test_a_hook_is_in_the_log_only_where_it_writes_into_it(tmp_path):
    hooks = lifecycle(postStart="echo nowhere", preStop="echo begins > /proc/1/fd/1; sleep 2; echo nowhere")
    t = on_cluster(tmp_path, pod(more=hooks))
    t.up(1)
    t.here.listen()
    t.here.types("kubectl delete pod web")
    assert [line.split(" instance")[0] for line in written(t)] == ["web start", "begins", "web stop SIGTERM"]


@pytest.mark.parametrize(("flags", "took_s"), [("", 5), ("--grace-period=3", 3), ("--grace-period 8", 8)])
def test_who_does_not_heed_its_end_is_killed_when_the_grace_is_over_which_holds_its_hook(tmp_path, flags, took_s):
    hooks = lifecycle(preStop="sleep 2")
    t = on_cluster(tmp_path, pod(more="\n      env: [{name: ON_TERM, value: ignore}]" + hooks))
    (victim,) = t.up(1)
    begun_s = t.clock.now()
    t.here.types(f"kubectl delete pod web --wait=false {flags}")
    while (copy := next(iter(t.here.look()), None)) and copy.code < 0:
        t.clock.sleep(0.1)
    assert copy is not None
    assert (copy.id, copy.code) == (victim.id, 137)
    assert took_s < t.clock.now() - begun_s < took_s + 0.5


@pytest.mark.parametrize(("ends", "code"), [("exit 0", 0), ("exit 4", 1)])
def test_compose_begins_a_service_when_what_it_depends_on_has_ended_well(tmp_path, ends, code):
    t = Trial(tmp_path, site.engine, "web.yaml", web=SERVICES.format(ends))
    answer = t.here.types("docker compose --file web.yaml up --detach")
    t.clock.sleep(1)
    t.here.listen()
    assert answer.code == code
    assert [line.split(" ")[0] for line in written(t)] == ["first", "web"][: 2 - code]


def test_a_script_says_what_it_says_when_it_has_slept():
    assert read("echo a b\nsleep 1.5\nexec echo c; exit 2") == Script(((0.0, "a b"), (1.5, "c")), 1.55, 2)
    assert read("sleep 1 && nonsense") == Script((), 1.05, 1)
    assert read("echo a; exec sleep infinity; echo b") == Script(((0.0, "a"),), None, 0)
    assert read("echo a; echo b > /proc/1/fd/1", hook=True).lines == ((0.0, "b"),)
