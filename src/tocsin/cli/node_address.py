"""Which node the command line speaks to.

Rules:
1. `--node`, else `$TOCSIN_NODE_URL`, else the node whose folder is `$TOCSIN_NODE`, else this machine's usual port.
2. A password and a session never travel in clear: without TLS only this machine is spoken to.
"""

import ipaddress
import os
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from tocsin.errors import UsageError

USUAL = "http://127.0.0.1:8765"
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # a node that listens on all addresses is also here
_PORTS = {"http": 80, "https": 443}
_FORM = "Write it like https://tocsin.example:8765."


def node_url(given: str | None) -> str:
    """The address of the node, without a slash at its end. Raises UsageError. Rule 1."""
    folder = os.environ.get("TOCSIN_NODE")
    named = given or os.environ.get("TOCSIN_NODE_URL") or (of_folder(Path(folder)) if folder else USUAL)
    return checked(named)


def asks_node(node: str | None, lake: Path | None, rescue: bool) -> bool:
    """Whether a command on a lake asks a node for it: one is named here or by the environment, and no lake is.

    UsageError where both are named.
    """
    if node is not None and lake is not None:
        raise UsageError("--lake and --node are two places", "Name one of them.")
    named = os.environ.get("TOCSIN_NODE_URL") or os.environ.get("TOCSIN_NODE")
    return node is not None or (lake is None and not rescue and bool(named))


def checked(text: str) -> str:
    """The address in its plain form; UsageError for one that cannot be a node's. Rule 2.

    >>> checked("HTTPS://Tocsin.example/")
    'https://tocsin.example'
    """
    parts = _parts(text)
    host = parts.hostname or ""
    if parts.scheme == "http" and not _is_here(host):
        raise UsageError(f"{text} is not this machine and has no TLS", "Use its https:// address.")
    shown = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{shown}{port}"


def of_folder(path: Path) -> str:
    """The address of the node in a folder, by its configuration; its port by its own word where that is any."""
    from tocsin.node.service.config import NodeFolder, load_config
    from tocsin.node.service.part import SERVER, read_state

    folder = NodeFolder(path)
    api = load_config(folder.config).api
    port = api.port or read_state(folder, SERVER).get("port", 0)
    if not port:
        raise UsageError(f"the node in {path} has not said its port", "Start it with `tocsin node run`.")
    host = api.names[0] if api.names and api.certificate else _EVERYWHERE.get(api.host, api.host)
    return f"{'https' if api.certificate else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _parts(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        known = parts.scheme in _PORTS and parts.hostname and (parts.port is None or parts.port)
    except ValueError as error:
        raise UsageError(f"{text} is no address of a node", _FORM) from error
    if not known or parts.username or parts.password or parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageError(f"{parts.scheme}://{parts.hostname or ''} is no address of a node", _FORM)
    return parts


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
