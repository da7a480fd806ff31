"""How things are done by hand on each kind of site: what surrounds the commands of a recipe, as bash.

Recipes are typed as they stand. What the bench puts around them, a person needs too: a project, a namespace, a label.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from harness.lab.arm import IMAGE, PORT, Arm
from harness.lab.open_site import Ask
from harness.lab.site import Kind

NAME = "by-hand"
"""Of the label, the Compose project, the namespace, the nodes and clients: nobody else's are called so."""

STACK = "web"
"""As `docker stack deploy` is typed in labs."""

BESIDE = "dk-labs.beside"
"""What stands beside the copies, as a proxy or a client does, bears that label."""

PROGRAM = "/app/web.py client"
HERE = "python3 -S -B ../../images/web/web.py client"
"""The same program on this machine, from the folder of a lab's manifests."""

CLIENT_S = 3600
IN_A_COPY_S = 60
"""A client that runs in a copy can only be ended by its own clock."""

LABELLED = (
    'docker() { case "$1 $2" in'
    f' "run "*|"create "*) set -- "$1" --label {NAME} "${{@:2}}";;'
    f' "network create"|"volume create") set -- "$1" "$2" --label {NAME} "${{@:3}}";;'
    ' esac; command docker "$@"; }'
)
"""Has `docker` put a label on what is made: all that is removed afterwards is known by it."""

NAMESPACE = (
    'kubectl config view --raw --minify --flatten > "$LABS_SCRATCH/kubeconfig"',
    'export KUBECONFIG="$LABS_SCRATCH/kubeconfig"',
    f"kubectl config set-context --current --namespace {NAME} > /dev/null",
)
"""Has kubectl, and whatever calls it, mean the namespace, in a copy of the settings."""

POWER = {
    "stop": "docker kill {}",
    "pause": "docker pause {}",
    "resume": "docker unpause {0} || docker start {0}",
    "stop-engine": "docker exec {} pkill --exact dockerd",
    "start-engine": "docker restart {}",
}
SIGNALS = {
    "stop": "docker stop {}",
    "kill": "docker kill {}",
    "remove": "docker rm --force {}",
    "pause": "docker pause {}",
    "unpause": "docker unpause {}",
    "host-kill": "sudo kill -9 $(docker inspect --format '{{{{.State.Pid}}}}' {})",
}
VOLUMES = "docker inspect --format '{{range .Mounts}}{{.Name}} {{end}}'"
DROP = 'for volume in $volumes; do docker volume rm --force "$volume"; done'
"""Removing a container leaves its volumes, and nothing else would tell whose one without a name was."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Lines of bash for an arm on its site; `{}` is a copy's name."""

    there: str
    """Tells the names of those that run."""

    look: str
    inside: str
    """Before what is run in a copy."""

    down: tuple[str, ...]
    signals: Mapping[str, str]
    client: str
    """Before a client's flags: where it asks from within, `{name}` being its own name."""

    ends: str
    """Ends that client."""

    follow: str
    """Has the logs of all that there is written to the file `$logs` as they come; they end with what writes them."""

    url: str
    """HOST:PORT where an arm is asked from outside."""

    before: tuple[str, ...] = ()
    """Typed before the arm is brought up."""

    volumes: str = ""
    """Has `volumes` hold those of all copies that are there."""

    seconds: int = CLIENT_S


def hand(arm: Arm) -> Hand:
    match arm.site.kind:
        case Kind.CLUSTER | Kind.OWN_CLUSTER:
            return _namespace()
        case Kind.SWARM:
            return _stack(arm)
    return _runs(arm) if arm.typed else _project(arm)


def _docker(filters: str, down: Sequence[str], network: str, before: Sequence[str] = ()) -> Hand:
    """`filters` tell the arm's containers from others."""
    shown = f"--format '{{{{.Names}}}} {{{{.Label \"{BESIDE}\"}}}}'"
    ports = f"docker ps {filters} --format '{{{{.Ports}}}}' | grep --only-matching '[0-9.]*:[0-9][0-9]*' | head -n 1"
    name = f"{NAME}-{{name}}"
    return Hand(
        there=f"docker ps {filters} {shown} | awk 'NF == 1' | sort",
        look=f"docker ps --all {filters} --format '{{{{.Names}}}}  {{{{.Status}}}}'",
        inside="docker exec {}",
        down=tuple(down),
        signals=SIGNALS,
        client=f"docker run --rm --name {name} --label {BESIDE}=client --network {network} {IMAGE} client",
        ends=f"docker stop {name}",
        follow=_follow(f"$(docker ps --all {filters} --format '{{{{.Names}}}}')", "docker logs"),
        url=f"$({ports})",
        before=tuple(before),
        volumes=f'volumes+=" $(docker ps --all --quiet {filters} | xargs --no-run-if-empty {VOLUMES})"',
    )


def _project(arm: Arm) -> Hand:
    files = " ".join(f"--file {name}" for name in arm.names if not name.endswith(".sh"))
    down = f"docker compose {files} down --volumes --remove-orphans --timeout 1"
    return _docker(f"--filter label=com.docker.compose.project={NAME}", [down], f"{NAME}_default")


