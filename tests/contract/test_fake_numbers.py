"""The platform in memory changes numbers of copies as real ones do: on a command, by a load, by a program."""

from __future__ import annotations

import threading

import pytest

from harness.lab import site
from harness.lab.open_site import Ask
from harness.model.entries import Asked, Heard
from tests.contract.alone import Trial, changed
from tests.support.fake.shell import Shell

NAMED = "docker run --detach --network web --network-alias web --cpus 0.1 dk-labs/web:1"
LATE = "docker run --detach --env START_DELAY_S=20 --cpus 0.1 dk-labs/web:1"
BURNS = Ask(5, "/burn?ms=16", timeout_s=5, judged=False)
"""Eight tenths of what a copy may use."""

SLEEPS = Ask(5, "/sleep?ms=200", timeout_s=5, judged=False)
HPA = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 25}}}]
"""
SOON = "  behavior: {scaleDown: {stabilizationWindowSeconds: 10}}\n"
LIMITED, ONE = "            limits: {cpu: 100m}", ("replicas: 3", "replicas: 1")
SINGLE = ("scale: 3", "scale: 1")
LOOP = """
# As many copies as keep each at 25 thousandths of a processor, but three at most.
while sleep 3; do
  used=$(docker compose ps --quiet web | xargs docker stats --no-stream --format '{{.CPUPerc}}' | awk '{ sum += $1 } END { print int(sum * 10) }')
  wanted=$(( (used + 24) / 25 ))
  [ "$wanted" -ge 1 ] || wanted=1
  [ "$wanted" -le 3 ] || wanted=3
  docker compose up --detach --no-recreate --scale web="$wanted"
