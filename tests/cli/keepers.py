"""A node with a folder that answers on loopback: keys, state, a lake with events of a person, an incident over them."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from api_clients import api_of
from live_engine import Node as Live
from live_engine import run_down
from node_folders import make_folder
from nodes import NOW, Node, serving

from tocsin.lake.catalog import Catalog
from tocsin.model import Evidence, Finding, Incident, RuleInfo
from tocsin.node.people.desk import Desk
from tocsin.node.people.keys import Keys
from tocsin.node.service.config import NodeFolder, state_url
from tocsin.node.store import findings, incidents
from tocsin.node.store.database import open_store
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.incident_state import Opened
from tocsin.node.upkeep.errands import Errands
from tocsin.node.upkeep.keys import load_secret, load_trust
from tocsin.node.upkeep.shell import OpenNode

ANNA = "anna.k@example.org"
MORNING = datetime(2026, 11, 23, 9, tzinfo=UTC)
INCIDENT = "I-0c5d2e9a81f3"
LINES = 120


@dataclass
class Keeper(Node):
    """The node, and what lies in its folder."""

    folder: NodeFolder
    source: str

    def open(self, organisation: str = "examplia") -> None:
        """An incident that rests on two events of the lake."""
        events = (f"{self.source}-3", f"{self.source}-20")
        rule = RuleInfo("r", "A rule", "high")
        shown = tuple(Evidence(each, MORNING, "f", 1, {}) for each in events[:1])
        found = Finding(rule, "PC", "", 2, MORNING, MORNING, events, shown, organisation=organisation)
        told = Incident(INCIDENT, "T", "high", (), (), NOW, NOW, (), (), (), (), (), ())
        with self.api.desk.store.write() as connection:
            findings.put(connection, [StoredFinding("f-1", found, NOW)])
            incidents.open_incident(connection, INCIDENT, Opened(told, ("f-1",)), NOW)


def line(number: int) -> bytes:
    who = ANNA if number % 10 == 2 else "nobody"
    told = {
        "EventID": 22, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "WS01", "User": who,
        "Image": "C:\\x.exe", "QueryName": f"host{number}.example",
        "UtcTime": f"2026-11-23 09:00:{number % 60:02d}.000",
    }  # fmt: skip
    return json.dumps(told).encode() + b"\n"


@contextmanager
def keeper(path: Path) -> Iterator[Keeper]:
    """A node in a folder."""
    folder, config, _ = make_folder(path)
    live = Live(path)
    live.push(b"".join(map(line, range(LINES))))
    with live.engine() as engine:
        run_down(engine)
    with closing(Catalog(folder.lake)) as catalog:
        (source,) = (each.id for each in catalog.sources())
    store = open_store(state_url(folder, config), create=True)
    errands = Errands()
    api = api_of(
        Desk(store, Keys.derived(load_secret(folder))),
        trust=partial(load_trust, folder), node=OpenNode(folder, config, store), errands=errands,
        pausing=lambda why: nullcontext(),  # nothing of it runs that could take the lake
    )  # fmt: skip
    with serving(api.app) as port:
        yield Keeper(api, f"http://127.0.0.1:{port}", folder, source)
    errands.end()
    store.close()
