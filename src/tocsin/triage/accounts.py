"""Which accounts and hosts may tie findings together.

Rules:
1. A host or an account is known only inside its organisation and network: 10.0.0.5 of two ministries never joins.
2. Service accounts (SYSTEM, LOCAL SERVICE, machine accounts `WS01$`, `-`) are nobody: they tie nothing by their name.
3. Accounts that exist on every machine (Administrator, root) are somebody on one host, but tie no hosts together.
Names compare without regard to case; the account stands after `DOMAIN\\`, before `@`, or last in a canonical name.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from tocsin.model import Finding

Key = tuple[str, str, str]

REMEMBERED = 50_000  # account names kept in memory
_SERVICE_DOMAINS = frozenset(
    {"nt authority", "nt service", "autorite nt", "font driver host", "window manager", "iis apppool"}
)
_SERVICE_NAMES = frozenset(
    {"", "-", "n/a", "null", "(null)", "none", "unknown", "system", "localsystem", "local system", "local service",
     "network service", "localservice", "networkservice", "anonymous logon", "iusr", "système", "система",
     "nobody", "daemon", "www-data", "unset", "4294967295"}
)  # fmt: skip
_SERVICE_PATTERN = re.compile(r"s-1-5-(?:7|18|19|20)|s-1-5-(?:80|82|90|96)-.*|(?:dwm|umfd)-\d+|.*\$")
_IDENTIFIER = "s-1-"
CANONICAL = re.compile(r"([\w-]{1,63}(?:\.[\w-]{1,63}){1,10})/(?:[^/]{1,64}/){1,8}([^/]{1,104})")
"""A canonical name as Exchange writes it: `corp.example/Users/a`."""
_EVERYWHERE = frozenset({"administrator", "admin", "root", "guest", "user", "test", "default", "0"})


def is_person(user: str) -> bool:
    """Whether the name can stand for somebody, rather than for a service or for nobody."""
    domain, name = _parts(user)
    return domain not in _SERVICE_DOMAINS and name not in _SERVICE_NAMES and not _SERVICE_PATTERN.fullmatch(name)


def ties_hosts(user: str) -> bool:
    """Whether the same name on two hosts means the same somebody."""
    return is_person(user) and _parts(user)[1] not in _EVERYWHERE


def bare_name(user: str) -> str:
    """The account's name without its domain, folded: on one host `MINISTRY\\anna` and `anna` are the same somebody."""
    return _parts(user)[1]


def people(users: Iterable[str]) -> list[str]:
    """Persons in order, each in one spelling; bare identifiers (`S-1-5-21-…`) only where nobody has a name."""
    spelled: dict[str, str] = {}
    for user in users:
        if is_person(user):
            name = bare_name(user)
            spelled[name] = max(spelled.get(name, ""), user, key=lambda text: ("\\" in text, len(text)))
    named = [user for name, user in spelled.items() if not name.startswith(_IDENTIFIER)]
    return named or list(spelled.values())


def account_key(finding: Finding) -> Key:
    """The account inside its organisation and network."""
    return (finding.organisation, finding.network, finding.user.strip().casefold())


def host_key(finding: Finding) -> Key:
    """The host inside its organisation and network."""
    return (finding.organisation, finding.network, finding.host.strip().casefold())


def join_key(finding: Finding) -> Key | None:
    """The host through which a finding may be joined to others; a key of its own where it stands for many or nobody
    knows for which (triage.who), None where no host is named.
    """
    organisation, network, host = host_key(finding)
    if host and not finding.host_joins:
        event = finding.event_ids[0] if finding.event_ids else finding.rule.id
        return (organisation, network, f"{host}\x1f{event}")
    return (organisation, network, host) if host else None


@lru_cache(maxsize=REMEMBERED)
def _parts(user: str) -> tuple[str, str]:
    folded = user.strip().casefold()
    domain, backslash, name = folded.rpartition("\\")
    if backslash:
        return (domain, name)
    canonical = CANONICAL.fullmatch(folded)
    return (canonical[1], canonical[2]) if canonical else ("", folded.partition("@")[0])
