"""A person's value in the list of constituents and in mails to them: found, and taken out.

Rules:
1. A contact, netblock or domain that holds it is taken out of the list; in names it is replaced by the mark.
2. In mails that were released the mark takes its place. Mails that nobody has released yet would no longer be what was
   shown: the request is void.
3. Mails about an incident that is held stay, and are counted.
4. A mail holds addresses defanged (`sinks.defang`): that spelling is looked for too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select, update

from tocsin.lake.value import Value
from tocsin.node.store.codec import decode, encode
from tocsin.node.store.constituents import CONSTITUENTS, constituents
from tocsin.node.store.tellings import TELLINGS, Step
from tocsin.sinks.defang import defang
from tocsin.triage.constituents import Constituent
from tocsin.triage.telling import Mail


def spellings(value: Value) -> tuple[Value, ...]:
    """The value, and as a mail writes it. Rule 4."""
    return tuple(Value(text) for text in dict.fromkeys((value.text, defang(value.text))))


@dataclass(frozen=True, slots=True)
class TellingPlaces:
    """How many of each hold a value; `kept` are mails that a hold keeps."""

    constituents: int = 0
    tellings: int = 0
    kept: int = 0


def find_told(connection: Connection, value: Value, held: frozenset[str]) -> TellingPlaces:
    """Where it is."""
    rows = list(_tellings(connection, value))
    kept = sum(1 for _, incident, _ in rows if incident in held)
    return TellingPlaces(sum(1 for _ in _listed(connection, value)), len(rows) - kept, kept)


def erase_told(connection: Connection, value: Value, held: frozenset[str]) -> None:
    """Take it out. Rules 1 to 3."""
    for each in list(_listed(connection, value)):
        values = {"payload": encode(_cleaned(each, value))}
        connection.execute(update(CONSTITUENTS).where(CONSTITUENTS.c.id == each.id).values(**values))
    for digest, incident, mails in list(_tellings(connection, value)):
        if incident not in held:
            mine = TELLINGS.c.digest == digest
            cleaned = encode(tuple(_redacted(mail, value) for mail in mails))
            connection.execute(update(TELLINGS).where(mine).values(mails=cleaned))
            connection.execute(
                update(TELLINGS).where(mine, TELLINGS.c.state == str(Step.ASKED)).values(state=str(Step.VOID))
            )


def _listed(connection: Connection, value: Value) -> Iterator[Constituent]:
    return (each for each in constituents(connection) if any(map(value.is_in, _texts(each))))


def _texts(each: Constituent) -> Iterator[str]:
    yield from (each.name, each.sector, *each.organisations, *each.netblocks, *each.domains, *each.contacts)


def _cleaned(each: Constituent, value: Value) -> Constituent:
    kept = {
        name: tuple(text for text in getattr(each, name) if not value.is_in(text))
        for name in ("netblocks", "domains", "contacts")
    }
    organisations = tuple(map(value.without, each.organisations))
    named = {"name": value.without(each.name), "sector": value.without(each.sector), "organisations": organisations}
    return replace(each, **kept, **named)  # type: ignore[arg-type]  # names of its own fields


def _tellings(connection: Connection, value: Value) -> Iterator[tuple[str, str, tuple[Mail, ...]]]:
    for row in connection.execute(select(TELLINGS).order_by(TELLINGS.c.digest)):
        mails: tuple[Mail, ...] = decode(row.mails, tuple[Mail, ...], f"telling {row.digest}")
        texts = [text for mail in mails for text in (*mail.to, mail.subject, mail.text)]
        if any(each.is_in(text) for each in spellings(value) for text in texts):
            yield row.digest, row.incident, mails


def _redacted(mail: Mail, value: Value) -> Mail:
    to = tuple(address for address in mail.to if not value.is_in(address))
    subject, text = mail.subject, mail.text
    for each in spellings(value):
        subject, text = each.without(subject), each.without(text)
    return replace(mail, to=to, subject=subject, text=text)
