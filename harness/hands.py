"""How things are done by hand: the commands for a recipe on a site, with bash's array `copies` for who is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.model.arm import IMAGE, PORT, Files, Run
from harness.model.site import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model.arm import Arm

NAME = "by-hand"
"""Of the containers, the Compose project, the stack, the namespace and the cluster: nobody else's are called so."""

COMPOSE = f"docker compose --project-name {NAME}"
KUBECTL = f"kubectl --namespace {NAME}"
OURS = f"--filter label=com.docker.compose.project={NAME}"
BESIDE = '{{.Names}} {{.Label "dk-labs.beside"}}'
"""What stands beside the copies, as a proxy does, has that label."""

STACK = f"--filter label=com.docker.stack.namespace={NAME}"


@dataclass(frozen=True, slots=True)
class Hand:
    """Templates: `{copy}` is a copy's name, `{command}` what is run in it, `{files}` flags that name files."""

    up: tuple[str, ...]
    names: str
    """Has `copies` hold the names of those that are there."""

    inside: str
    look: str
    down: tuple[str, ...]
    signals: dict[str, str]
    volumes: str = ""
    """Has `volumes` hold those of a copy."""

    file: str = ""
    """The flag before each file."""

    apply: str = ""
    together: bool = False
    """Whether files that are added are named together with the first ones."""

    scale: str = ""
    client: str = ""
    url: str = ""
    """Where it is asked from outside."""

    def files(self, names: Sequence[str]) -> str:
        return " ".join(f"{self.file} {name}" for name in names)


VOLUMES = "volumes=$(docker inspect --format '{{{{range .Mounts}}}}{{{{.Name}}}} {{{{end}}}}' {copy})"
"""Removing a container leaves its volumes, and nothing else would tell whose one without a name was."""

DROP = 'for volume in $volumes; do docker volume rm --force "$volume"; done'
SIGNALS = {
    "stop": "docker stop {copy}",
    "kill": "docker kill {copy}",
    "remove": "docker rm --force {copy}",
    "host-kill": "sudo kill -9 $(docker inspect --format '{{{{.State.Pid}}}}' {copy})",
}
DOCKER_CLIENT = f"docker run --rm --network {{network}} {IMAGE}"


def hand(arm: Arm) -> Hand:
    if isinstance(arm.recipe, Run):
        return _runs(arm.recipe)
    match arm.site.kind:
        case Kind.SWARM:
            return _stack(arm.recipe)
        case Kind.CLUSTER | Kind.OWN_CLUSTER:
            return _namespace(arm.recipe)
    return _project(arm.recipe)


def _runs(recipe: Run) -> Hand:
    *network, each = dict.fromkeys(recipe.commands)
    named = each.replace("docker run --detach", f'docker run --detach --name "{NAME}-$n"')
    named = named.replace("--network web", f"--network {NAME}")
    return Hand(
        up=(
            *(f"{command.removesuffix(' web')} {NAME}" for command in network),
            f"for n in $(seq {recipe.copies}); do {named}; done",
        ),
        names=f"copies=($(seq --format '{NAME}-%.0f' {recipe.copies}))",
        inside="docker exec {copy} {command}",
        look=f"docker ps --all --filter name={NAME}- --format '{{{{.Names}}}}  {{{{.Status}}}}'",
        down=('docker rm --force "${copies[@]}"', *([f"docker network rm {NAME}"] if network else [])),
        signals=SIGNALS,
        client=DOCKER_CLIENT.format(network=NAME),
    )


def _project(recipe: Files) -> Hand:
    files = " ".join(f"--file {name}" for name in recipe.names)
    return Hand(
        up=(f"{COMPOSE} {files} up --detach",),
        names=f"copies=($(docker ps {OURS} --format '{BESIDE}' | awk 'NF == 1' | sort))",
        inside="docker exec {copy} {command}",
        look=f"docker ps --all {OURS} --format '{{{{.Names}}}}  {{{{.Status}}}}'",
        down=(f"{COMPOSE} {files} down --volumes --timeout 1",),
        signals=SIGNALS,
        volumes=VOLUMES,
        file="--file",
        apply=f"{COMPOSE} {{files}} up --detach",
        together=True,
        scale=f"{COMPOSE} {files} up --detach --no-recreate --scale web={{copies}}",
        client=DOCKER_CLIENT.format(network=f"{NAME}_default"),
        url=f"$(docker ps {OURS} --format '{{{{.Ports}}}}' | grep --only-matching '127.0.0.1:[0-9]*' | head -n 1)",
    )


def _stack(recipe: Files) -> Hand:
    files = " ".join(f"--compose-file {name}" for name in recipe.names)
    return Hand(
        up=(f"docker stack deploy {files} {NAME}",),
        names=f"copies=($(docker ps {STACK} --format '{{{{.Names}}}}'))",
        inside="docker exec {copy} {command}",
        look=f"docker stack ps {NAME}",
        down=(f"docker stack rm {NAME}",),
        signals=SIGNALS,
        file="--compose-file",
        apply=f"docker stack deploy {{files}} {NAME}",
        together=True,
        scale=f"docker service scale {NAME}_web={{copies}}",
        client=DOCKER_CLIENT.format(network=f"{NAME}_default"),
    )


def _namespace(recipe: Files) -> Hand:
    files = " ".join(f"--filename {name}" for name in recipe.names)
    node = "$(kubectl get nodes --output jsonpath='{{.items[0].status.addresses[0].address}}')"
    port = f"$({KUBECTL} get service web --output jsonpath='{{{{.spec.ports[0].nodePort}}}}')"
    return Hand(
        up=(f"kubectl create namespace {NAME}", f"{KUBECTL} apply {files}"),
        names=f"copies=($({KUBECTL} get pods --output jsonpath='{{.items[*].metadata.name}}'))",
        inside=f"{KUBECTL} exec {{copy}} -- {{command}}",
        look=f"{KUBECTL} get pods",
        down=(f"kubectl delete namespace {NAME}",),
        signals={"remove": f"{KUBECTL} delete pod {{copy}}"},
        file="--filename",
        apply=f"{KUBECTL} apply {{files}}",
        scale=f"{KUBECTL} scale deployment web --replicas={{copies}}",
        client=f"{KUBECTL} run client --image {IMAGE} --restart Never --attach --rm --quiet --",
        url=f"{node}:{port}".format(),
    )


def front(path: str) -> str:
    return f"web=http://web:{PORT}{path}"
