"""Who may call which endpoint: one table, and nothing that is not in it.

Rules (OWASP ASVS 5 V8):
1. An endpoint without a row cannot be called by anybody; one with a row only by the roles and scopes named there.
2. An account that still has to change its password or set up its second factor reaches only the rows made for that.
3. An admin manages people and configuration, and reads incidents; he never sees one that is restricted to named
   people, named or not. An auditor reads and changes nothing.
4. A restricted incident is seen by the people it names only, and by no machine; by nobody whose account an admin has
   reset since it names him, until it is restricted anew. Who belongs to one organisation sees no incident of another.
5. What looks at the whole node (`whole`: hunts, a person's data, the check, the rules, which sensors are in service,
   assets, constituents and what they are told, who talked to what is to be blocked) is not for who belongs to one
   organisation.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tocsin.node.people.accounts import Account, Role, Stage
from tocsin.node.people.principal import Machine, Nobody, Person, Principal
from tocsin.node.people.tokens import Scope
from tocsin.words.messages import say


@dataclass(frozen=True, slots=True)
class Access:
    """One row: the roles and scopes that may, from which stage on; `whole` is rule 5."""

    roles: frozenset[Role] = frozenset()
    scopes: frozenset[Scope] = frozenset()
    everybody: bool = False
    stage: Stage = Stage.READY
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call is allowed, and why not. `unknown`: logging in could change the answer."""

    allowed: bool
    reason: str = ""
    unknown: bool = False


def _roles(*roles: Role, scope: Scope | None = None) -> Access:
    return Access(frozenset(roles), frozenset() if scope is None else frozenset({scope}))


def _whole(*roles: Role) -> Access:
    return Access(frozenset(roles), whole=True)


_ALL = frozenset(Role)
_OWN = {Role.ANALYST, Role.LEAD, Role.RELEASER, Role.AUDITOR, Role.ADMIN, Role.LEADER}
_READERS = {Role.ANALYST, Role.LEAD, Role.RELEASER, Role.AUDITOR, Role.ADMIN}
_WORKERS = {Role.ANALYST, Role.LEAD}
_BRAKE = {Role.ANALYST, Role.LEAD, Role.RELEASER, Role.ADMIN}

