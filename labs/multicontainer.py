"""Containers that belong together. Who brings them, who finds whom, and who owns whom?"""

from harness import (
    Arm, Found, Gone, Lab, NotShown, Number, Read, Trial, Trials, Verdict, acts, cluster, command, engine, fact,
    fails, holds, scenario, up, update,
)  # fmt: skip

lab = Lab(__doc__, __name__)

NAMES, ONE = ("api", "store", "web"), "--cpus 0.1 dk-labs/web:1"
RUN = f"docker run --detach --name {{}} --network {{}} {ONE}"
BRIDGE = "bridge --dns 127.0.0.1"  # else names would be asked of the host's name servers
OWN = "; ".join(["docker network create web", *(RUN.format(name, "web") for name in NAMES)])
REMOVE = {"nothing": f"docker rm --force {' '.join(NAMES)}"}
COMPOSE, THREE = "docker-compose.yml", "three-deployments.yaml"
compose = Arm("Compose of three", engine, COMPOSE, {"nothing": f"docker compose --file {COMPOSE} down"})
three_runs = Arm("three runs", engine, "; ".join(RUN.format(name, BRIDGE) for name in NAMES), REMOVE)
own_network = Arm("three runs on a network of their own", engine, OWN, REMOVE)
deployments = Arm("three Deployments", cluster, THREE, {"nothing": f"kubectl delete --filename {THREE}"})
one_run = Arm("run", engine, f"docker run --detach {ONE}")

PORTS = "two that share an address cannot listen at one port"
WEB = f"docker run --detach --name web --volume shared:/data {ONE}"
SECOND = "docker run --detach --name second --label dk-labs.beside=second --env PORT=8081"
BESIDE = f"{WEB}; {SECOND} --network container:web --volumes-from web {ONE}"
pod = Arm("Pod of two", cluster, "pod.yaml", differs=PORTS)
two_pods = Arm("two Pods", cluster, "two-pods.yaml", differs=PORTS)
beside_run = Arm("run in another's network, with its volumes", engine, BESIDE, differs=PORTS)

VERSION = "its copies tell their version"
ANEW = "kubectl delete --filename bare-pods.yaml; kubectl apply --filename bare-pods-2.yaml"
deployment = Arm("Deployment of three", cluster, "deployment.yaml", {"2": "deployment-2.yaml"}, differs=VERSION)
bare_pods = Arm("three bare Pods", cluster, "bare-pods.yaml", {"2": ANEW}, differs=VERSION)

IN_FIRST = ("kubectl exec web --container web -- ask", "docker exec web ask")
FIRST_WRITES = command(*(f"{ask} POST /data?name=one&bytes=65536" for ask in IN_FIRST))
SECOND_WRITES = command(*(f"{ask} POST /data?name=two&bytes=65536 localhost:8081" for ask in IN_FIRST))
BY_SECOND = Read(fact("read at localhost:8081", *(f"{ask} GET /data?name=one localhost:8081" for ask in IN_FIRST)))
BY_FIRST = Read(fact("read at localhost:8080", *(f"{ask} GET /data?name=two localhost:8080" for ask in IN_FIRST)))
SEVERAL, PARTS = Number(2, or_more=True), "k8s-pods-deployments-replicasets"
ASKS = "In which does each version have an owner of its own?"


def amiss(text: str) -> str:
    """What contradicts that of versions 1 and 2 each has a ReplicaSet of the Deployment's, which has its Pods."""
    rows = [line.split() for line in text.splitlines()]
    deployments = {uid for kind, uid, *_ in rows if kind == "Deployment"}
    ours = {uid for _, uid, owner, controls, *_ in rows if controls == "true" and owner in deployments}
    sets = {uid: version for kind, uid, *_, version in rows if kind == "ReplicaSet" and uid in ours}
    pods = [(owner, controls, version) for kind, _, owner, controls, version, _ in rows if kind == "Pod"]
    if not pods:
        raise NotShown("look-failed", "there are no Pods")
    if any(controls != "true" or sets.get(owner) != version for owner, controls, version in pods):
        return "some Pods have no ReplicaSet of their version that a Deployment owns"
    found = ", ".join(sorted(sets.values()))
    return "" if found == "1, 2" else f"the Deployment owns ReplicaSets of versions {found}"


