"""What logging in and changing accounts need to be done with."""

from dataclasses import dataclass, field

from tocsin import clock
from tocsin.ledger.entry import Draft, Kind, Value
from tocsin.node.people.keys import Keys
from tocsin.node.people.passwords import Cost
from tocsin.node.people.principal import Person
from tocsin.node.store.database import Store

SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Desk:
    """The state database, the keys, the work behind a password, and words no password is made of."""

    store: Store
    keys: Keys
    cost: Cost = field(default_factory=Cost)
    words: tuple[str, ...] = ()


def now_us() -> int:
    """The present moment in microseconds."""
    return round(clock.now().timestamp() * SECOND_US)


def account_draft(actor: str, account_id: str, change: str, **detail: Value) -> Draft:
    """The ledger's entry for a change of an account."""
    return Draft(Kind.ACCOUNT_CHANGE, actor, f"account:{account_id}", {"change": change, **detail})


def own_draft(person: Person, change: str) -> Draft:
    """The same for a change that a person makes to the own account."""
    return account_draft(person.actor, person.account.id, change)
