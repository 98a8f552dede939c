"""A login through an issuer, by nothing but the configuration of a node that runs."""

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import httpx
import msgspec
import pytest
from node_folders import NOW, make_folder
from openid_simulator import CLIENT, CLIENT_SECRET, REDIRECT, Simulator
from running_node import Running

from tocsin.errors import ConfigError
from tocsin.node.people.openid import COOKIE
from tocsin.node.service.beginning import TEMPLATE
from tocsin.node.service.config import Config, NodeFolder, OpenIdTable, load_config, openid_settings
from tocsin.node.store.database import open_store
from tocsin.node.upkeep.check_gather import gather

TABLE = f"""
[openid]
issuer = "https://login.example:8443/realm"
client_id = "{CLIENT}"
secret_file = "keys/openid"
redirect_uri = "{REDIRECT}"
"""
NAMED = '[api]\nnames = ["Node.Example"]\n'


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    simulator = Simulator(lambda: datetime.now(UTC))
    yield simulator
    simulator.close()


@pytest.fixture
def folder(tmp_path: Path) -> NodeFolder:
    folder, _, _ = make_folder(tmp_path / "node")
    open_store(f"sqlite:///{folder.path}/state.sqlite", create=True).close()
    write_secret(folder.path)
    return folder


def write_secret(folder: Path) -> None:
    (folder / "keys" / "openid").write_text(CLIENT_SECRET + "\n", "utf-8")
    (folder / "keys" / "openid").chmod(0o600)


class Configured(Running):
    """A node whose configuration names an issuer; its secret is there before it starts."""

    def start(self) -> None:
        text = (self.folder / "tocsin.toml").read_text("utf-8")
        named = text.replace('# names = ["tocsin.example"]', 'names = ["node.example"]', 1)
        (self.folder / "tocsin.toml").write_text(named, "utf-8")
        write_secret(self.folder)
        super().start()


def test_a_node_that_runs_takes_the_issuer_of_its_configuration(simulator: Simulator, tmp_path: Path) -> None:
    table = TABLE.replace("https://login.example:8443/realm", simulator.issuer)
    node = Configured(tmp_path / "node", f'{table}claim = "email"\nmethods = ["hwk"]\n')
    try:
        admin = node.client()
        told = {"name": "ada", "role": "analyst", "organisation": "", "external_id": "ada@examplia"}
        admin.post("/api/v1/users", json=told).raise_for_status()
        simulator.person = {"sub": "7", "email": "ada@examplia", "amr": ["hwk"]}
        answer = through(admin.base_url, simulator)
        assert answer.status_code == HTTPStatus.OK, answer.text
        assert any(each.startswith("__Host-tocsin=") for each in answer.headers.get_list("Set-Cookie"))
        simulator.person["amr"] = ["mfa"]
        assert through(admin.base_url, simulator).status_code == HTTPStatus.UNAUTHORIZED
    finally:
        for client in node.clients:
            client.close()
        node.kill()


def through(address: httpx.URL, simulator: Simulator) -> httpx.Response:
    """What a browser gets that calls the node by its name and logs in at the issuer."""
    host = {"Host": "node.example"}
    with httpx.Client(base_url=address, trust_env=False, timeout=30, headers=host) as browser:
        begun = browser.get("/api/v1/openid/start")
        assert begun.status_code == HTTPStatus.SEE_OTHER, begun.text
        cookie = begun.headers["Set-Cookie"].partition(";")[0]
        assert cookie.startswith(COOKIE)
        brought = simulator.authorise(begun.headers["Location"])
        return browser.get("/api/v1/openid/callback", params=brought, headers={"Cookie": cookie})


def test_the_secret_is_read_from_a_file_of_its_owner_alone(folder: NodeFolder) -> None:
    folder.config.write_text(NAMED + TABLE)
    settings = openid_settings(folder, load_config(folder.config))
    assert settings is not None and (settings.client_secret, settings.methods) == (CLIENT_SECRET, ("mfa",))
    assert gather(folder, NOW).outbound == ("login.example:8443 (OpenID Connect issuer)",)
    file = folder.keys / "openid"
    file.chmod(0o640)
    with pytest.raises(ConfigError, match=r"openid\.secret_file: .* can be read by other users") as refused:
        load_config(folder.config)
    assert CLIENT_SECRET not in str(refused.value) and "client secret" in refused.value.advice()
    file.unlink()
    with pytest.raises(ConfigError, match=r"openid\.secret_file: .* cannot be read"):
        load_config(folder.config)
    assert [part for part, _ in gather(folder, NOW).problems] == [
        "configuration", "state database", "incident history",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("https://login", "http://login", "issuer is no https address"),
        ("https://node", "http://node", "redirect_uri is no https address"),
        ("/callback", "/back", "redirect_uri does not end in"),
        ("node.example", "other.example", "redirect_uri names other.example"),
        (CLIENT, "", "client_id or client_secret is missing"),
        ("[openid]", '[openid]\nclaim = ""', "claim is empty"),
        ("[openid]", '[openid]\nmethods = "mfa"', "openid.methods"),
    ],
)
def test_what_is_wrong_with_an_issuer_is_told_before_the_node_runs(
    folder: NodeFolder, old: str, new: str, why: str
) -> None:
    folder.config.write_text(NAMED + TABLE.replace(old, new))
    with pytest.raises(ConfigError, match=why) as refused:
        load_config(folder.config)
    assert str(folder.config) in str(refused.value) and refused.value.advice()


def test_without_an_issuer_there_are_no_settings_of_one(folder: NodeFolder) -> None:
    assert openid_settings(folder, load_config(folder.config)) is None


def test_the_template_tells_every_setting_of_an_issuer() -> None:
    section, _, _ = TEMPLATE.read_text("utf-8").partition("# [openid]\n")[2].partition("\n\n")
    table = tomllib.loads("\n".join(line.removeprefix("# ") for line in section.splitlines()))
    assert {*table} == {*OpenIdTable.__struct_fields__}
    assert msgspec.convert({"openid": table}, Config).openid is not None
