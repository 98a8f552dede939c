"""Nothing is reached but what the configuration names."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import ConfigError
from tocsin.node.service.config import Config, NotifyTable, StateTable
from tocsin.node.upkeep.outbound import Destination, allowed, destinations, is_local

TEXT = """
[notify]
webhook = "https://hooks.example/T0/secret"
[witness]
syslog = "udp://log.example:514"
[openid]
issuer = "https://login.example:8443/realm"
client_id = "tocsin"
secret_file = "keys/openid"
redirect_uri = "https://node.example/api/v1/openid/callback"
[state]
url = "postgresql+psycopg://tocsin@db.example/tocsin"
"""

INSIDE = r"""
import asyncio, json, socket, sys
from tocsin.errors import Denied
from tocsin.node.upkeep.outbound import Destination, install

port = int(sys.argv[1])
guard = install([Destination("hooks.example", 443, "webhook"), Destination("198.51.100.7", 514, "witness")])
found = {}

def tried(name, work):
    try:
        work()
        found[name] = "done"
    except Denied as error:
        found[name] = "refused" if error.advice() else "refused without advice"
    except OSError:
        found[name] = "let through"  # there is no such host or route: the guard did not object

def connect(address, family=socket.AF_INET):
    with socket.socket(family) as s:
        s.settimeout(0.2)
        s.connect(address)

def send(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"x", address)

tried("loopback", lambda: connect(("127.0.0.1", port)))
tried("unix", lambda: connect("/nowhere", socket.AF_UNIX))
tried("loopback by name", lambda: socket.getaddrinfo("localhost", port))
tried("other address", lambda: connect(("192.0.2.1", 443)))
tried("other IPv6 address", lambda: connect(("2001:db8::1", 443), socket.AF_INET6))
tried("other name", lambda: socket.getaddrinfo("example.com", 443))
tried("other name, old way", lambda: socket.gethostbyname("example.com"))
tried("name of an address", lambda: socket.gethostbyaddr("other.example"))
tried("datagram", lambda: send(("192.0.2.1", 514)))
tried("other port", lambda: connect(("198.51.100.7", 80)))
tried("create_connection", lambda: socket.create_connection(("example.com", 443), 0.2))
tried("asyncio", lambda: asyncio.run(asyncio.open_connection("192.0.2.1", 443)))

import httpx
tried("httpx", lambda: httpx.get("http://192.0.2.1/", trust_env=False, timeout=0.2))
found["refused"] = guard.refused

from tocsin.node.upkeep import outbound
outbound._getaddrinfo = lambda *a, **k: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.9", 443)),
                                         (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("203.0.113.9", 443))]
socket.getaddrinfo("hooks.example", 443)
found["looked up"] = sorted(guard.looked_up)
install([])
found["after another list"] = [len(guard.looked_up), len(guard.listed)]
print(json.dumps(found))
"""


def test_the_list_is_what_the_configuration_names_without_its_secrets() -> None:
    listed = destinations(_config(TEXT))
    assert [str(each) for each in listed] == [
        "db.example:5432 (state database)",
        "hooks.example:443 (webhook)",
        "log.example:514 (witness)",
        "login.example:8443 (OpenID Connect issuer)",
    ]
    assert "secret" not in repr(listed)


def _config(text: str) -> Config:
    import tomllib

    import msgspec

    return msgspec.convert(tomllib.loads(text), Config)


def test_a_node_without_configuration_reaches_nobody() -> None:
    assert destinations(Config()) == ()
    socket_url = "postgresql+psycopg://tocsin@/tocsin?host=/var/run/postgresql"
    assert destinations(Config(state=StateTable(socket_url))) == ()


@pytest.mark.parametrize("url", ["hooks.example", "ftp://hooks.example", "https://", "https://h:port/", "http://[::1"])
def test_a_webhook_that_is_no_web_address_is_told(url: str) -> None:
    with pytest.raises(ConfigError):
        destinations(Config(notify=NotifyTable(webhook=url)))


def test_a_name_is_allowed_at_its_port_only() -> None:
    listed = (Destination("hooks.example", 443, "webhook"),)
    assert allowed(listed, "HOOKS.example.", 443)
    assert not allowed(listed, "hooks.example", 80)
    assert not allowed(listed, "evil.hooks.example", 443)
    assert not allowed(listed, "hooks.example.evil", 443)


@given(st.ip_addresses())
def test_only_the_machine_itself_is_local(address: object) -> None:
    local = bool(address.is_loopback or address.is_unspecified)  # type: ignore[attr-defined]
    mapped = getattr(address, "ipv4_mapped", None)
    assert is_local(str(address)) is (local or bool(mapped and (mapped.is_loopback or mapped.is_unspecified)))


def test_local_addresses_hidden_in_others_are_seen() -> None:
    assert is_local("::ffff:127.0.0.1") and is_local("localhost.") and is_local("0.0.0.0")
    assert not is_local("::ffff:192.0.2.1") and not is_local("127.0.0.1.example")


def test_the_guard_refuses_everything_else_in_a_process() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-c", INSIDE, port], capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("looked up") == [["127.0.0.9", 443], ["203.0.113.9", 443]]
    assert found.pop("after another list") == [0, 0]
    open_ways = {"loopback": "done", "unix": "let through", "loopback by name": "done"}
    refused = found.pop("refused")
    assert {name: found.pop(name) for name in open_ways} == open_ways
    assert set(found.values()) == {"refused"}, found
    assert refused == len(found) == 10
