"""Who is who: addresses, host names, MAC addresses, SIDs and UPNs by time, organisation and network."""

from tocsin.triage.who.claims import Answer, Claim, Identity, Reason, Source, Unresolved
from tocsin.triage.who.directory import Directory
from tocsin.triage.who.leases import Lease, handovers, leased
from tocsin.triage.who.naming import actors, name_findings, towards
from tocsin.triage.who.people import Called, called
from tocsin.triage.who.sessions import Tunnel, tunnelled
from tocsin.triage.who.shared import Shared, SharedAddresses, SharedKind, Translation
from tocsin.triage.who.sightings import Sighting, sighted
from tocsin.triage.who.telling import told
from tocsin.triage.who.values import Kind, is_sid, plain

__all__ = [
    "Answer", "Called", "Claim", "Directory", "Identity", "Kind", "Lease", "Reason", "Shared", "SharedAddresses",
    "SharedKind", "Sighting", "Source", "Translation", "Tunnel", "Unresolved", "actors", "called", "handovers",
    "is_sid", "leased", "name_findings", "plain", "sighted", "told", "towards", "tunnelled",
]  # fmt: skip
