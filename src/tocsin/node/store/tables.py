"""All tables of the state database: importing this module fills METADATA. A new module of tables is added here."""

from tocsin.node.store.actions import ACTIONS
from tocsin.node.store.constituents import CONSTITUENTS
from tocsin.node.store.exceptions import EXCEPTIONS
from tocsin.node.store.findings import FINDINGS
from tocsin.node.store.holds import HOLDS
from tocsin.node.store.incident_rows import EVENTS, INCIDENTS, READERS
from tocsin.node.store.ledger import CHECKPOINTS, ENTRIES, HEAD
from tocsin.node.store.legal_clocks import CLOCKS
from tocsin.node.store.oncall import CALLS, ONCALL
from tocsin.node.store.outbox import OUTBOX
from tocsin.node.store.people import ACCOUNTS, COUNTERS, SESSIONS, TOKENS
from tocsin.node.store.playbook_runs import RUNS
from tocsin.node.store.reasons import REASONS
from tocsin.node.store.retirements import RETIREMENTS
from tocsin.node.store.schema import METADATA
from tocsin.node.store.sensors import SENSORS
from tocsin.node.store.switches import SWITCHES
from tocsin.node.store.tellings import TELLINGS
from tocsin.node.store.tickets import MESSAGES, TICKETS

TABLES = (
    ENTRIES, HEAD, CHECKPOINTS, FINDINGS, EVENTS, INCIDENTS, READERS, SENSORS, OUTBOX, SWITCHES, ACCOUNTS, SESSIONS,
    TOKENS, COUNTERS, HOLDS, REASONS, RETIREMENTS, ACTIONS, CLOCKS, RUNS, CONSTITUENTS, TELLINGS, ONCALL, CALLS,
    TICKETS, MESSAGES, EXCEPTIONS,
)  # fmt: skip

__all__ = ["METADATA", "TABLES"]
