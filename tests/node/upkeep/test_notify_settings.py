"""`[notify]` is checked before the node starts, and its secrets stand in files of their own."""

from pathlib import Path

import pytest
from node_folders import make_folder

from tocsin.errors import ConfigError
from tocsin.node.service.config import NodeFolder, load_config, notices
from tocsin.node.upkeep.backup import named_files
from tocsin.node.upkeep.notify_settings import Asked, MailSettings, Security
from tocsin.node.upkeep.outbound import destinations

SECRET = "0123456789abcdef0123456789abcdef"
MAIL = '[notify.mail]\nhost = "mail.example"\nsender = "tocsin@cert.example"\n'
TICKETS = '[notify.tickets]\nsecret_file = "keys/s"\n'


@pytest.fixture
def folder(tmp_path: Path) -> NodeFolder:
    """A node's folder with a secret in `keys/s`."""
    made, _, _ = make_folder(tmp_path / "node")
    for name, content in (("s", SECRET), ("short", "short"), ("url", "https://desk.example/hook/x8f2k1q9w7e3r5t1")):
        (made.keys / name).write_text(content + "\n")
        (made.keys / name).chmod(0o600)
    return made


def test_everything_that_is_named_is_read(folder: NodeFolder) -> None:
    folder.config.write_text(
        '[notify]\nwebhook = "https://chat.example/hook"\nwebhook_secret_file = "keys/s"\nlevel = "critical"\n'
        'link = "https://tocsin.example/"\nacknowledge_minutes = 20\n'
        f'{MAIL}user = "tocsin"\npassword_file = "keys/s"\nauthority = "keys/ca.pem"\n'
        f'{TICKETS}url_file = "keys/url"\nallow = ["note", "close"]\n'
    )
    config = load_config(folder.config)
    found = notices(folder, config)
    assert found.mail == MailSettings(
        "mail.example", 587, Security.STARTTLS, "tocsin@cert.example", "tocsin", SECRET, folder.path / "keys/ca.pem"
    )
    assert found.tickets is not None and found.tickets.allow == {Asked.NOTE, Asked.CLOSE}
    assert (found.level, found.minutes, found.webhook_secret, found.calls) == ("critical", 20, SECRET, True)
    assert SECRET not in repr(found) and "x8f2" not in repr(found) and "chat" not in repr(found)
    assert {str(each) for each in destinations(config)} == {
        "chat.example:443 (webhook)", "mail.example:587 (mail server)", "desk.example:443 (ticket system)",
    }  # fmt: skip
    assert set(named_files(config)) == {"keys/s", "keys/ca.pem", "keys/url"}


def test_without_a_table_nobody_is_told(folder: NodeFolder) -> None:
    found = notices(folder, load_config(folder.config))
    assert not found.calls and found.tickets is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[notify]\nlevel = "grave"\n', "notify.level: there is no level 'grave'"),
        ("[notify]\nacknowledge_minutes = 0\n", "notify.acknowledge_minutes: it is 1 to"),
        ('[notify]\nlink = "javascript:alert(1)"\n', "notify.link: this is no URL"),
        ('[notify]\nlink = "http://tocsin.example/"\n', "notify.link: this is no URL"),
        ('[notify]\nwebhook_secret_file = "keys/short"\n', "webhook_secret_file: the secret has less than 32"),
        ('[notify]\nwebhook_secret_file = "keys/absent"\n', r"notify\.webhook_secret_file: .* cannot be read"),
        (MAIL + 'security = "none"\n', "mail to it would be in the clear"),
        (MAIL + 'security = "ssl"\n', "notify.mail.security: 'ssl' is none of starttls, tls, none"),
        (MAIL.replace("tocsin@", "Tocsin <t@"), "notify.mail.sender: .* is no mail address"),
        (MAIL + 'user = "tocsin"\n', "user and password_file belong together"),
        (MAIL + 'password = "secret"\n', "unknown field `password`"),
        (TICKETS.replace("keys/s", "keys/short"), "notify.tickets.secret_file: the secret has less"),
        (TICKETS + 'allow = ["delete"]\n', r"notify\.tickets\.allow: 'delete' is not a valid"),
        (TICKETS + 'url = "ftp://desk.example"\n', "notify.tickets.url: this is no URL"),
        (TICKETS + 'url = "https://a.example"\nurl_file = "keys/url"\n', "two places for one URL"),
        ("[notify.tickets]\nallow = []\n", "missing required field `secret_file`"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(folder: NodeFolder, text: str, why: str) -> None:
    folder.config.write_text(text)
    with pytest.raises(ConfigError, match=why) as refused:
        load_config(folder.config)
    assert str(refused.value).startswith(str(folder.config)) and refused.value.advice()