OF, ENV = ".metadata.ownerReferences[*]", "spec.containers[*].env[*].value"
COLUMNS = f"KIND:.kind,UID:.metadata.uid,OWNER:{OF}.uid,CONTROLS:{OF}.controller,POD:.{ENV},OWNS:.spec.template.{ENV}"
GET = f"kubectl get deployments,replicasets,pods --no-headers --output custom-columns={COLUMNS}"
OWNERS = fact("who owns whom", GET, parse=amiss)


@scenario(asks="In which do they find each other, with one command to come and one to go?")
def up_ask_down(t: Trial) -> None:
    """Three copies are brought up, and each asks for the others by their names. Then all are removed."""
    asks = acts.each_other(t.steady(replicas=3), [f"{name}:8080" for name in NAMES])
    t.watch(Found(asks), since=t.until(Number(3), within_s=10), within_s=5)
    t.act(update("nothing"))
    t.watch(Gone(), within_s=15)


@scenario(asks="In which do the two meet at localhost, and read each other's files?")
def beside(t: Trial) -> None:
    """One program writes, and the other one, at localhost:8081, is to read it. Then it is the other way round."""
    t.steady(replicas=1)
    t.act(FIRST_WRITES)
    t.watch(BY_SECOND, within_s=5)
    t.tries(SECOND_WRITES)
    t.watch(BY_FIRST, within_s=5)


@scenario(asks=ASKS)
def new_version(t: Trial) -> None:
    """Three copies serve, and three of another version take their place. Who owns whom?"""
    t.steady(replicas=3)
    t.act(update("2"))
    t.until(Number(3, version="2"), within_s=40)
    t.look(OWNERS)


@scenario(asks=ASKS)
def first_file_again(t: Trial) -> None:
    """Three of another version take the place of three, and the first file is applied again. Who owns whom?"""
    new_version.play(t)
    t.act(update())
    t.until(Number(3, version="1"), within_s=40)
    t.look(OWNERS)


@scenario(asks="Where does one command bring several?")
def begin(t: Trial) -> None:
    """What brings the arm up is typed, and one copy serves. Does another one?"""
    t.act(up)
    t.until(Number(1, or_more=True), within_s=30)
    t.watch(SEVERAL, within_s=15)


@lab.claim("compose-multi-container", blank=up_ask_down @ three_runs, standard=up_ask_down @ deployments)
def one_file_is_enough(project: Trials = up_ask_down @ compose) -> Verdict:
    found, gone = project.answer(Found()), project.answer(Gone())
    if not found or not gone:
        return fails("not all were removed" if found else "not all found each other by their names")
    cost = project.cost()
    says = holds if (cost.commands, cost.files) == (2, 1) else fails
    return says(f"all found each other after {found}, and were gone after {gone}, for {cost.commands} commands")


@lab.claim(PARTS, part="a", blank=beside @ two_pods, standard=beside @ beside_run)
def are_one(two: Trials = beside @ pod) -> Verdict:
    there = two.answer(BY_SECOND)
    if not there or not two.answer(BY_FIRST):
        return fails(f"what the {'second' if there else 'first'} wrote was never read by the other")
    return holds(f"each read what the other one wrote, the second at localhost:8081 after {there}")


@lab.claim(PARTS, part="b", blank=new_version @ bare_pods, standard=first_file_again @ deployment)
def own(after: Trials = new_version @ deployment) -> Verdict:
    wrong = after.answer(OWNERS)
    return fails(wrong) if wrong else holds("each version has a ReplicaSet of the Deployment's, which has its Pods")


@lab.claim("docker-individual-containers-only", blank=begin @ deployment, standard=begin @ one_run)
def starts_one(asked: Trials = begin @ compose) -> Verdict:
    more = asked.answer(SEVERAL)
    if more and asked.cost().commands == 1:
        return fails(f"one command, and a second one served after {more}")
    return holds("for several, several commands were typed" if more else "no second one served")


lab.show(up_ask_down @ own_network)
