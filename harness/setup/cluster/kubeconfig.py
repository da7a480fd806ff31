"""Reads a kubeconfig as the Kubernetes client does: contexts, client certificates, tokens, exec plugins, proxies."""

from __future__ import annotations

import sys
import tempfile
import threading
from importlib import util
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from urllib3.util.ssl_ import create_urllib3_context

from harness.model.errors import Problem
from harness.model.project import NAME

if TYPE_CHECKING:
    from pathlib import Path

CONNECTIONS = 64
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_one_at_a_time = threading.Lock()


def opened(kubeconfig: Path) -> tuple[Any, Any]:
    """The client's configuration and its connection pool; a Problem if the file cannot be used."""
    # Certificates are files for a moment, since ssl takes nothing else, and the client keeps a list of them.
    with _one_at_a_time, tempfile.TemporaryDirectory(prefix=f"{NAME}-") as folder:
        configuration, rest, loading = _sdk()
        settings = configuration.Configuration()
        try:
            loading.load_kube_config(
                config_file=str(kubeconfig),
                client_configuration=settings,
                persist_config=False,
                temp_file_path=folder,
            )
            settings.connection_pool_maxsize, settings.retries = CONNECTIONS, False
            if urlsplit(settings.host).hostname in _LOOPBACK:
                settings.proxy = None  # as kubectl has it, whatever HTTP_PROXY says
            pool = rest.RESTClientObject(settings).pool_manager
            _take_certificates(settings, pool)
        except Exception as error:  # the client lets what YAML, base64, ssl and its plugins raise through
            seen = " ".join(str(error).split()) or type(error).__name__
            fix = f"kubectl --kubeconfig {kubeconfig} get nodes"
            raise Problem(f"Reading the kubeconfig {kubeconfig}", seen, fix) from error
        finally:
            loading._cleanup_temp_files()  # noqa: SLF001  (else the next one to be opened is given files that are gone)
    return settings, pool


def _take_certificates(settings: Any, pool: Any) -> None:
    """Into memory, once for all connections."""
    options = pool.connection_pool_kw
    context = create_urllib3_context(cert_reqs=options["cert_reqs"])
    if settings.ssl_ca_cert:
        context.load_verify_locations(settings.ssl_ca_cert)
    else:
        context.load_default_certs()
    if settings.cert_file:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    for name in ("ca_certs", "cert_file", "key_file"):
        options.pop(name, None)
    options["ssl_context"] = context


def _sdk() -> tuple[Any, Any, Any]:
    """The three modules that are needed. Importing all of `kubernetes` takes 0.4 s, these take 0.05.

    Its packages import everything that is in them, some 860 modules, so they stand empty while the three are loaded.
    """
    empty = [name for name in ("kubernetes", "kubernetes.client") if name not in sys.modules]
    try:
        for name in empty:
            spec = util.find_spec(name)
            if spec is None:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            sys.modules[name] = util.module_from_spec(spec)
        from kubernetes.client import configuration, rest

        if "kubernetes.client" in empty:
            package: Any = sys.modules["kubernetes.client"]
            package.Configuration, package.ApiClient = configuration.Configuration, None
        from kubernetes.config import kube_config
    finally:
        for name in empty:
            sys.modules.pop(name, None)  # who imports it after us gets the whole
    return configuration, rest, kube_config
