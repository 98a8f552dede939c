"""A real server on loopback against clients that hold back, send too much, or come in crowds."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from tocsin import clock
from tocsin.errors import ConfigError
from tocsin.node.api.bounds import Bounds
from tocsin.node.api.protocol import PEER
from tocsin.node.api.server import ApiServer, ServerSettings, Tls, tls_context

SMALL = Bounds(
    connections=4, connections_of_one_address=3, headers=10, header_bytes=2_000, header_seconds=0.3, idle_seconds=0.4,
    body_seconds=0.3, body_bytes_per_second=1_000, write_seconds=0.3, tls_seconds=0.3,
)  # fmt: skip
BIG = 20_000_000
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


async def app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
    """Tells the length of the body, or who the peer is; answers long or reads late where it is asked to."""
    request = Request(scope, receive)
    if scope["path"] == "/long":
        await Response(bytes(BIG))(scope, receive, send)
    elif scope["path"] == "/peer":
        peer = scope.get("extensions", {}).get(PEER, {}).get("certificate", b"")
        await Response(peer)(scope, receive, send)
    elif scope["path"] == "/refuse":
        await Response(status_code=403)(scope, receive, send)
    else:
        if scope["path"] == "/late":
            await asyncio.sleep(1)
        body = await request.body()
        await StreamingResponse(iter([str(len(body))]))(scope, receive, send)


@contextmanager
def serving(settings: ServerSettings) -> Iterator[int]:
    server = ApiServer(app, settings)
    port = server.bind()
    ready, loops = threading.Event(), []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve(ready.set)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(10)
    try:
        yield port
    finally:
        loops[0].call_soon_threadsafe(server.stop)
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(ServerSettings(bounds=SMALL)) as port:
        yield port


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        yield client


def rest(client: socket.socket) -> bytes:
    """All that comes until the server closes."""
    found = bytearray()
    try:
        while part := client.recv(65_536):
            found += part
    except ConnectionError:
        found += b"<cut off>"
    return bytes(found)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_an_honest_request_is_answered(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        assert client.post("/", content=b"x" * 100_000).text == "100000"
        assert client.get("/").text == "0"
        assert "server" not in client.get("/").headers


def test_a_body_in_chunks_is_read_whole(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        assert client.post("/", content=(b"x" * 10 for _ in range(1_000))).text == "10000"


def test_headers_that_come_drop_by_drop_are_not_waited_for(port: int) -> None:
    with connected(port) as client:
        begun = time.monotonic()
        client.sendall(GET)
        answer = b""
        for _ in range(50):
            try:
                client.sendall(b"X: 1\r\n")
            except ConnectionError:
                break
            client.settimeout(0.05)
            try:
                answer += client.recv(1_000)
                break
            except TimeoutError:
                continue
        assert time.monotonic() - begun < 5
        assert status(answer) == 408


def test_a_connection_that_says_nothing_is_closed(port: int) -> None:
    with connected(port) as client:
        begun = time.monotonic()
        assert rest(client) == b""
        assert time.monotonic() - begun < 5


def test_a_connection_that_is_kept_open_for_nothing_is_closed(port: int) -> None:
    with connected(port) as client:
        client.sendall(GET + b"\r\n")
        answer = rest(client)
        assert status(answer) == 200
        assert answer.count(b"HTTP/1.1") == 1


def test_empty_lines_do_not_keep_a_connection(port: int) -> None:
    with connected(port) as client:
        begun = time.monotonic()
        client.sendall(b"\r\n")
        assert b"408" in rest(client)
        assert time.monotonic() - begun < 5


def test_a_body_that_comes_drop_by_drop_is_not_waited_for(port: int) -> None:
    with connected(port) as client:
        begun = time.monotonic()
        client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nxxx")
        assert status(rest(client)) == 408
        assert time.monotonic() - begun < 5


def test_a_node_that_reads_late_does_not_blame_the_client(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        assert client.post("/late", content=bytes(5_000_000)).text == "5000000"


@pytest.mark.parametrize(
    "head",
    [
        GET + b"X: " + b"a" * 5_000 + b"\r\n\r\n",
        GET + b"".join(b"X%d: 1\r\n" % number for number in range(20)) + b"\r\n",
        b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        GET + b"X: " + b"a" * 3_000,
    ],
)
def test_a_head_over_a_bound_is_refused(port: int, head: bytes) -> None:
    with connected(port) as client:
        client.sendall(head)
        assert status(rest(client)) == 431


def test_trailers_and_chunk_sizes_are_bounded(port: int) -> None:
    for flood in (b"0\r\nX: " + b"a" * 200_000, b"1;" + b"a" * 200_000):
        with connected(port) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            time.sleep(0.1)
            try:
                client.sendall(flood)
                answer = rest(client)
            except ConnectionError:
                answer = b"<cut off>"
            assert b"400" in answer or b"cut off" in answer


def test_a_body_that_goes_on_after_its_answer_is_cut(port: int) -> None:
    with connected(port) as client:
        client.sendall(b"POST /refuse HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000000\r\n\r\n")
        with pytest.raises(ConnectionError):
            for _ in range(1_000):
                client.sendall(bytes(100_000))


def test_what_is_no_http_is_refused(port: int) -> None:
    for nonsense in (b"\x16\x03\x01\x00\xa5", b"HELP\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"):
        with connected(port) as client:
            client.sendall(nonsense)
            assert status(rest(client)) in {400, 408}


def test_two_lengths_are_no_way_to_smuggle_a_request(port: int) -> None:
    smuggled = (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x"
    )
    with connected(port) as client:
        client.sendall(smuggled)
        assert status(rest(client)) == 400


def test_an_upgrade_is_not_spoken(port: int) -> None:
    with connected(port) as client:
        client.sendall(GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert status(rest(client)) == 200


def test_a_client_that_takes_nothing_of_a_long_answer_is_cut_off(port: int) -> None:
    with connected(port) as client:
        client.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(1.5)
        assert len(rest(client)) < BIG


def test_requests_right_behind_one_another_are_answered_in_order(port: int) -> None:
    with connected(port) as client:
        client.sendall((GET + b"\r\n") * 3)
        assert rest(client).count(b"HTTP/1.1 200") == 3


def test_too_many_connections_are_turned_away_and_the_others_stay(port: int) -> None:
    time.sleep(0.6)  # those of other tests are gone
    crowd = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(SMALL.connections_of_one_address)]
    with connected(port) as client:
        assert status(rest(client)) == 503
    crowd[0].sendall(GET + b"Connection: close\r\n\r\n")
    assert status(rest(crowd[0])) == 200
    for each in crowd:
        each.close()


def test_all_addresses_together_are_bounded() -> None:
    with serving(ServerSettings(bounds=Bounds(connections=2, connections_of_one_address=2))) as port:
        crowd = []
        for last in (2, 3):
            each = socket.socket()
            each.bind((f"127.0.0.{last}", 0))
            each.connect(("127.0.0.1", port))
            crowd.append(each)
        time.sleep(0.1)
        with connected(port) as client:
            assert status(rest(client)) == 503
        for each in crowd:
            each.close()


def test_nothing_but_loopback_is_bound_without_tls() -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "node.example"):
        with pytest.raises(ConfigError) as told:
            ApiServer(app, ServerSettings(host))
        assert told.value.advice()
    for host in ("127.0.0.1", "::1", "localhost"):
        ApiServer(app, ServerSettings(host))


def test_a_port_that_is_taken_is_told_with_advice(port: int) -> None:
    with pytest.raises(ConfigError) as told:
        ApiServer(app, ServerSettings(port=port)).bind()
    assert told.value.advice()


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    (folder / f"{name}.pem").write_bytes(made.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{name}.key").write_bytes(private)
    return folder / f"{name}.pem", folder / f"{name}.key"


def _context(server: Path, client: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(server))
    if client is not None:
        context.load_cert_chain(*client)
    return context


def test_over_tls_the_peers_certificate_reaches_the_application(tmp_path: Path) -> None:
    node, sensor = _certificate(tmp_path, "node"), _certificate(tmp_path, "sensor")
    with serving(ServerSettings(tls=Tls(*node, client_ca=sensor[0]), bounds=SMALL)) as port:
        url = f"https://localhost:{port}"
        with httpx.Client(verify=_context(node[0], sensor), base_url=url) as client:
            assert x509.load_der_x509_certificate(client.get("/peer").content).subject.rfc4514_string() == "CN=sensor"
        with httpx.Client(verify=_context(node[0]), base_url=url) as client:
            assert client.get("/peer").content == b""
        with httpx.Client(verify=_context(node[0], node), base_url=url) as client, pytest.raises(httpx.HTTPError):
            client.get("/peer")


def test_where_certificates_are_needed_nobody_comes_without(tmp_path: Path) -> None:
    node, sensor = _certificate(tmp_path, "node"), _certificate(tmp_path, "sensor")
    tls = Tls(*node, client_ca=sensor[0], clients_need_certificate=True)
    with serving(ServerSettings(tls=tls, bounds=SMALL)) as port:
        url = f"https://localhost:{port}"
        with httpx.Client(verify=_context(node[0]), base_url=url) as client, pytest.raises(httpx.HTTPError):
            client.get("/peer")
        with httpx.Client(verify=_context(node[0], sensor), base_url=url) as client:
            assert client.get("/peer").content


def test_old_tls_and_no_tls_are_refused(tmp_path: Path) -> None:
    node = _certificate(tmp_path, "node")
    assert tls_context(Tls(*node)).minimum_version is ssl.TLSVersion.TLSv1_2
    with serving(ServerSettings(tls=Tls(*node), bounds=SMALL)) as port:
        with httpx.Client() as client, pytest.raises(httpx.HTTPError):
            client.get(f"http://localhost:{port}/")
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = _context(node[0])
            context.minimum_version = context.maximum_version = version
            with httpx.Client(verify=context) as client:
                assert client.get(f"https://localhost:{port}/").text == "0"


def test_a_handshake_that_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    node = _certificate(tmp_path, "node")
    with serving(ServerSettings(tls=Tls(*node), bounds=SMALL)) as port, connected(port) as client:
        begun = time.monotonic()
        client.sendall(b"\x16\x03\x01")
        rest(client)
        assert time.monotonic() - begun < 5


def test_a_certificate_that_cannot_be_read_is_told_with_advice(tmp_path: Path) -> None:
    node = _certificate(tmp_path, "node")
    for tls in (Tls(tmp_path / "none", node[1]), Tls(node[1], node[0]), Tls(*node, client_ca=tmp_path / "none")):
        with pytest.raises(ConfigError) as told:
            ApiServer(app, ServerSettings(tls=tls))
        assert told.value.advice()
