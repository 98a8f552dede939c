"""When two accounts count as two people.

Rules: both are active and have a second factor of this node; they are not the same; and neither made the other or
gave it a new password within `limits.TWO_PEOPLE_SECONDS`. So an admin who makes a second account for himself, or takes
one over by resetting it, stays one person for a day, and the ledger shows it meanwhile. An account that logs in through
an issuer never counts: whoever runs the issuer could be both.
"""

from datetime import datetime

from tocsin import limits
from tocsin.node.people.accounts import Account
from tocsin.words.messages import say

_US = 1_000_000


def two_people(first: Account, second: Account, now: datetime) -> str:
    """Why the two do not count as two people, as a sentence; empty when they do."""
    if first.id == second.id:
        return say("This needs a second person.")
    for account in (first, second):
        if not account.active:
            return say("One of the two accounts is disabled.")
        if account.external_id or not account.has_totp:
            return say("One of the two accounts has no second factor of this node.")
    since_us = round(now.timestamp() * _US) - limits.TWO_PEOPLE_SECONDS * _US
    if _made(first, second, since_us) or _made(second, first, since_us):
        hours = limits.TWO_PEOPLE_SECONDS // 3_600
        return say("One of the two accounts was made or reset by the other within {hours} hours.", hours=hours)
    return ""


def _made(maker: Account, made: Account, since_us: int) -> bool:
    created = made.created_by == maker.id and made.created_us > since_us
    return created or (made.reset_by == maker.id and made.reset_us > since_us)
