"""When two accounts count as two people.

Rules:
1. Both are active and have a second factor of this node; they are not the same. An account that logs in through an
   issuer never counts: whoever runs the issuer could be both.
2. Whoever made an account or gave it a new password within `limits.TWO_PEOPLE_SECONDS` could hold it, and so could
   whoever could hold that one. Two accounts that one account could hold are not two people: neither a maker and the
   made, nor two that the same admin made, nor the ends of a chain of them.
3. The first two accounts were made by nobody, at the shell: they are two people from the start.

So an admin who makes other accounts for himself, or takes some over, stays one person for a day, and the ledger shows
it meanwhile.
"""

from collections.abc import Mapping
from datetime import datetime

from tocsin import limits
from tocsin.node.people.accounts import Account
from tocsin.words.messages import say

_US = 1_000_000


def two_people(first: Account, second: Account, everybody: Mapping[str, Account], now: datetime) -> str:
    """Why the two do not count as two people, as a sentence; empty when they do. `everybody` are all accounts by id."""
    if first.id == second.id:
        return say("This needs a second person.")
    for account in (first, second):
        if not account.active:
            return say("One of the two accounts is disabled.")
        if account.external_id or not account.has_totp:
            return say("One of the two accounts has no second factor of this node.")
    since_us = round(now.timestamp() * _US) - limits.TWO_PEOPLE_SECONDS * _US
    if _holders(first, everybody, since_us) & _holders(second, everybody, since_us):
        return say(
            "One of the two accounts was made or reset by the other within {hours} hours, or both by the same person; "
            "accounts between them count.",
            hours=limits.TWO_PEOPLE_SECONDS // 3_600,
        )
    return ""


def _holders(account: Account, everybody: Mapping[str, Account], since_us: int) -> set[str]:
    """The accounts whose people could hold this one: itself, and rule 2."""
    found, waiting = {account.id}, [account]
    while waiting:
        new = _makers(waiting.pop(), since_us) - found
        found |= new
        waiting += [everybody[maker] for maker in new if maker in everybody]
    return found


def _makers(account: Account, since_us: int) -> set[str]:
    made = ((account.created_by, account.created_us), (account.reset_by, account.reset_us))
    return {maker for maker, time_us in made if maker and time_us > since_us}