PERMISSIONS: Mapping[str, Access] = MappingProxyType(
    {
        "healthz": Access(everybody=True),
        "login": Access(everybody=True),
        "openid.start": Access(everybody=True),
        "openid.callback": Access(everybody=True),
        "logout": Access(_ALL, stage=Stage.PASSWORD),
        "me": Access(_ALL, stage=Stage.PASSWORD),
        "password": Access(_ALL, stage=Stage.PASSWORD),
        "sessions.list": Access(_ALL),
        "sessions.end": Access(_ALL),
        "totp.enrol": Access(_ALL, stage=Stage.SECOND_FACTOR),
        "totp.confirm": Access(_ALL, stage=Stage.SECOND_FACTOR),
        "users.list": _roles(Role.ADMIN, Role.AUDITOR),
        "users.add": _roles(Role.ADMIN),
        "users.role": _roles(Role.ADMIN),
        "users.disable": _roles(Role.ADMIN),
        "users.enable": _roles(Role.ADMIN),
        "users.reset": _roles(Role.ADMIN),
        "users.logout": _roles(Role.ADMIN),
        "tokens.list": _roles(Role.ADMIN, Role.AUDITOR),
        "tokens.add": _roles(Role.ADMIN),
        "tokens.revoke": _roles(Role.ADMIN),
        "status": _roles(*_OWN, scope=Scope.READ_STATUS),
        "sensors.list": _roles(*_OWN, scope=Scope.READ_STATUS),
        "sensors.retire": _whole(Role.LEAD, Role.ADMIN),
        "sensors.return": _whole(Role.LEAD, Role.ADMIN),
        "switches.list": _roles(*_OWN, scope=Scope.READ_STATUS),
        "switches.stop": _roles(*_BRAKE),
        "switches.request": _roles(*_BRAKE - {Role.ANALYST}),
        "switches.confirm": _roles(*_BRAKE - {Role.ANALYST}),
        "incidents.list": _roles(*_READERS, scope=Scope.READ_INCIDENTS),
        "incidents.show": _roles(*_READERS, scope=Scope.READ_INCIDENTS),
        "incidents.assign": _roles(*_WORKERS),
        "incidents.status": _roles(*_WORKERS),
        "incidents.note": _roles(*_WORKERS),
        "incidents.undo": _roles(*_WORKERS),
        "incidents.new": _roles(*_WORKERS),
        "incidents.acknowledge": _roles(*_WORKERS),
        "incidents.close": _roles(*_WORKERS),
        "incidents.reopen": _roles(*_WORKERS),
        "incidents.merge": _roles(*_WORKERS),
        "incidents.split": _roles(*_WORKERS),
        "incidents.restrict": _roles(Role.LEAD),
        "incidents.history": _roles(*_READERS),
        "duty.handover": _roles(*_READERS),
        "duty.report": _roles(*_READERS),
        "acting": _roles(*_READERS),
        "playbooks.list": _roles(*_READERS),
        "playbooks.show": _roles(*_READERS),
        "playbooks.for": _roles(*_READERS),
        "playbooks.start": _roles(*_WORKERS),
        "playbooks.step": _roles(*_WORKERS),
        "actions.list": _roles(*_READERS),
        "actions.show": _whole(*_READERS),
        "actions.propose": _whole(*_WORKERS),
        "actions.approve": _whole(*_WORKERS),
        "actions.withdraw": _whole(*_WORKERS),
        "actions.write": _whole(*_WORKERS),
        "actions.undo": _whole(*_WORKERS),
        "clocks.list": _roles(*_READERS),
        "clocks.kinds": _roles(*_READERS),
        "clocks.draft": _roles(*_READERS),
        "clocks.start": _roles(*_WORKERS),
        "clocks.done": _roles(*_WORKERS),
        "clocks.stop": _roles(*_WORKERS),
        "incidents.mark": _roles(*_WORKERS),
        "tellings.preview": _whole(*_WORKERS, Role.RELEASER),
        "tellings.ask": _whole(*_WORKERS),
        "tellings.release": _whole(Role.RELEASER),
        "constituents.list": _whole(*_READERS),
        "constituents.show": _whole(*_READERS),
        "constituents.import": _whole(Role.LEAD, Role.ADMIN),
        "assets.list": _whole(*_READERS),
        "assets.import": _whole(Role.LEAD, Role.ADMIN),
        "exceptions.offer": _roles(*_WORKERS),
        "exceptions.add": _roles(*_WORKERS),
        "exceptions.list": _roles(*_READERS),
        "exceptions.confirm": _roles(*_WORKERS),
        "exceptions.end": _roles(*_WORKERS),
        "findings.show": _roles(*_READERS),
        "findings.explain": _roles(*_WORKERS),
        "explain": _whole(*_WORKERS),
        "ledger.export": _roles(Role.AUDITOR),
        "ledger.verify": _roles(Role.AUDITOR),
        "ledger.rescues": _roles(Role.AUDITOR),
        "keys.list": _roles(*_READERS),
        "keys.rotate": _roles(Role.ADMIN),
        "keys.revoke": _roles(Role.ADMIN),
        "evidence.list": _roles(*_READERS),
        "evidence.hold": _roles(*_WORKERS),
        "evidence.release": _roles(Role.LEAD),
        "evidence.export": _roles(Role.LEAD),
        "privacy.find": _whole(Role.LEAD, Role.ADMIN),
        "privacy.erase": _whole(Role.LEAD, Role.ADMIN),
        "check": _whole(Role.LEAD, Role.AUDITOR, Role.ADMIN),
        "hunt": _whole(*_WORKERS),
        "rules.review": _whole(Role.LEAD, Role.ADMIN),
        "rules.place": _whole(Role.LEAD, Role.ADMIN),
        "notify.oncall": _roles(*_READERS),
        "notify.change": _whole(Role.LEAD, Role.ADMIN),
        "notify.messages": _whole(*_READERS),
        "notify.test": _whole(Role.LEAD, Role.ADMIN),
        "tickets.answer": Access(scopes=frozenset({Scope.TICKETS})),
        "indicators.list": _whole(*_READERS - {Role.AUDITOR}),
        "indicators.import": _whole(*_WORKERS),
        "indicators.remove": _whole(*_WORKERS),
        "push": Access(scopes=frozenset({Scope.PUSH})),
        "otlp": Access(scopes=frozenset({Scope.OTLP})),
    }
)
"""Endpoint name → who may."""

_ORDER = tuple(Stage)


def verdict(endpoint: str, principal: Principal, table: Mapping[str, Access] = PERMISSIONS) -> Verdict:
    """Whether the principal may call the endpoint. Rules 1 and 2."""
    access = table.get(endpoint)
    if access is None:
        return Verdict(False, say("Nobody may call this."))
    if access.everybody:
        return Verdict(True)
    match principal:
        case Nobody():
            return Verdict(False, say("This needs a login or a token."), unknown=True)
        case Machine(token=token):
            allowed = bool(token.scopes & access.scopes)
            return Verdict(allowed, "" if allowed else say("This token has no scope for this."))
        case Person(account=account):
            return _person(account, access)


def sees(principal: Principal, organisations: Collection[str], readers: Collection[str], since_us: int) -> bool:
    """Whether the principal may know of an incident of those organisations. Rules 3 and 4.

    `readers` names the people that it is restricted to as the ledger does (`account:…`), `since_us` when it was
    (microseconds since 1970); nobody named is everybody.
    """
    match principal:
        case Nobody():
            return False
        case Machine(token=token):
            return not readers and _belongs(organisations, token.organisation)
        case Person(account=account):
            if account.organisation and not _belongs(organisations, account.organisation):
                return False
            named = account.actor in readers and (not account.reset_us or account.reset_us < since_us)
            return not readers or (named and account.role is not Role.ADMIN)


def _belongs(organisations: Collection[str], own: str) -> bool:
    """Whether an incident is of this organisation alone; one of nobody's is not."""
    return set(organisations) == {own}


def _person(account: Account, access: Access) -> Verdict:
    if account.role not in access.roles:
        return Verdict(False, say("Your role ({role}) may not do this.", role=account.role))
    if access.whole and account.organisation:
        return Verdict(False, say("This looks at the whole node, and your account belongs to one organisation."))
    if _ORDER.index(account.stage) >= _ORDER.index(access.stage):
        return Verdict(True)
    if account.stage is Stage.PASSWORD:
        return Verdict(False, say("Change the password that you were given first."))
    return Verdict(False, say("Set up your one-time codes first."))
