"""Logging in through an issuer: a small one on loopback that speaks the real protocol, and its hostile variants."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from api_clients import Api, api_of
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey, OctKey
from openid_simulator import CLIENT, CLIENT_SECRET, REDIRECT, Simulator
from people_desk import Wall

from tocsin import limits
from tocsin.errors import ConfigError, Denied
from tocsin.ledger.entry import Kind
from tocsin.node.people import account_changes
from tocsin.node.people.accounts import Role
from tocsin.node.people.desk import Desk
from tocsin.node.people.issuer import Issuer
from tocsin.node.people.openid import COOKIE
from tocsin.node.people.openid_settings import OpenIdSettings
from tocsin.node.store import ledger
from tocsin.node.store import people as rows


@pytest.fixture
def simulator(wall: Wall) -> Iterator[Simulator]:
    simulator = Simulator(wall.now)
    yield simulator
    simulator.close()


@pytest.fixture
def issuer(simulator: Simulator) -> Iterator[Issuer]:
    issuer = Issuer(OpenIdSettings(simulator.issuer, CLIENT, CLIENT_SECRET, REDIRECT))
    yield issuer
    issuer.close()


def through(simulator: Simulator, issuer: Issuer) -> str:
    address, _ = issuer.begin()
    brought = simulator.authorise(address)
    return issuer.finish(brought["state"], brought["code"])


def test_who_logs_in_at_the_issuer_is_named(simulator: Simulator, issuer: Issuer) -> None:
    assert simulator.asked == []
    assert through(simulator, issuer) == "ada@examplia"
    assert through(simulator, issuer) == "ada@examplia"
    assert simulator.asked.count("/realm/keys") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"}, {"aud": "another"}, {"nonce": "another"}, {"nonce": None}, {"exp": 1},
        {"exp": None},
        {"iat": 99_999_999_999}, {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "x" * 500}, {"amr": ["pwd"]},
        {"amr": None},
        {"amr": "mfa"}, {"aud": ["tocsin node", "other"], "azp": "other"}, {"at_hash": "wrong"},
    ],
)  # fmt: skip
def test_a_token_that_does_not_fit_is_refused(simulator: Simulator, issuer: Issuer, changed: dict[str, Any]) -> None:
    simulator.changed = changed
    with pytest.raises(Denied):
        through(simulator, issuer)


def test_a_token_of_another_key_or_a_symmetric_one_is_refused(simulator: Simulator, issuer: Issuer) -> None:
    for key in (
        ECKey.generate_key("P-256", {"kid": "1"}),
        OctKey.import_key(CLIENT_SECRET * 8, {"kid": "1", "kty": "oct"}),
    ):
        simulator.sign_with = key
        with pytest.raises(Denied):
            through(simulator, issuer)


def test_new_keys_of_the_issuer_are_fetched(simulator: Simulator, issuer: Issuer) -> None:
    through(simulator, issuer)
    simulator.key = ECKey.generate_key("P-256", {"kid": "2", "use": "sig"})
    assert through(simulator, issuer) == "ada@examplia"


def test_a_state_counts_once_and_not_for_long(simulator: Simulator, issuer: Issuer, wall: Wall) -> None:
    brought = simulator.authorise(issuer.begin()[0])
    issuer.finish(brought["state"], brought["code"])
    with pytest.raises(Denied):
        issuer.finish(brought["state"], brought["code"])
    late = simulator.authorise(issuer.begin()[0])
    wall.turn(seconds=limits.OPENID_PENDING_SECONDS + 1)
    with pytest.raises(Denied):
        issuer.finish(late["state"], late["code"])
    with pytest.raises(Denied):
        issuer.finish("invented", "code")


def test_a_stolen_code_is_of_no_use_without_its_verifier(simulator: Simulator, issuer: Issuer) -> None:
    stolen, own = (simulator.authorise(issuer.begin()[0]) for _ in range(2))
    with pytest.raises(Denied):
        issuer.finish(own["state"], stolen["code"])


def test_begun_logins_are_bounded(simulator: Simulator, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OPENID_PENDING", 2)
    begun = [simulator.authorise(issuer.begin()[0]) for _ in range(3)]
    with pytest.raises(Denied):
        issuer.finish(begun[0]["state"], begun[0]["code"])
    issuer.finish(begun[2]["state"], begun[2]["code"])


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example"}, {"jwks_uri": "http://127.0.0.1:1/keys"}, {"jwks_uri": None},
        {"jwks_uri": "file:///etc/passwd"}, {"jwks_uri": "http://localhost/realm/keys"},
    ],
)  # fmt: skip
def test_an_issuer_that_points_elsewhere_is_refused(
    simulator: Simulator, issuer: Issuer, metadata: dict[str, Any]
) -> None:
    simulator.metadata = metadata
    with pytest.raises(Denied):
        issuer.begin()


def test_a_token_endpoint_elsewhere_is_not_called(simulator: Simulator, issuer: Issuer) -> None:
    simulator.metadata = {"token_endpoint": "http://127.0.0.1:1/token"}
    with pytest.raises(Denied) as told:
        through(simulator, issuer)
    assert "another origin" in str(told.value)


def test_an_answer_that_is_too_long_is_not_read(simulator: Simulator, issuer: Issuer) -> None:
    simulator.pad = limits.OPENID_ANSWER_BYTES
    with pytest.raises(Denied):
        issuer.begin()


def test_an_issuer_that_does_not_answer_is_told(simulator: Simulator) -> None:
    for address in ("http://127.0.0.1:1", simulator.issuer + "/none"):
        gone = Issuer(OpenIdSettings(address, CLIENT, CLIENT_SECRET, REDIRECT))
        with pytest.raises(Denied):
            gone.begin()
        gone.close()


def test_an_issuer_is_trusted_as_far_as_the_machine_trusts_it(
    wall: Wall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = _certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    simulator = Simulator(wall.now, tls)
    strange = Issuer(OpenIdSettings(simulator.issuer, CLIENT, CLIENT_SECRET, REDIRECT))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # where OpenSSL looks for the machine's authorities
    trusted = Issuer(OpenIdSettings(simulator.issuer, CLIENT, CLIENT_SECRET, REDIRECT))
    try:
        with pytest.raises(Denied):
            strange.begin()
        assert trusted.begin()[0].startswith(simulator.issuer)
    finally:
        strange.close()
        trusted.close()
        simulator.close()


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost that signs itself, and its key."""
    key, name = generate_private_key(SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    (folder / "issuer.pem").write_bytes(made.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "issuer.key").write_bytes(private)
    return folder / "issuer.pem", folder / "issuer.key"


@pytest.mark.parametrize(
    "settings",
    [
        ("http://issuer.example", "a", "b", REDIRECT), ("https://issuer.example", "a", "b", "http://node.example/x"),
        ("https://u@issuer.example", "a", "b", REDIRECT), ("https://issuer.example", "", "b", REDIRECT),
        ("ftp://127.0.0.1", "a", "b", REDIRECT), ("https://issuer.example", "a", "", REDIRECT),
        ("https://[", "a", "b", REDIRECT), ("https://issuer.example", "a", "b", "https://node.example/elsewhere"),
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_refused(settings: tuple[str, str, str, str]) -> None:
    with pytest.raises(ConfigError):
        OpenIdSettings(*settings)


# --- over the API


@pytest.fixture
def api(desk: Desk, issuer: Issuer) -> Api:
    api = api_of(desk, issuer=issuer)
    account = api.account(Role.ADMIN, totp=False, external_id="root@examplia")
    assert account.stage == "ready"
    return api


def _started(api: Api) -> tuple[str, dict[str, str]]:
    answer = api.call("GET", "/api/v1/openid/start")
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=") and "HttpOnly" in cookie and "Secure" in cookie
    return answer.headers["Location"], {"Cookie": cookie.partition(";")[0]}


def _back(api: Api, brought: dict[str, str], headers: dict[str, str]) -> httpx.Response:
    query = "&".join(f"{key}={quote(value)}" for key, value in brought.items())
    return api.call("GET", f"/api/v1/openid/callback?{query}", headers)


def test_a_browser_logs_in_through_the_issuer(api: Api, simulator: Simulator) -> None:
    simulator.person = {"sub": "root@examplia", "amr": ["mfa"]}
    address, cookie = _started(api)
    answer = _back(api, simulator.authorise(address), cookie)
    assert answer.status_code == 200
    session = next(each for each in answer.headers.get_list("Set-Cookie") if each.startswith("__Host-tocsin="))
    me = api.call("GET", "/api/v1/me", {"Cookie": session.partition(";")[0]})
    assert me.json()["user"]["external_id"] == "root@examplia"


def test_a_login_begun_in_another_browser_does_not_end_in_this_one(api: Api, simulator: Simulator) -> None:
    simulator.person = {"sub": "root@examplia", "amr": ["mfa"]}
    address, _ = _started(api)
    _, other = _started(api)
    for headers in (other, {}):
        assert _back(api, simulator.authorise(address), headers).status_code == 401
    assert _back(api, {}, {}).status_code == 401


def test_a_person_without_an_account_or_with_a_disabled_one_stays_outside(api: Api, simulator: Simulator) -> None:
    address, cookie = _started(api)
    assert _back(api, simulator.authorise(address), cookie).status_code == 401
    simulator.person = {"sub": "root@examplia", "amr": ["mfa"]}
    with api.desk.store.write() as connection:
        account = rows.account_outside(connection, "root@examplia")
        assert account is not None
        rows.set_account(connection, account.id, {"active": False})
    address, cookie = _started(api)
    assert _back(api, simulator.authorise(address), cookie).status_code == 401
    with api.desk.store.read() as connection:
        kinds = [entry.kind for entry in ledger.entries(connection)]
    assert kinds == [Kind.LOGIN_FAILED] * 2


def test_without_a_configured_issuer_there_is_no_such_login(desk: Desk) -> None:
    account_changes.first_accounts(desk)
    api = api_of(desk)
    for path in ("start", "callback"):
        assert api.call("GET", f"/api/v1/openid/{path}").status_code == 404


def test_an_issuer_that_is_down_is_told_to_the_browser(desk: Desk) -> None:
    gone = Issuer(OpenIdSettings("http://127.0.0.1:1", CLIENT, CLIENT_SECRET, REDIRECT))
    assert api_of(desk, issuer=gone).call("GET", "/api/v1/openid/start").status_code == 502
    gone.close()
