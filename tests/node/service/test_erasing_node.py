"""A person's value goes from a node that runs, while others go on sending to it."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import zstandard
from live_engine import stored
from running_node import Running, node, pid_of, push_token
from scans import event

from tocsin.lake.value import Value
from tocsin.ledger.entry import Kind
from tocsin.node.service.config import NodeFolder, load_config, state_url
from tocsin.node.service.pause_order import ORDER, Order, give
from tocsin.node.service.processes import rests
from tocsin.node.store import ledger
from tocsin.node.store.database import open_store
from tocsin.node.store.erasure import find_in_state
from tocsin.node.store.holds import Held

__all__ = ["node"]

ANNA = "anna.kovar"
LINES = 10


class Sender:
    """A sensor that sends one line after the other, in a thread, and counts what was acknowledged."""

    def __init__(self, client: httpx.Client) -> None:
        self._url, self._token = client.base_url, push_token(client)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.acknowledged = 0

    def push(self, client: httpx.Client, lines: list[dict[str, object]]) -> None:
        """Send lines; they are acknowledged."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/x-ndjson"}
        body = "".join(json.dumps(each) + "\n" for each in lines)
        assert client.post("/api/v1/push", content=body, headers=headers).status_code == 202
        self.acknowledged += len(lines)

    def __enter__(self) -> "Sender":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(base_url=self._url, trust_env=False, timeout=30) as client:
            while not self._over.wait(0.05):
                self.push(client, [event(self.acknowledged, image="C:\\calm.exe", minute=30)])


def about_anna() -> list[dict[str, object]]:
    """Lines of which the tests' rule makes findings about her, on a host of her own."""
    return [event(number, minute=number) | {"User": f"MIN\\{ANNA}", "Computer": "PC7"} for number in range(LINES)]


def raw_lines(folder: Path) -> list[bytes]:
    found = []
    for path in sorted((folder / "raw").glob("*/[!.]*.zst")):
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as lines:
            found += lines.read().splitlines()
    return found


def texts_of(rows: list[dict[str, object]]) -> str:
    return json.dumps(rows, default=str)


def test_a_value_is_erased_while_the_node_runs_and_what_is_sent_meanwhile_is_there_once(node: Running) -> None:
    client = node.client()
    folder = NodeFolder(node.folder)
    sender = Sender(client)
    sender.push(client, about_anna())
    asked = {"value": ANNA, "why": "request 17"}
    node.until(lambda: ANNA in client.get("/api/v1/incidents").text)
    with sender, ThreadPoolExecutor() as both:
        calls = [both.submit(client.post, "/api/v1/privacy/erase", json=asked, timeout=200) for _ in range(2)]
        node.until(lambda: bool(client.get("/api/v1/status").json()["paused"].get("complete")))
        assert client.get("/api/v1/status").json()["paused"]["why"] == "a person's data is erased"
        during = sender.acknowledged
        node.until(lambda: sender.acknowledged > during)
        done, refused = sorted((call.result() for call in calls), key=lambda answer: answer.status_code)
        assert (done.status_code, refused.status_code) == (200, 409), (done.text, refused.text)
    sought = done.json()["sought"]
    assert sought["lines"] == sum(sought["lake"]["tables"].values()) == LINES
    assert sought["lake"]["hits"] >= LINES and sought["state"]["findings"] and sought["state"]["incidents"]
    assert sought["journal"] > 0 and not (folder.run / ORDER).exists()
    node.until(lambda: len(stored(folder.lake)) == sender.acknowledged - LINES)
    node.until(lambda: node.state("analyst").get("stopped") is None and node.state("analyst").get("behind") == 0)
    assert ANNA not in texts_of(stored(folder.lake))
    again = client.post("/api/v1/privacy/find", json={"value": ANNA}, timeout=200).json()["sought"]
    assert again["found"] == 0 and again["state"]["kept"] == 0
    assert ANNA not in client.get("/api/v1/incidents").text
    lines = raw_lines(folder.path)
    assert lines.count(b"[erased]") == LINES and not [each for each in lines if ANNA.encode() in each]

    order = Order("of a node that is killed", pid_of(node, "server"), "a test")
    give(folder, order)
    node.until(lambda: rests(folder, order))
    node.kill()
    node.start()
    node.until(lambda: not (folder.run / ORDER).exists() and node.state("supervisor").get("paused") == {})
    node.until(lambda: node.state("engine").get("stopped") is None)
    assert node.stop() == 0
    assert len(stored(folder.lake)) == sender.acknowledged - LINES

    store = open_store(state_url(folder, load_config(folder.config)))
    with store.read() as connection:
        assert find_in_state(connection, Value(ANNA), Held()).findings == 0
        entries = [each for each in ledger.newest_of(connection, Kind.PRIVACY, 9) if each.detail["change"] == "erased"]
        assert [each.actor.partition(":")[0] for each in entries] == ["account"]
        assert ANNA not in "".join(ledger.export(connection))
    store.close()
