"""A whole node tells who is on call: from the configuration to a mail and a signed webhook."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from mail_simulator import mail_server
from running_node import SECONDS, Running
from state_samples import finding, opened

from tocsin import clock
from tocsin.node.store import findings
from tocsin.node.store.database import open_store
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.incidents import open_incident
from tocsin.node.upkeep.signature import check_signature

pytestmark = pytest.mark.slow
SECRET = "0123456789abcdef0123456789abcdef"


class Receiver(BaseHTTPRequestHandler):
    """Takes what comes with the right signature."""

    got: list[tuple[str, dict[str, object]]] = []  # noqa: RUF012  # shared on purpose: a handler lives for one request

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        check_signature(SECRET, dict(self.headers.items()), body, clock.now())
        self.got.append((self.path, json.loads(body)))
        self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


class Telling(Running):
    """A node whose `[notify]` says something."""

    def __init__(self, folder: Path, more: str, notify: dict[str, str]) -> None:
        self.notify = notify
        super().__init__(folder, more)

    def start(self) -> None:
        path = self.folder / "tocsin.toml"
        text = path.read_text("utf-8")
        for key, value in self.notify.items():
            text = text.replace(f'{key} = ""', f'{key} = "{value}"', 1)
        path.write_text(text, "utf-8")
        super().start()


def test_an_incident_is_mailed_posted_and_told_to_the_ticket_system(tmp_path: Path) -> None:
    web = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=web.serve_forever, args=(0.05,))
    thread.start()
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    try:
        with mail_server() as server:
            url = f"http://127.0.0.1:{web.server_port}"
            mail = f'[notify.mail]\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\nsender = "t@c.at"\n'
            desk = f'[notify.tickets]\nurl = "{url}/tickets"\nsecret_file = "{secret}"\nallow = []\n'
            told = {"webhook": f"{url}/hook", "webhook_secret_file": str(secret)}
            node = Telling(tmp_path / "node", mail + desk, told)
            try:
                admin = node.client()
                duty = {"name": "Ana", "mail": "ana@cert.example"}
                admin.post("/api/v1/notify/oncall", json={"duties": [duty]}).raise_for_status()
                begin(node.folder)
                end = time.monotonic() + SECONDS
                while len(Receiver.got) < 2 or not server.mails:
                    assert time.monotonic() < end, (Receiver.got, server.mails)
                    time.sleep(0.2)
                lines = admin.get("/api/v1/check").raise_for_status().json()["document"]["lines"]
            finally:
                node.stop()
                for client in node.clients:
                    client.close()
    finally:
        web.shutdown()
        thread.join()
        web.server_close()
    assert sorted(path for path, _ in Receiver.got) == ["/hook", "/tickets"]
    assert all("I-1" in json.dumps(said) and "SECRET" not in json.dumps(said) for _, said in Receiver.got)
    assert server.recipients == [["ana@cert.example"]] and "I-1" in server.mails[0].get_content()
    assert ("notices", "pass") in {(line["name"], line["result"]) for line in lines}


def begin(folder: Path) -> None:
    store = open_store(f"sqlite:///{folder / 'state.sqlite'}")
    with store.write() as connection:
        findings.put(connection, [StoredFinding("f-1", finding(), clock.now())])
        open_incident(connection, "I-1", opened("f-1", title="SECRET"), clock.now())
    store.close()
