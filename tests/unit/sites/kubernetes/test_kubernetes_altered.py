"""What stands in a namespace beside what was applied: quiet about what Kubernetes fills in, loud about the rest."""

from __future__ import annotations

import copy
from textwrap import dedent

import pytest

from harness.setup.cluster.kube import Refused
from harness.sites.kubernetes.altered import Applied
from harness.sites.kubernetes.compare import differences

DEPLOYMENT = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 2
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: web
              image: dk-labs/web:1
              resources: {limits: {cpu: 0.1}}
              livenessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {type: NodePort, selector: {app: web}, ports: [{port: 8080}]}
    """
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: bare}\nspec: {containers: [{name: web, image: 'dk-labs/web:1'}]}\n"
WEB = {
    "name": "web", "image": "dk-labs/web:1", "imagePullPolicy": "IfNotPresent",
    "resources": {"limits": {"cpu": "100m"}}, "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "livenessProbe": {
        "httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 1, "timeoutSeconds": 1,
        "successThreshold": 1, "failureThreshold": 3,
    },
}  # fmt: skip
TEMPLATE = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {
        "containers": [WEB], "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "securityContext": {},
        "schedulerName": "default-scheduler", "terminationGracePeriodSeconds": 30,
    },
}  # fmt: skip
OURS = "/apis/apps/v1/namespaces/n"


def toleration(trouble, within_s=300):
    key = f"node.kubernetes.io/{trouble}"
    return {"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": within_s}


def pod(name, owner="web-1"):
    """As the API server has one: its template, and all that it adds."""
    made = copy.deepcopy(TEMPLATE)
    spec = made["spec"]
    spec["containers"][0]["resources"]["requests"] = {"cpu": "100m"}
    token = {"name": "kube-api-access-x", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    spec["containers"][0]["volumeMounts"] = [token]
    spec["volumes"] = [{"name": "kube-api-access-x", "projected": {"defaultMode": 420}}]
    spec["tolerations"] = [toleration("not-ready"), toleration("unreachable")]
    spec |= {
        "nodeName": "w", "serviceAccount": "default", "serviceAccountName": "default", "enableServiceLinks": True,
        "priority": 0, "preemptionPolicy": "PreemptLowerPriority",
    }  # fmt: skip
    of = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": owner, "controller": True}
    meta = {"name": name, "labels": {"app": "web", "pod-template-hash": "1"}, "ownerReferences": [of]}
    return {"metadata": meta, "spec": spec, "status": {}}


class Server:
    """What a sound cluster has after these files were applied."""

    def __init__(self):
        strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
        spec = {
            "replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": copy.deepcopy(TEMPLATE),
            "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10, "strategy": strategy,
        }  # fmt: skip
        port = {"port": 8080, "targetPort": 8080, "protocol": "TCP", "nodePort": 31234}
        service = {
            "type": "NodePort", "selector": {"app": "web"}, "ports": [port], "clusterIP": "10.96.0.7",
            "clusterIPs": ["10.96.0.7"], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
            "internalTrafficPolicy": "Cluster", "externalTrafficPolicy": "Cluster", "sessionAffinity": "None",
        }  # fmt: skip
        revision = {"deployment.kubernetes.io/revision": "1"}
        template = copy.deepcopy(TEMPLATE)
        template["metadata"]["labels"]["pod-template-hash"] = "1"
        above = [{"kind": "Deployment", "name": "web"}]
        self.there = {
            f"{OURS}/deployments/web": self.one("Deployment", "web", spec, annotations=revision),
            f"{OURS}/replicasets/web-1": self.one(
                "ReplicaSet", "web-1", {"template": template}, annotations=revision, ownerReferences=above
            ),
            "/api/v1/namespaces/n/services/web": self.one("Service", "web", service),
        }
        self.pods = [pod("web-1-a"), pod("web-1-b")]
        self.asked = 0

    @staticmethod
    def one(kind, name, spec, **meta):
        return {"kind": kind, "metadata": {"name": name, "uid": name, **meta}, "spec": spec, "status": {}}

    def path_of(self, document, namespace):
        base = "/api/v1" if document["apiVersion"] == "v1" else f"/apis/{document['apiVersion']}"
        return f"{base}/namespaces/{namespace}/{document['kind'].lower()}s/{document['metadata']['name']}"

    def get(self, path, **query):
        self.asked += 1
        if path.endswith("/pods"):
            return {"items": self.pods}
        if path not in self.there:
            raise Refused("not found", 404)
        return self.there[path]

    @property
    def deployment(self):
        return self.there[f"{OURS}/deployments/web"]["spec"]

    def revise(self):
        """A Deployment whose template changes has another ReplicaSet for it, in a moment."""
        self.there[f"{OURS}/deployments/web"]["metadata"]["annotations"] = {}
        return self.deployment["template"]

    @property
    def replicaset(self):
        return self.there[f"{OURS}/replicasets/web-1"]["spec"]

    @property
    def service(self):
        return self.there["/api/v1/namespaces/n/services/web"]["spec"]


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def applied(server, tmp_path):
    (tmp_path / "web.yaml").write_text(dedent(DEPLOYMENT))
    (tmp_path / "bare.yaml").write_text(POD)
    made = Applied(server, "n", tmp_path)
    made.typed("kubectl apply --filename web.yaml", ["web.yaml"], worked=True)
    return made


def web(one):
    return one["spec"]["containers"][0]


PROBE = {"httpGet": {"path": "/readyz", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 1, "failureThreshold": 3}


def test_what_stands_as_it_was_applied_is_not_altered(applied, server):
    assert applied.altered() == ""
    assert server.asked == 4  # two objects, the Pods, their owner


def test_a_probe_that_a_policy_gave_each_pod_is_named_once(applied, server):
    for one in server.pods:
        web(one)["readinessProbe"] = PROBE
    assert applied.altered() == "Pod web-1-a has a readinessProbe that is not in web.yaml (1 alike)"


def test_a_probe_that_a_policy_gave_the_deployment_is_named(applied, server):
    for template in (server.deployment["template"], server.replicaset["template"], *server.pods):
        web(template)["readinessProbe"] = PROBE
    assert applied.altered() == "Deployment web has a readinessProbe that is not in web.yaml"


def test_a_probe_that_a_policy_gave_the_replica_set_is_named(applied, server):
    for template in (server.replicaset["template"], *server.pods):
        web(template)["readinessProbe"] = PROBE
    assert applied.altered() == "ReplicaSet web-1 has a readinessProbe that is not in Deployment web"


def change(where, what):
    """Each a change by somebody else, and what is said of it."""
    return pytest.param(where, what, id=what[:60])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        change(lambda s: s.deployment.update(replicas=5), "Deployment web has replicas 5 where web.yaml has 2"),
        change(
            lambda s: web(s.revise()).update(image="other:1"),
            "Deployment web has image other:1 where web.yaml has dk-labs/web:1",
        ),
        change(
            lambda s: s.revise()["spec"].update(priorityClassName="high"),
            "Deployment web has priorityClassName high that is not in web.yaml",
        ),
        change(
            lambda s: web(s.pods[0])["livenessProbe"].update(periodSeconds=20),
            "Pod web-1-a has livenessProbe.periodSeconds 20 where web.yaml has 1",
        ),
        change(
            lambda s: web(s.pods[0]).pop("livenessProbe"), "Pod web-1-a lacks a livenessProbe that is in web.yaml"
        ),
        change(
            lambda s: s.pods[0]["spec"]["containers"].append({"name": "proxy", "image": "mesh"}),
            "Pod web-1-a has a container proxy that is not in web.yaml",
        ),
        change(
            lambda s: web(s.pods[0]).update(env=[{"name": "VERSION", "value": "9"}]),
            "Pod web-1-a has an env that is not in web.yaml",
        ),
        change(
            lambda s: web(s.pods[0])["resources"]["requests"].update(cpu="1"),
            "Pod web-1-a has resources.requests.cpu 1 where web.yaml has 100m",
        ),
        change(
            lambda s: web(s.pods[0])["resources"]["requests"].update(memory="1Gi"),
            "Pod web-1-a has resources.requests.memory 1Gi that is not in web.yaml",
        ),
        change(
            lambda s: web(s.pods[0]).update(imagePullPolicy="Always"),
            "Pod web-1-a has imagePullPolicy Always where web.yaml has IfNotPresent",
        ),
        change(
            lambda s: s.pods[0]["metadata"]["labels"].update(lane="b"),
            "Pod web-1-a has labels.lane b that is not in web.yaml",
        ),
        change(
            lambda s: s.service.update(selector={"app": "x"}),
            "Service web has selector.app x where web.yaml has web",
        ),
        change(
            lambda s: s.service.update(sessionAffinity="ClientIP"),
            "Service web has sessionAffinity ClientIP that is not in web.yaml",
        ),
        change(
            lambda s: s.there.pop("/api/v1/namespaces/n/services/web"), "Service web of web.yaml is gone"
        ),
        change(
            lambda s: s.pods[0]["metadata"].update(ownerReferences=[], name="stray"),
            "Pod stray is in none of the files",
        ),
    ],
)  # fmt: skip
def test_what_somebody_else_changed_is_named(applied, server, change, said):
    change(server)
    assert applied.altered() == said


def test_another_patience_with_a_lost_node_is_named(applied, server):
    server.pods[0]["spec"]["tolerations"] = [toleration("not-ready"), toleration("unreachable", 10)]
    assert applied.altered() == "Pod web-1-a has tolerations that are not in web.yaml"


def test_many_differences_are_counted(applied, server):
    server.deployment.update(replicas=5, paused=True, minReadySeconds=7)
    server.service.update(sessionAffinity="ClientIP", publishNotReadyAddresses=True)
    assert applied.altered().endswith("; and 2 more differences")


def image(server, name):
    """Of a Deployment that was rolled out."""
    for one in (server.deployment["template"], server.replicaset["template"], *server.pods):
        web(one)["image"] = name


@pytest.mark.parametrize(
    ("command", "change"),
    [
        ("kubectl scale deployment web --replicas=5", lambda s: s.deployment.update(replicas=5)),
        ("kubectl autoscale deployment web --max=5", lambda s: s.deployment.update(replicas=5)),
        ("sh autoscale.sh", lambda s: s.deployment.update(replicas=5)),
        ("kubectl set image deployment/web web=x", lambda s: image(s, "x")),
        ("kubectl rollout undo deployment web", lambda s: image(s, "x")),
        ("kubectl -n n patch deploy/web -p {}", lambda s: s.deployment.update(paused=True)),
        ("kubectl delete svc web", lambda s: s.there.pop("/api/v1/namespaces/n/services/web")),
        ("kubectl delete services web", lambda s: s.there.pop("/api/v1/namespaces/n/services/web")),
    ],
)
def test_what_the_trial_itself_typed_is_not_held_against_it(applied, server, command, change):
    change(server)
    assert applied.altered() != ""
    applied.typed(command, [], worked=True)
    assert applied.altered() == ""


def test_a_pod_that_the_trial_removed_or_ran_itself_is_its_own(applied, server):
    server.pods.append({"metadata": {"name": "other"}, "spec": {"containers": [{"name": "other", "image": "x"}]}})
    assert applied.altered() == "Pod other is in none of the files"
    applied.typed("kubectl run pod/other --image x", [], worked=True)
    assert applied.altered() == ""


@pytest.mark.parametrize(
    "command",
    [
        "kubectl get deployment web", "kubectl -n kube-system get pods", "kubectl exec web-1-a -- kill 1",
        "kubectl rollout status deployment web", "kubectl delete pod web-1-a", "kubectl scale service other",
    ],
)  # fmt: skip
def test_a_command_that_does_not_change_it_excuses_nothing(applied, server, command):
    applied.typed(command, [], worked=True)
    server.service["selector"] = {"app": "x"}
    server.deployment["paused"] = True
    assert "Service web has selector" in applied.altered()
    assert "Deployment web has paused True" in applied.altered()


def test_the_last_file_that_was_applied_counts(applied, server, tmp_path):
    (tmp_path / "next.yaml").write_text(dedent(DEPLOYMENT).replace("replicas: 2", "replicas: 3"))
    applied.typed("kubectl apply --filename next.yaml", ["next.yaml"], worked=True)
    assert applied.altered() == "Deployment web has replicas 2 where next.yaml has 3"


def test_what_the_server_did_not_take_is_not_missed(applied, server, tmp_path):
    (tmp_path / "more.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: more}\n")
    applied.typed("kubectl apply --filename more.yaml", ["more.yaml"], worked=False)
    assert applied.altered() == ""
    applied.doubtful.clear()
    assert applied.altered() == "Service more of more.yaml is gone"


def test_a_file_that_was_refused_leaves_what_the_one_before_it_declared(applied, server, tmp_path):
    (tmp_path / "next.yaml").write_text(dedent(DEPLOYMENT).replace("replicas: 2", "replicas: 3"))
    applied.typed("kubectl create --filename web.yaml", ["web.yaml"], worked=False)
    applied.typed("kubectl create --filename next.yaml", ["next.yaml"], worked=False)
    assert applied.altered() == ""
    applied.doubtful.clear()
    assert applied.altered() == "Deployment web has replicas 2 where next.yaml has 3"


def test_and_whatever_is_as_neither_of_them_is_told(applied, server, tmp_path):
    (tmp_path / "next.yaml").write_text(dedent(DEPLOYMENT).replace("replicas: 2", "replicas: 3"))
    applied.typed("kubectl apply --filename next.yaml", ["next.yaml"], worked=False)
    server.there[f"{OURS}/deployments/web"]["spec"]["replicas"] = 7
    assert applied.altered() == "Deployment web has replicas 7 where web.yaml has 2"


def test_files_that_were_deleted_are_not_missed(applied, server):
    applied.typed("kubectl delete --filename web.yaml", ["web.yaml"], worked=True)
    server.there.clear()
    server.pods.clear()
    assert applied.altered() == ""


def test_a_bare_pod_is_held_to_its_file(applied, server):
    applied.typed("kubectl apply --filename bare.yaml", ["bare.yaml"], worked=True)
    one = pod("bare")
    del one["metadata"]["ownerReferences"], one["metadata"]["labels"]
    del web(one)["livenessProbe"], web(one)["resources"]
    server.pods = [one]
    assert applied.altered() == ""
    web(one)["readinessProbe"] = PROBE
    assert applied.altered() == "Pod bare has a readinessProbe that is not in bare.yaml"


def test_what_a_learner_applied_is_held_to_what_kubectl_noted(applied, server):
    noted = '{"kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "mine"}}}'
    where = server.there["/api/v1/namespaces/n/services/web"]
    where["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": noted}
    applied.lent = True
    server.service["type"] = "ClusterIP"
    server.pods.append(pod("another", "web-1"))
    first, second = applied.altered().split("; ")
    assert first == "Service web has selector.app web where what was applied has mine"
    assert second == "Service web has ports that are not in what was applied"


def differ(kind, wanted, found):
    return [(".".join(one.path), one.wanted, one.found) for one in differences(kind, wanted, found)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("0.1", "100m"), (1, "1"), ("1000m", 1), ("1024Mi", "1Gi"), ("1000M", "1G"), ("1024Ki", "1Mi")],
)
def test_an_amount_may_be_written_in_another_way(wanted, found):
    assert differ("Pod", {"limits": {"memory": wanted}}, {"limits": {"memory": found}}) == []
    assert differ("Pod", {"env": [{"name": "A", "value": str(wanted)}]}, {"env": [{"name": "A", "value": "2"}]})


def test_zero_that_is_left_out_is_zero():
    assert differ("Deployment", {"minReadySeconds": 0, "replicas": 2}, {"replicas": 2}) == []
    assert differ("Deployment", {"spec": {"replicas": 0}}, {"spec": {"replicas": 1}})


def test_an_empty_thing_is_nothing():
    assert differ("Pod", {"spec": {"volumes": []}}, {"spec": {"securityContext": {}, "x": ""}}) == []
