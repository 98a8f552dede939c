"""Sign-ins to the cloud and what is done with mail and files there; administration of Exchange in either place.

    signs_in(scene, times, accounts, addresses, country="AL")            Entra
    reads_mail(scene, times, accounts, addresses, items=…)               unified audit: MailItemsAccessed
    cmdlet(scene, "New-MailboxExportRequest", times, admin, {"Mailbox": …})   admin audit CSV, or unified audit

A member of the best logging quality has Microsoft 365 (`member.logs("m365")`); one of good quality its own Exchange
with admin audit and IIS; the others neither.
"""

import json
from collections.abc import Mapping

import numpy as np

from tocsin.exercise.range.actions.processes import Who, account_numbers, label
from tocsin.exercise.range.actions.traffic import moments_of
from tocsin.exercise.range.actions.web import CHROME
from tocsin.exercise.range.alliance import Account
from tocsin.exercise.range.columns import Column, Made, Pick, Pool
from tocsin.exercise.range.scene import Scene, Times

APPS = {
    "Office 365 Exchange Online": "00000002-0000-0ff1-ce00-000000000000",
    "Microsoft Teams": "1fec8e78-bce4-4aaf-ab1b-5451cc387264",
    "Office 365 SharePoint Online": "00000003-0000-0ff1-ce00-000000000000",
    "OfficeHome": "4765445b-32c6-49b0-83e6-1d93765276ca",
    "Azure Portal": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
    "Microsoft Azure PowerShell": "1950a258-227b-4e31-a9cf-717495945fc2",
}
FAILURES = {
    50126: "Invalid username or password or Invalid on-premise username or password.",
    50053: "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.",
    50034: "The user account does not exist in the directory.",
    50074: "Strong Authentication is required.",
    50055: "The password is expired.",
    50057: "The user account is disabled.",
}
CITIES = {
    "AL": "Tirana", "GR": "Athina", "BE": "Brussels", "AT": "Wien", "UA": "Kyiv", "IE": "Dublin", "DE": "Berlin",
    "FR": "Paris",
    "IT": "Roma", "PL": "Warszawa", "RO": "Bucuresti", "NL": "Amsterdam", "US": "Washington", "TR": "Istanbul",
    "GB": "London",
}  # fmt: skip


def _directory(scene: Scene) -> int:
    return scene.member.one("domain-controller").index


def user_uid(scene: Scene, who: Who) -> Column:
    """The object id of an account."""
    numbers = np.atleast_1d(np.asarray(account_numbers(who), dtype=np.int64))
    parts = (numbers * 40_503 + scene.member.number, numbers + 0x1000)
    spec = "%08x-0000-4000-8000-%012x"
    return Made(spec, parts) if isinstance(who, np.ndarray) else spec % tuple(int(part[0]) for part in parts)


def signs_in(
    scene: Scene,
    times: Times,
    who: Who,
    addresses: Column,
    *,
    country: Column = "",
    city: Column = "",
    app: str = "OfficeHome",
    client: str = "Browser",
    agent: Column = CHROME,
    error: int = 0,
    mfa: bool = False,
    device: Column = "",
    account: Column | None = None,
) -> None:
    """A sign-in to Entra, as Graph lists them. `error` is one of FAILURES or 0.

    `account` is a name that is nobody's; then `who` is None.
    """
    moments = moments_of(times)
    member = scene.member
    name: Column = account if account is not None else member.of_account("mail", account_numbers(who))
    display: Column = "" if account is not None else member.of_account("display", account_numbers(who))
    failure = "Other." if not error else FAILURES[error]
    values: dict[str, Column] = {
        "userDisplayName": display,
        "userPrincipalName": name,
        "userId": "00000000-0000-0000-0000-000000000000" if account is not None else user_uid(scene, who),
        "appId": APPS[app],
        "appDisplayName": app,
        "ipAddress": addresses,
        "clientAppUsed": client,
        "userAgent": agent,
        "isInteractive!": "true",
        "authenticationRequirement": "multiFactorAuthentication" if mfa else "singleFactorAuthentication",
        "conditionalAccessStatus": "success" if mfa and not error else "notApplied",
        "riskLevelDuringSignIn": "none",
        "resourceDisplayName": "Microsoft Graph",
        "status.errorCode": error,
        "status.failureReason": failure,
        "deviceDetail.displayName": device,
        "deviceDetail.operatingSystem": "Windows10" if device != "" else "",
        "location.city": city,
        "location.countryOrRegion": country,
    }
    scene.note("entra", "", moments, _directory(scene), label(member, who) if account is None else "", **values)


