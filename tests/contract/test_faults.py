"""Each fault that the platform in memory tells of makes a difference, and without one all is the same each time."""

from __future__ import annotations

import pytest

from harness.lab import acts, site
from harness.lab.open_site import Ask, No
from harness.model.errors import Problem
from tests.contract.alone import Trial, changed
from tests.support.fake import FAULTS, VirtualClock
from tests.support.fake import site as made

STATEFUL = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      volumes: [{name: data, emptyDir: {}}]
      containers:
        - {name: web, image: "dk-labs/web:1", volumeMounts: [{name: data, mountPath: /data}]}
"""
BARE = """
apiVersion: v1
kind: Pod
metadata: {name: bare}
spec:
  nodeName: worker2
  containers: [{name: web, image: "dk-labs/web:1"}]
---
apiVersion: v1
kind: Pod
metadata: {name: gone}
spec:
  containers: [{name: web, image: "dk-labs/web:1"}]
"""
STEPS = """
apiVersion: v1
kind: Pod
metadata: {name: steps}
spec:
  initContainers:
    - {name: one, image: "dk-labs/web:1", command: [sh, -c, echo one begins; sleep 1; echo one ends]}
    - {name: two, image: "dk-labs/web:1", command: [sh, -c, echo two begins; sleep 1; echo two ends]}
  containers:
    - name: web
      image: dk-labs/web:1
      lifecycle:
        postStart: {exec: {command: [sh, -c, echo it starts > /proc/1/fd/1]}}
"""
SERVICES = """
version: "3.8"
services:
  back:
    image: dk-labs/web:1
    deploy: {endpoint_mode: dnsrr, update_config: {failure_action: rollback, monitor: 5s}}
  stays:
    image: dk-labs/web:1
    deploy: {endpoint_mode: dnsrr, update_config: {failure_action: pause, monitor: 5s}}
"""
OF_SWARMS = ("nobody takes it back unasked", "Swarm takes back whatever fails")
BUSY = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: busy}
spec:
  selector: {matchLabels: {app: busy}}
  template:
    metadata: {labels: {app: busy}}
    spec: {containers: [{name: web, image: "dk-labs/web:1", resources: {limits: {cpu: 100m}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: busy}
spec: {selector: {app: busy}, ports: [{port: 8080}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: busy}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: busy}
  maxReplicas: 3
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
  behavior: {scaleDown: {stabilizationWindowSeconds: 10}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: looped}
spec:
  selector: {matchLabels: {app: looped}}
  template:
    metadata: {labels: {app: looped}}
    spec: {containers: [{name: web, image: "dk-labs/web:1"}]}
"""
LOOP = """
while sleep 3; do
  kubectl scale deployment looped --replicas 2
done
"""
LOAD = Ask(5, "/burn?ms=16", ("busy",), timeout_s=5, judged=False)
LIVES_S = "        - name: web\n          image: dk-labs/web:1"


class Story:
    """All that faults can be about, in some minutes on a cluster; what was seen and heard of it."""

    def __init__(self, folder, *faults):
        version = (LIVES_S, f"{LIVES_S}\n          env: [{{name: VERSION, value: '2'}}]")
        bad = (LIVES_S, f"{LIVES_S}\n          args: [nonsense]")
        self.seen = []
        (folder / "loop.sh").write_text(LOOP)
        recipe = "deployment-three.yaml service.yaml stateful.yaml bare.yaml steps.yaml busy.yaml loop.sh"
        self.t = Trial(
            folder, site.own_cluster(3), recipe, *faults, stateful=STATEFUL, bare=BARE, steps=STEPS, busy=BUSY,
            second=changed("deployment-three.yaml", version), bad=changed("deployment-three.yaml", bad),
        )  # fmt: skip
        for part in (self.begins, self.copies, self.versions, self.nodes, self.ends):
            part()

    def tries(self, do, *given):
        try:
            self.seen.append(do(*given))
        except No as no:
            self.seen.append(str(no))
        return self.seen[-1]

    def looks(self, seconds):
        end = self.t.clock.now() + seconds
        while self.t.clock.now() < end:
            self.tries(self.t.here.look)
            self.t.clock.sleep(0.5)

    def named(self, name):
        found = self.tries(self.t.here.look)
        ready = [c for c in found if c.ready and c.name.startswith(name)] if not isinstance(found, str) else []
        return ready[:1]

    def begins(self):
        for command in self.t.here.arm.commands():
            self.tries(self.t.here.types, command)
        self.looks(9)
        self.seen += [self.t.site.health(), self.t.site.streams()]
        self.tries(self.t.here.begin, Ask(per_s=10))
        self.tries(self.t.here.begin, LOAD)
        self.tries(self.t.here.begin, Ask(per_s=7))
        self.tries(self.t.here.listen)
        self.looks(3)

    def copies(self):
        for name in ("web", "db", "bare", "gone"):
            for copy in self.named(name):
                self.tries(self.t.here.ask, copy, "GET", "/readyz")
                for act in (acts.writes(100), acts.unready, acts.crash):
                    self.tries(act.send, self.t.here, [copy])
            self.looks(3)
            for copy in self.named(name):
                self.tries(acts.read(copy).asked, self.t.here)
                if name != "bare":
                    self.tries(acts.remove.send, self.t.here, [copy])
            self.looks(4)
        self.tries(self.t.here.end)

    def versions(self):
        for command in ("apply --filename second.yaml", "rollout undo deployment web", "apply --filename bad.yaml"):
            self.tries(self.t.here.types, f"kubectl {command}")
            self.looks(6)

    def nodes(self):
        self.tries(self.t.here.take_away, "kube-proxy", "worker")
        self.tries(self.t.here.power, "worker2", "stop")
        for seconds in (0, 55, 300):
            self.t.clock.sleep(seconds)
            self.looks(2)

    def ends(self):
        self.seen += [self.t.here.altered(), self.t.site.health(), self.t.site.streams()]
        self.t.here.leave()
        self.seen.append(self.t.site.close(self.t.deadline()))

    @property
    def told(self):
        return self.seen, self.t.heard


def on_a_swarm(folder, *faults):
    """Two services get a version that ends at once: one is told to take it back, the other one to stop."""
    bad = SERVICES.replace("image: dk-labs/web:1", "image: dk-labs/web:1\n    command: [nonsense]")
    t = Trial(folder, site.swarm(3), "services.yaml", *faults, services=SERVICES, bad=bad)
    t.up(2)
    t.here.types("docker stack deploy --compose-file bad.yaml web")
    t.clock.sleep(30)
    return t.here.look(), t.heard


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return Story(tmp_path_factory.mktemp("sound")).told


def test_the_same_comes_out_each_time(sound, tmp_path):
    assert Story(tmp_path).told == sound


@pytest.mark.parametrize("fault", [f.name for f in FAULTS])
def test_each_fault_makes_a_difference(sound, tmp_path, fault):
    if fault == "cannot be opened":
        with pytest.raises(Problem, match="no space left"):
            Story(tmp_path, fault)
        return
    if fault in OF_SWARMS:
        (tmp_path / "sound").mkdir()
        assert on_a_swarm(tmp_path, fault) != on_a_swarm(tmp_path / "sound")
        return
    assert Story(tmp_path, fault).told != sound


def test_a_fault_that_nobody_tells_of_is_refused():
    with pytest.raises(ValueError, match="acts do nothing"):
        made(site.engine, VirtualClock(), ["acts do nothin"])
