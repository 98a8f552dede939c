"""What the long memory knows around a finding: since when such logs are there, and what its account is.

An account is told by what it does, never by its name:
1. A service signs in as a service or scheduled job on SERVED_DAYS days and never at a screen, or is at work in
   ROUND_CLOCK different hours of a day on SERVED_DAYS days: no person is.
2. An administrator had special privileges (Windows event 4672) or came by remote desktop on ADMIN_HOSTS computers, on
   ADMIN_DAYS days. A service that has them too stays a service.
Accounts compare by their name without domain or realm, in lower case. Only days before the finding would be fairer, and
would let every account be unknown in a first scan of many months: the whole memory is asked.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import pyarrow as pa

from tocsin.lake.catalog import Catalog
from tocsin.lake.database import Opening, for_queries
from tocsin.lake.rollups import open_rollups
from tocsin.model import AccountRole, Finding
from tocsin.node.found import moment
from tocsin.triage.accounts import bare_name, is_person

SERVED_DAYS = 3
ROUND_CLOCK = 18  # hours
ADMIN_HOSTS = 3
ADMIN_DAYS = 2

_DAYS = r"""
WITH named AS (
    SELECT *, split_part(split_part("user", chr(92), -1), '@', 1) AS account FROM user_days
), mine AS (
    SELECT * FROM named SEMI JOIN asked USING (account)
), worked AS (
    SELECT account, day, bit_count(bit_or(hours)) AS hours FROM mine WHERE days = 1 GROUP BY account, day
), clocked AS (
    SELECT account, count(*) FILTER (hours >= $round_clock) AS long_days FROM worked GROUP BY account
), done AS (
    SELECT account,
           count(DISTINCT day) FILTER (logon_type IN (4, 5)) AS served,
           count(*) FILTER (logon_type IN (2, 7, 10, 11)) AS seated,
           count(DISTINCT host) FILTER (host <> '*' AND (activity = 'Special Privileges' OR logon_type = 10)) AS hosts,
           count(DISTINCT day) FILTER (activity = 'Special Privileges' OR logon_type = 10) AS days
    FROM mine WHERE outcome <> 'Failure' GROUP BY account
)
SELECT account,
       CASE WHEN (served >= $served_days AND seated = 0) OR COALESCE(long_days, 0) >= $served_days THEN 'service'
            ELSE 'administrator' END
FROM done LEFT JOIN clocked USING (account)
WHERE (served >= $served_days AND seated = 0) OR COALESCE(long_days, 0) >= $served_days
   OR (hosts >= $admin_hosts AND days >= $admin_days)
"""


def with_memory(catalog: Catalog, findings: Iterable[Finding], opening: Opening = for_queries) -> list[Finding]:
    """The findings with the role of their account and the beginning of the logs behind them."""
    findings = list(findings)
    since = beginnings(catalog)
    roles = account_roles(catalog, {bare_name(each.user) for each in findings if is_person(each.user)}, opening)
    return [
        replace(each, account_role=roles.get(bare_name(each.user)), since=since.get(each.table)) for each in findings
    ]


def beginnings(catalog: Catalog) -> dict[str, datetime]:
    """The first readable time of each native table."""
    return {table: at for table, time_us in catalog.first_times().items() if (at := moment(time_us)) is not None}


def account_roles(
    catalog: Catalog, accounts: Collection[str], opening: Opening = for_queries
) -> Mapping[str, AccountRole]:
    """What these accounts (names without domain) are; those of whom nothing can be said are left out."""
    if not accounts:
        return {}
    connection = opening(catalog.lake)
    try:
        open_rollups(connection, catalog, {"user_days"})
        connection.register("asked", pa.table({"account": pa.array(sorted(accounts), pa.string())}))
        bounds = {
            "round_clock": ROUND_CLOCK,
            "served_days": SERVED_DAYS,
            "admin_hosts": ADMIN_HOSTS,
            "admin_days": ADMIN_DAYS,
        }
        rows = connection.execute(_DAYS, bounds).fetchall()
    finally:
        connection.close()
    return {account: AccountRole(role) for account, role in rows}