def operation(
    scene: Scene, name: str, times: Times, who: Who, addresses: Column, /, *, agent: Column = "", **values: Column
) -> None:
    """Anything of the unified audit log by the name of its operation; values in the log's own names."""
    member = scene.member
    given: dict[str, Column] = {
        "UserId": member.of_account("mail", account_numbers(who)),
        "UserKey": user_uid(scene, who),
        "ClientIP": addresses,
    }
    if agent != "":
        given["UserAgent"] = agent
    scene.note("m365", name, moments_of(times), _directory(scene), label(member, who), **{**given, **values})


_FOLDERS = Pool(["\\\\Inbox", "\\\\Sent Items", "\\\\Archive", "\\\\Drafts", "\\\\Deleted Items"])


def reads_mail(
    scene: Scene,
    times: Times,
    owners: Who,
    addresses: Column,
    *,
    items: Column = 1,
    access: str = "Bind",
    client: str = "Client=REST;Client=RESTSystem;;",
    by: Account | None = None,
    external: bool = False,
) -> None:
    """Mailbox items are read: `Bind` single messages, `Sync` whole folders. `by` is who reads somebody else's mail."""
    moments = moments_of(times)
    folder = Pick(_FOLDERS, scene.chance.choice(5, size=len(moments), p=(0.72, 0.12, 0.08, 0.04, 0.04)))
    message = scene.chance.integers(0, 1 << 40, len(moments))
    properties = [{"Name": "MailAccessType", "Value": access}, {"Name": "IsThrottled", "Value": "False"}]
    owner = scene.member.of_account("mail", account_numbers(owners))
    operation(
        scene, "MailItemsAccessed", moments, by or owners, addresses,
        **{
            "MailboxOwnerUPN": owner, "MailboxGuid": user_uid(scene, owners), "ClientIPAddress": addresses,
            "ClientInfoString": client, "LogonType": 0 if by is None else 2, "ExternalAccess!": str(external).lower(),
            "OperationCount": items, "OperationProperties!": json.dumps(properties),
            "Folders!": Made(
                f'[{{"FolderItems":[{{"InternetMessageId":"<%012x@{scene.member.domain}>","SizeInBytes":%d}}],"Path":"%s"}}]',
                (message, scene.chance.lognormal(10.3, 1.4, len(moments)).astype(np.int64), folder),
            ),
        },
    )  # fmt: skip


def cmdlet(
    scene: Scene,
    name: str,
    times: Times,
    who: Account,
    parameters: Mapping[str, str],
    *,
    target: str = "",
    addresses: Column = "",
    error: str = "None",
) -> None:
    """An administrator runs a cmdlet of Exchange: unified audit where the member has Microsoft 365, else the CSV."""
    member = scene.member
    if member.logs("m365"):
        rows = json.dumps([{"Name": key, "Value": value} for key, value in parameters.items()], ensure_ascii=False)
        operation(
            scene, name, times, who, addresses or member.public,
            **{
                "RecordType": "1", "Workload": "Exchange", "ResultStatus": "True" if error == "None" else "False",
                "ObjectId": target, "ExternalAccess!": "false", "OrganizationName": member.domain,
                "OriginatingServer": "AM0PR01MB0001 (15.20.8466.000)", "Parameters!": rows,
            },
        )  # fmt: skip
        return
    text = "; ".join(f"-{key} {value}" for key, value in parameters.items())
    scene.note(
        "exchange", name, moments_of(times), member.one("exchange"), who,
        object=target, parameters=text, caller=who.name, error=error,
    )  # fmt: skip
