"""What is typed in a namespace of a cluster, and what becomes of its Pods when a node is lost."""

from __future__ import annotations

from pathlib import Path

from tests.support.fake import figures, listed, manifests
from tests.support.fake.copies import Copy
from tests.support.fake.estate import Estate
from tests.support.fake.files import Workload
from tests.support.fake.owners import Namespace
from tests.support.fake.platform import Said
from tests.support.fake.words import bare, values

VALUED = (
    "--filename", "-f", "--replicas", "--to-revision", "--timeout", "--grace-period", "-n", "--selector", "-l",
    "--output",
)  # fmt: skip


class Cluster:
    """A namespace of a cluster."""

    def __init__(self, estate: Estate) -> None:
        self.estate, self.namespace = estate, Namespace(estate)

    def typed(self, words: list[str], folder: Path) -> Said | None:  # noqa: C901, PLR0911, PLR0912  (one for each command)
        plain = bare(words[1:], *VALUED)
        match plain:
            case ["apply" | "create" as how]:
                read = [one for name in values(words, "--filename", "-f") for one in manifests.objects(folder / name)]
                there = [one.name for one in read if how == "create" and one.name in self.namespace.owned]
                if there:
                    return f'Error from server (AlreadyExists): deployments.apps "{there[0]}" already exists', 1
                return self.namespace.apply(read)
            case ["set", "env", "deployment", name, *pairs]:
                return self.namespace.set_env(name, dict(pair.split("=", 1) for pair in pairs))
            case ["delete", *named]:
                return self._delete(named, [folder / name for name in values(words, "--filename", "-f")], words)
            case ["rollout", "undo", *named]:
                return self.namespace.undo(self._name(named))
            case ["rollout", "restart", *named]:
                return self.namespace.restart(self._name(named))
            case ["rollout", "status", *named]:
                return self._status(self._name(named))
            case ["scale", *named]:
                return self.namespace.scale(self._name(named), int(values(words, "--replicas")[0]))
            case ["top", "pod" | "pods"]:
                return self._top(values(words, "--selector", "-l"), head="--no-headers" not in words)
            case ["get", kinds] if (spec := "".join(values(words, "--output", "-o"))).startswith(listed.COLUMNS):
                return listed.columns(self.namespace, kinds, spec, head="--no-headers" not in words), 0
            case ["get", "hpa", name] if "ScalingActive" in " ".join(words):
                known = self.namespace.autoscalers.known.get(name)
                return (known.reason, 0) if known else (f'Error from server (NotFound): "{name}" not found', 1)
            case ["drain", name]:
                self.estate.site.nodes.drain(name)
                return f"node/{name} drained", 0
            case ["cordon" | "uncordon" as how, name]:
                self.estate.site.nodes.cordon(name, on=how == "cordon")
                return f"node/{name} {how}ed", 0
        return None

    def _status(self, name: str) -> Said:
        """It waits until the last version is there, or its deadline has passed."""
        known = self.namespace.owned.get(name)
        while known and not known.complained and not self.namespace.rolled_out(known):
            self.estate.clock.sleep(0.5)
        if known is None or known.complained:
            return f'error: deployment "{name}" exceeded its progress deadline', 1
        return f'deployment "{name}" successfully rolled out', 0

    def _name(self, named: list[str]) -> str:
        """`deployment web` or `deployment/web`."""
        return named[-1].rpartition("/")[2]

    def _top(self, selectors: list[str], *, head: bool) -> Said:
        if not figures.known(self.estate):
            return "error: Metrics API not available", 1
        wanted = {(name, value) for one in selectors for name, _, value in (p.partition("=") for p in one.split(","))}
        chosen = [c for c in self.estate.copies if wanted <= set(c.labels)]
        found = figures.of_pods(self.estate, chosen)
        if not found:
            return "error: metrics not available yet", 1
        title = ["NAME CPU(cores) MEMORY(bytes)"] if head else []
        return "\n".join([*title, *(f"{name} {f.cpu * 1000:.0f}m 15Mi" for name, f in found.items())]), 0

    def _delete(self, named: list[str], files: list[Path], words: list[str]) -> Said:
        what, _, name = named[0].partition("/") if named else ("", "", "")
        of = [(kind(one), one.name) for file in files for one in manifests.objects(file)]
        of = of or [(what, one) for one in ([name] if name else named[1:])]
        grace_s = [float(v) for v in values(words, "--grace-period")]
        for what, name in of:
            if not self.namespace.delete(what.lower().removesuffix("s"), name, *grace_s):
                return f'Error from server (NotFound): {what} "{name}" not found', 1
        names = {name for _, name in of}
        while "--wait=false" not in words and any(c.name in names and c.terminating for c in self.estate.copies):
            self.estate.clock.sleep(0.2)  # kubectl waits until it is gone
        return "\n".join(f'{what} "{name}" deleted' for what, name in of), 0

    def signal(self, copy: Copy, how: str) -> None:
        self.namespace.signal(copy, how)

    def end(self, copy: Copy, code: int) -> None:
        self.namespace.pods.runtime.end(copy, code)

    def remove(self, copy: Copy) -> None:
        self.namespace.pods.delete(copy, at_once=True)

    def replace(self, copy: Copy) -> None:
        self.remove(copy)
        if copy.owner not in self.namespace.owned:
            self.namespace.pods.create(Workload("Pod", copy.owner, copy.container), copy.container, copy.name)

    def more(self, n: int) -> None:
        for name, known in self.namespace.owned.items():
            self.namespace.set_number(name, known.workload.n + n)

    def host_lost(self, name: str) -> None:
        by_wait: dict[float, None] = {o.workload.toleration_s: None for o in self.namespace.owned.values()} or {
            300.0: None
        }
        for wait_s in by_wait:
            self.estate.after(wait_s, lambda: self.evict(name) if self.estate.site.nodes.lost(name) else None)

    def evict(self, name: str) -> None:
        self.namespace.evict(name)

    def host_begins(self, name: str) -> None:
        for copy in [c for c in self.estate.copies if c.node == name]:
            self.namespace.pods.runtime.end(copy, 137)


def kind(one: object) -> str:
    return str(getattr(one, "kind", "service"))
