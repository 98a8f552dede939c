"""Chains to test with: drafts of every kind, whole ledgers with checkpoints, keys from a seed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st

from tocsin.ledger.chain import EMPTY, append, head_of
from tocsin.ledger.checkpoint import Checkpoint, Key, Trust, public_bytes, sign, trust
from tocsin.ledger.entry import LARGEST_INTEGER, Draft, Entry, Kind, digest_of

NODE = "node.velmora.example"
BEGIN = datetime(2026, 11, 30, 9, 15, 0, 123456, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))
TRUST = trust(NODE, Key(public_bytes(KEY)))

_SHORT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
_IDS = st.builds("{}:{}".format, st.sampled_from(["account", "incident"]), st.integers(0, 99))
_DETAILS = st.dictionaries(
    st.sampled_from(["by", "rows", "totp", "version_2"]),
    st.one_of(_SHORT, st.booleans(), st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)),
    max_size=4,
)
DRAFTS = st.builds(Draft, st.sampled_from(Kind), st.just("node") | _IDS, _IDS, _DETAILS)
LEDGERS = st.lists(DRAFTS, min_size=3, max_size=7).map(lambda drafts: chained(drafts))  # noqa: PLW0108 (chained is defined below)


def chained(drafts: list[Draft]) -> list[Entry]:
    """A chain, one entry a second."""
    entries: list[Entry] = []
    head = EMPTY
    for number, draft in enumerate(drafts):
        entries.append(append(head, draft, BEGIN + timedelta(seconds=number)))
        head = head_of(entries[-1])
    return entries


def signed(entries: list[Entry], every: int = 1, key: Ed25519PrivateKey = KEY) -> list[Checkpoint]:
    """A checkpoint under every so-manieth entry."""
    return [sign(key, NODE, head_of(entry), entry.time) for entry in entries if entry.sequence % every == 0]


def rechained(entries: list[Entry], changed: int) -> list[Entry]:
    """The chain with all digests worked out anew from one entry on: what root can do."""
    done = entries[:changed]
    for entry in entries[changed:]:
        fresh = replace(entry, previous=done[-1].digest if done else entry.previous, sequence=len(done) + 1)
        done.append(rehashed(fresh))
    return done


def rehashed(entry: Entry) -> Entry:
    """The entry with the digest that fits it."""
    return replace(entry, digest=digest_of(entry))


def trusting(*keys: Key) -> Trust:
    """The node's trust in these keys only."""
    return trust(NODE, *keys)
