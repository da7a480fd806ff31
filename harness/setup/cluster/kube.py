"""Plain questions to a cluster's API server. The whole Kubernetes client takes 2 s to import; these take none."""

from __future__ import annotations

import base64
import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import urllib3
import yaml

if TYPE_CHECKING:
    from pathlib import Path


class Silent(Exception):
    """The API server gave no answer to use: not there, not in time, or not yet."""


@dataclass(frozen=True, slots=True)
class Api:
    """A cluster's API server, with the rights of its administrator."""

    server: str
    pool: urllib3.PoolManager

    @staticmethod
    def of(kubeconfig: Path) -> Api:
        """Read our own kubeconfig; its client certificate is kept beside it, since ssl takes files only."""
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        pair = kubeconfig.with_name("client.pem")
        parts = [base64.b64decode(user[f"client-{part}-data"]).decode() for part in ("certificate", "key")]
        write_private(pair, "".join(parts))
        context.load_cert_chain(pair)
        return Api(cluster["server"], urllib3.PoolManager(ssl_context=context, retries=False))

    def get(self, path: str, *, within_s: float = 2.0) -> Any:
        return self._ask("GET", path, within_s)

    def _ask(self, method: str, path: str, within_s: float) -> Any:
        try:
            answer = self.pool.request(method, self.server + path, timeout=urllib3.Timeout(total=within_s))
        except urllib3.exceptions.HTTPError as error:
            raise Silent(f"{path}: {type(error).__name__}") from error
        text = answer.data.decode(errors="replace")
        if answer.status != 200:
            raise Silent(f"{path}: HTTP {answer.status} {text[:120].strip()}")
        return json.loads(text) if "json" in answer.headers.get("content-type", "") else text


def write_private(path: Path, text: str) -> None:
    """Write a file that only we can read, whole or not at all."""
    half = path.with_name(f".{path.name}.half")
    half.touch(mode=0o600)
    half.chmod(0o600)
    half.write_text(text)
    half.replace(path)