def _runs(arm: Arm) -> Hand:
    ours, made = f"--filter label={NAME}", made_by(arm.commands())
    network = next((name for kind, name in made if kind == "network"), "bridge")
    down = [f"docker ps --all --quiet {ours} | xargs --no-run-if-empty docker rm --force --volumes"]
    down += [
        f"docker {kind} ls --quiet {ours} | xargs --no-run-if-empty docker {kind} rm"
        for kind in ("network", "volume") if kind in {k for k, _ in made}
    ]  # fmt: skip
    return _docker(ours, down, network, [_free(kind, name) for kind, name in made])


def _stack(arm: Arm) -> Hand:
    """Of the hosts, it is this one's containers that can be seen and asked."""
    if arm.typed:
        services = [name for kind, name in made_by(arm.commands()) if kind == "service"]
        found = _docker("--filter is-task=true", [f"docker service rm {' '.join(services)}"], "none")
        return _in_a_copy(found, [_free("service", name) for name in services])
    ours = f"--filter label=com.docker.stack.namespace={STACK}"
    there = f"docker ps --all --quiet {ours}; docker network ls --quiet {ours}"
    gone = f'for _ in $(seq 60); do [ -z "$({there})" ] && break; sleep 1; done'
    return _in_a_copy(_docker(ours, [f"docker stack rm {STACK}", gone], "none"), [_free("stack", STACK)])


def _in_a_copy(of: Hand, before: Sequence[str]) -> Hand:
    """Networks of a Swarm are open to its own tasks alone."""
    client = f'docker exec "${{copies[-1]}}" python3 -S -B {PROGRAM}'
    return replace(of, client=client, ends="", before=tuple(before), seconds=IN_A_COPY_S)


def _namespace() -> Hand:
    running = f"--selector '!{BESIDE}' --field-selector status.phase=Running"
    node = "kubectl get nodes --output 'jsonpath={.items[0].status.addresses[0].address}'"
    port = "kubectl get service web --output 'jsonpath={.spec.ports[0].nodePort}'"
    client = f"kubectl run {{name}} --image {IMAGE} --restart Never --labels {BESIDE}=client --attach --rm --quiet"
    return Hand(
        there=f"kubectl get pods {running} --output 'jsonpath={{.items[*].metadata.name}}'",
        look="kubectl get pods",
        inside="kubectl exec {} --",
        down=(f"kubectl delete namespace {NAME}",),
        signals={"remove": "kubectl delete pod {}"},
        client=f"{client} -- client",
        ends="kubectl delete pod {name} --now",
        follow=_follow(f"$(kubectl get pods {running} --output name)", "kubectl logs --all-containers"),
        url=f"$({node}):$({port})",
        before=(f"kubectl create namespace {NAME} || exit 1",),
    )


def _follow(names: str, log: str) -> str:
    return f'for one in {names}; do {log} --follow --timestamps "$one" >> "$logs" 2>&1 & done'


def made_by(commands: Sequence[str]) -> list[tuple[str, str]]:
    """What these commands make that has a name of its own: of which kind it is, and its name."""
    return list(dict.fromkeys(one for command in commands for one in _made_by(shlex.split(command))))


def _made_by(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    flags = dict(pairwise(words))
    if words[1:3] == ["service", "create"] and "--name" in flags:
        yield "service", flags["--name"]
    elif words[2:3] == ["create"]:
        yield words[1], words[-1]
    elif words[1:2] in (["run"], ["create"]):
        if "--name" in flags:
            yield "container", flags["--name"]
        for flag in ("--volume", "-v"):
            source, colon, _ = flags.get(flag, "").partition(":")
            if colon and source[0] not in "./~$":
                yield "volume", source


def _free(kind: str, name: str) -> str:
    """Ends the script where there is something of that name: it is somebody else's."""
    there = f"docker {kind} {'ps' if kind == 'stack' else 'inspect'} {name} > /dev/null 2>&1"
    return f"! {there} || {{ echo 'There is a {kind} called {name} already.' >&2; exit 1; }}"


def flags(ask: Ask, front: str = "", seconds: int = CLIENT_S) -> str:
    """What the client program is started with; `front` is asked in the place of `web`, if it is not empty."""
    places = [front if front and to == "web" else f"{to}:{ask.port or PORT}" for to in ask.to]
    targets = [f'"{to}=http://{place}{ask.path}"' for to, place in zip(ask.to, places, strict=True)]
    words = [
        *(word for target in targets for word in ("--target", target)),
        "--per-s", f"{ask.per_s:g}", "--seconds", str(seconds), "--timeout-ms", f"{ask.timeout_s * 1000:g}",
        *(["--in-turn"] if len(targets) > 1 else []),
        *(["--keep-alive"] if ask.kept else []),
        *(["--host", shlex.quote(ask.host)] if ask.host else []),
        *([] if ask.at else ["--dns"]),
    ]  # fmt: skip
    return " ".join(words)


def keeps_data(arm: Arm, folder: Path) -> bool:
    """Whether something of the arm's may write into a volume."""
    names = {name for recipe in (arm, *map(arm.version, arm.versions)) for name in recipe.names}
    texts = [(folder / name).read_text() for name in names if (folder / name).is_file()]
    return any("volume" in text for text in (*texts, *arm.commands()))