done
"""  # noqa: E501  (as in the labs' file)


def on_cluster(folder, *pairs, hpa=HPA, declared=site.cluster):
    t = Trial(folder, declared, "one.yaml service.yaml hpa.yaml", one=changed("deployment-three.yaml", ONE, *pairs),
              hpa=hpa)  # fmt: skip
    t.up(1)
    t.clock.sleep(30)
    return t


def when(t, n, within_s=60.0):
    """After how many seconds there are so many."""
    began = t.clock.now()
    t.wait_for(n, within_s)
    return t.clock.now() - began


def asked(t):
    return [e for e in t.heard if isinstance(e, Asked)]


# -- on a command


@pytest.mark.parametrize(
    ("declared", "file", "command"),
    [
        (site.engine, "compose-three.yaml", "docker compose --file compose-three.yaml up --detach --scale web={}"),
        (site.swarm(3), "service-three.yaml", "docker service scale --detach web_web={}"),
        (site.cluster, "deployment-three.yaml", "kubectl scale deployment web --replicas {}"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_command_asks_for_more_and_for_fewer_and_those_that_came_last_go_first(tmp_path, declared, file, command):
    t = Trial(tmp_path, declared, file)
    before = t.up()
    assert t.here.types(command.format(5)).code == 0
    assert {c.name for c in before} < {c.name for c in t.wait_for(5)}
    t.here.types(command.format(3))
    t.clock.sleep(10)
    assert t.ready() == before


def test_many_copies_take_longer_than_a_few(tmp_path):
    def takes_s(n):
        folder = tmp_path / str(n)
        folder.mkdir()
        t = Trial(folder, site.cluster, "deployment-three.yaml")
        t.up()
        t.here.types(f"kubectl scale deployment web --replicas {n}")
        return when(t, n)

    assert takes_s(60) > takes_s(6) + 1


def test_copies_that_cannot_have_their_port_stay_behind_with_the_reason(tmp_path):
    port = ("127.0.0.1::8080", "127.0.0.1:${LABS_PORT:-8080}:8080")
    t = Trial(tmp_path, site.engine, "fixed.yaml", fixed=changed("compose-three.yaml", port, SINGLE))
    t.up(1)
    answer = t.here.types("docker compose --file fixed.yaml up --detach --scale web=3")
    assert answer.code == 1
    assert "Bind for 127.0.0.1:8080 failed: port is already allocated" in answer.said
    assert [c.state for c in t.here.look()] == ["running", "created", "created"]
    assert {"port is already allocated" in c.no for c in t.here.look()[1:]} == {True}


@pytest.mark.parametrize(("declared", "state"), [(site.engine, "inactive"), (site.swarm(3), "active")])
def test_an_engine_says_whether_it_is_in_a_swarm(tmp_path, declared, state):
    t = Trial(tmp_path, declared, "compose-three.yaml")
    assert t.here.types("docker info --format '{{.Swarm.LocalNodeState}}'").said == state


def test_a_copy_that_begins_late_answers_that_much_later(tmp_path):
    t = Trial(tmp_path, site.engine, LATE)
    t.up(1)
    (copy,) = t.here.look()
    assert t.here._behind(copy).process.deaf(t.clock.now() + 19) == "refused"
    assert t.here._behind(copy).process.deaf(t.clock.now() + 20.2) == ""


# -- by a load


@pytest.mark.parametrize(("ask", "most"), [(BURNS, 0.08), (SLEEPS, 0.005)])
def test_what_is_asked_for_costs_what_it_says(tmp_path, ask, most):
    t = Trial(tmp_path, site.engine, f"docker network create web; {NAMED}")
    (copy,) = t.up(1)
    t.here.begin(ask)
    t.clock.sleep(10)
    work = t.here._behind(copy).process.work
    assert work.use(t.clock.now() - 5, t.clock.now()) == pytest.approx(most, rel=0.05)
    t.here.end()
    assert (asked(t)[0].sent >= 50, asked(t)[0].failed) == (True, 0)


def test_a_copy_uses_no_more_than_its_limit_and_the_rest_stays_unanswered(tmp_path):
    t = Trial(tmp_path, site.engine, "compose-three.yaml")
    t.up()
    t.here.begin(Ask(30, "/burn?ms=20", timeout_s=5, judged=False))
    t.clock.sleep(30)
    for copy in t.here.look():
        assert t.here._behind(copy).process.work.use(t.clock.now() - 5, t.clock.now()) == pytest.approx(0.1)
    t.here.end()
    assert asked(t)[0].failed > 0.3 * asked(t)[0].sent


def test_figures_of_a_cluster_are_old(tmp_path):
    t = Trial(tmp_path, site.cluster, "deployment-three.yaml service.yaml")
    assert t.here.types("kubectl top pods").code == 1
    t.up()
    t.clock.sleep(30)
    t.here.begin(BURNS)
    began = t.clock.now()

    def used():
        lines = t.here.types("kubectl top pods --selector app=web --no-headers").said.splitlines()
        return sum(int(line.split()[1].removesuffix("m")) for line in lines)

    seen = []
    while t.clock.now() - began < 40:
        seen.append((t.clock.now() - began, used()))
        t.clock.sleep(1)
    assert 1 < min(s for s, n in seen if n) < 20
    assert 10 < min(s for s, n in seen if n > 75) < 31


# -- by a HorizontalPodAutoscaler


def test_an_autoscaler_follows_the_load_up_and_down(tmp_path):
    t = on_cluster(tmp_path, hpa=HPA + SOON)
    t.here.begin(BURNS)
    assert 5 < when(t, 4) < 46
    t.clock.sleep(40)
    assert len(t.ready()) >= 3
    t.here.end()
    assert 10 < when(t, 1, 80) < 60


def test_an_autoscaler_takes_none_away_for_five_minutes_unless_it_is_told_otherwise(tmp_path):
    t = on_cluster(tmp_path)
    t.here.begin(BURNS)
    when(t, 4)
    t.here.end()
    assert 290 < when(t, 1, 400) < 350


@pytest.mark.parametrize("ask", [SLEEPS, Ask(1, "/burn?ms=25", timeout_s=5, judged=False)])
def test_an_autoscaler_leaves_as_it_is_what_costs_little_or_what_is_near_its_target(tmp_path, ask):
    t = on_cluster(tmp_path)
    t.here.begin(ask)
    t.clock.sleep(90)
    assert len(t.ready()) == 1


NO_REQUEST = (LIMITED, "            limits: {memory: 100Mi}")
REQUEST = (LIMITED, f"{LIMITED}\n            requests: {{cpu: 40m}}")


@pytest.mark.parametrize(("pair", "most"), [(NO_REQUEST, 1), (REQUEST, 5)])
def test_an_autoscaler_goes_by_what_is_requested_of_which_a_limit_is_one(tmp_path, pair, most):
    t = on_cluster(tmp_path, pair)
    t.here.begin(BURNS)
    t.clock.sleep(60)
    assert len(t.ready()) == most
    words = {e.what for e in t.heard if isinstance(e, Heard)}
    assert ("FailedGetResourceMetric" in words) == (most == 1) or "SuccessfulRescale" in words


def test_an_autoscaler_needs_figures(tmp_path):
    t = on_cluster(tmp_path, declared=site.own_cluster(3))
    t.here.take_away("metrics-server", "control-plane")
    t.here.begin(BURNS)
    t.clock.sleep(90)
    assert len(t.ready()) == 1
    assert t.here.types("kubectl top pods").said == "error: Metrics API not available"


# -- by a program


def test_a_program_follows_the_load_while_the_trial_does(tmp_path):
    (tmp_path / "loop.sh").write_text(LOOP)
    t = Trial(tmp_path, site.engine, "one.yaml loop.sh", one=changed("compose-three.yaml", SINGLE))
    t.up(1)
    t.here.begin(BURNS)
    assert 3 < when(t, 3) < 12
    t.here.end()
    assert 1 < when(t, 1) < 12
    t.here.leave()
    t.clock.sleep(20)
    for thread in (one for one in threading.enumerate() if one.name == "loop.sh"):
        thread.join(5)
        assert not thread.is_alive()


def shell(text, **answers):
    """Its commands, in a loop that is gone through twice."""
    typed, turns = [], iter((True, True, False))

    def types(words):
        typed.append(" ".join(words))
        return answers.get(words[1], ("", 0))

    Shell(text, types, lambda seconds: next(turns)).run()
    return typed


def test_a_program_counts_with_what_commands_say():
    text = """
    while sleep 2; do
      n=$(kubectl top pods | awk '{ sum += $2 } END { print int(sum) }')
      more=$(( (n + 1) * 2 - 3 ))
      [ "$more" -le 20 ] || more=20
      kubectl scale deployment "$more"
    done"""
    found = shell(text, top=("web-1 7m\nweb-2 4m", 0))
    assert found == ["kubectl top pods", "kubectl scale deployment 20"] * 2
    assert shell(text, top=("error", 1)) == ["kubectl top pods", "kubectl scale deployment -1"] * 2


@pytest.mark.parametrize(
    "text",
    [
        "kubectl get pods",
        "while true; do\ndone",
        "while sleep 1; do\ncurl web\ndone",
        "while sleep 1; do\nn=$(( 2 ** 3 ))\ndone",
        "while sleep 1; do\nkubectl top pods | sort\ndone",
    ],
)
def test_what_the_shell_in_memory_does_not_know_it_refuses(text):
    with pytest.raises(NotImplementedError):
        shell(text)
