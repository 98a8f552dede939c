"""What a check looks at: certificates, the disk, versions, each in the files of a node."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from live_engine import Node, run_down
from node_folders import NOW, Maker, OpenNode
from sqlalchemy import text

from tocsin import __version__, limits
from tocsin.node.store import migration
from tocsin.node.upkeep.check import Line, Result, fails, judged
from tocsin.node.upkeep.check_facts import CertificateFacts
from tocsin.node.upkeep.check_gather import gather

DAY = timedelta(days=1)
EVERYTHING = """
[api]
certificate = "api.pem"
key = "api.key"
client_authority = "clients.pem"
[[syslog]]
listen = "127.0.0.1:6514"
protocol = "tls"
certificate = "syslog.pem"
key = "api.key"
client_authority = "senders.pem"
[[syslog]]
listen = "127.0.0.1:6515"
protocol = "tls"
certificate = "syslog.pem"
key = "api.key"
"""


def certificate(begin: datetime, end: datetime) -> bytes:
    key, name = generate_private_key(SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "n")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    return made.not_valid_before(begin).not_valid_after(end).sign(key, SHA256()).public_bytes(Encoding.PEM)


def told(node: OpenNode, name: str) -> list[Line]:
    return [line for line in judged(gather(node.folder, NOW)) if line.name == name]


@pytest.fixture
def certified(make_node: Maker) -> OpenNode:
    """A node with a good certificate wherever one can be named."""
    node = make_node(EVERYTHING)
    for name in ("api", "clients", "syslog", "senders"):
        (node.folder.path / f"{name}.pem").write_bytes(certificate(NOW - DAY, NOW + 90 * DAY))
    return node


def test_each_certificate_and_authority_that_is_named_is_looked_at_once(certified: OpenNode) -> None:
    found = told(certified, "tls")
    assert [line.result for line in found] == [Result.PASS] * 4
    for line, name in zip(found, ("api", "clients", "syslog", "senders"), strict=True):
        assert str(certified.folder.path / f"{name}.pem") in line.seen


@pytest.mark.parametrize("name", ["api", "clients", "syslog", "senders"])
def test_one_that_is_over_fails_and_names_its_file(certified: OpenNode, name: str) -> None:
    file = certified.folder.path / f"{name}.pem"
    file.write_bytes(certificate(NOW - 9 * DAY, NOW - DAY))
    (failed,) = (line for line in told(certified, "tls") if line.result is Result.FAIL)
    assert str(file) in failed.seen and str(file) in failed.advice
    for content in (b"no certificate", b""):
        file.write_bytes(content)
        (failed,) = (line for line in told(certified, "tls") if line.result is Result.FAIL)
        assert failed.seen == f"{file} cannot be read as a certificate."


def test_of_several_in_a_file_the_earliest_end_counts(make_node: Maker) -> None:
    node = make_node('[api]\ncertificate = "chain.pem"\nkey = "api.key"\n')
    ends = (NOW + 90 * DAY, NOW + 3 * DAY, NOW + 400 * DAY)
    begins = (NOW - 3 * DAY, NOW - 2 * DAY, NOW - 9 * DAY)
    chain = b"".join(map(certificate, begins, ends))
    (node.folder.path / "chain.pem").write_bytes(chain)
    file = str(node.folder.path / "chain.pem")
    assert gather(node.folder, NOW).certificates == (CertificateFacts(file, NOW - 2 * DAY, NOW + 3 * DAY),)


def test_original_lines_and_the_journal_count_on_the_disk(make_node: Maker) -> None:
    node = make_node("[lake]\njournal_gib = 0.5\n")
    for number in range(9):
        file = node.folder.path / "raw" / "ab" / f"{number}.log.zst"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes(100 + number))
        os.utime(file, ((NOW - number * DAY).timestamp(),) * 2)
    waiting = node.folder.journal / "s" / "00000001.log"
    waiting.parent.mkdir(parents=True)
    waiting.write_bytes(bytes(77))
    facts = gather(node.folder, NOW)
    assert (facts.disk.raw, facts.disk.raw_daily) == (936, (106, 105, 104, 103, 102, 101, 100))
    assert (facts.disk.journal, facts.journal_most, facts.keep_raw) == (77, limits.GIB // 2, True)
    (line,) = told(node, "disk")
    assert "original lines 936 B" in line.seen and "at 103 B a day" in line.seen


def test_what_a_node_was_sent_counts_in_the_lake_and_as_original_lines(make_node: Maker) -> None:
    node = make_node()
    live = Node(node.folder.path)
    live.push(b"".join(b'{"ts":1795426200.5,"uid":"C%d","query":"h.example"}\n' % number for number in range(120)))
    with live.engine() as engine:
        run_down(engine)
    disk = gather(node.folder, NOW).disk
    assert disk.lake > 0 and disk.raw + disk.journal > 0


def test_the_versions_are_those_of_the_data(make_node: Maker) -> None:
    node = make_node()
    live = Node(node.folder.path)
    with live.engine() as engine:
        run_down(engine)
    (line,) = told(node, "versions")
    assert line.result is Result.PASS
    assert f"Tocsin {__version__}" in line.seen and f"state {migration.newest()}, lake 2" in line.seen


@pytest.mark.parametrize(("version", "advice"), [("0001", "node upgrade"), ("9999", "newer Tocsin")])
def test_a_state_of_another_version_fails_and_is_told(make_node: Maker, version: str, advice: str) -> None:
    node = make_node()
    with node.store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    (line,) = told(node, "versions")
    assert line.result is Result.FAIL and fails([line])
    assert f"state {version}" in line.seen and advice in line.advice


def test_data_that_cannot_be_opened_has_no_version_and_is_told_in_its_own_line(
    make_node: Maker, tmp_path: Path
) -> None:
    node = make_node(f'[state]\nurl = "sqlite:///{tmp_path}/state"\n')
    node.store.close()
    (tmp_path / "state").unlink()
    (tmp_path / "state").write_bytes(b"no database" * 100)
    node.folder.lake.mkdir()
    (node.folder.lake / "catalog.sqlite").write_bytes(b"no database" * 100)
    (line,) = told(node, "versions")
    assert line.result is Result.PASS and "state" not in line.seen and "lake" not in line.seen
    problems = [part for part, _ in gather(node.folder, NOW).problems if part != "keys"]
    assert problems == ["state database", "incident history", "lake"]
