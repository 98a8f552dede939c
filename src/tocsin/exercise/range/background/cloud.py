"""Microsoft 365 on an ordinary day: sign-ins, mail, files, Teams, the odd wrong password, people who travel.

What is thinned out: the member's collector keeps mailbox audit of one in three people and one sign-in an app and day.
"""

import numpy as np

from tocsin.exercise.range.actions.mailbox import CITIES, cmdlet, operation, reads_mail, signs_in
from tocsin.exercise.range.background.homes import ABROAD, HOME, home_addresses, travellers
from tocsin.exercise.range.background.outward import sizes
from tocsin.exercise.range.background.rhythm import Today
from tocsin.exercise.range.columns import Column, Integers, Made, Mask, Pool, taken
from tocsin.exercise.range.internet import zipf_codes
from tocsin.exercise.range.scene import Scene

_LISTED = 0.45  # of the people have a sign-in in the log a day
_AUDITED = 3  # one in three mailboxes
_SITES = Pool(["Budget", "Projects", "HR", "Press", "Council", "IT", "Archive", "Legal"])
_RULES = ("Newsletter", "Project", "Invoices")


def cloud_day(scene: Scene, today: Today) -> None:
    """Everything of a day in the cloud."""
    if not scene.member.logs("m365"):
        return
    chance, member = scene.chance, scene.member
    people = today.at_work(chance, member.accounts_of("person"))
    _sign_ins(scene, today, people)
    _mail(scene, today, people[people % _AUDITED == 0])
    _files(scene, today, people)
    _housekeeping(scene, today, people)


def _sign_ins(scene: Scene, today: Today, people: Integers) -> None:
    chance, member = scene.chance, scene.member
    country = HOME[member.language]
    for app, share in (("Office 365 Exchange Online", 0.5), ("Microsoft Teams", 0.3), ("OfficeHome", 0.2)):
        chosen = people[chance.random(len(people)) < _LISTED * share]
        if not len(chosen):
            continue
        times = today.arrivals(chance, chosen) + chance.integers(0, 40_000_000, len(chosen))
        mfa = chance.random(len(chosen)) < 0.3
        addresses = home_addresses(scene, chosen)
        for group, with_mfa in ((mfa, True), (~mfa, False)):
            if group.any():
                from_ = taken(addresses, group)
                signs_in(scene, times[group], chosen[group], from_, country=country, city=CITIES[country], app=app,
                         client="Mobile Apps and Desktop clients", mfa=with_mfa,
                         device=member.of_host("name", np.maximum(member.desk_of[chosen[group]], 0)))  # fmt: skip
    _wrong(scene, today, people, country)
    _travellers(scene, today)


def _wrong(scene: Scene, today: Today, people: Integers, country: str) -> None:
    """Wrong passwords, expired ones, a second factor that is asked for first."""
    chance = scene.chance
    for error, share in ((50126, 0.025), (50074, 0.05), (50055, 0.003), (50053, 0.002)):
        chosen = people[chance.random(len(people)) < share]
        if len(chosen):
            tries = np.repeat(chosen, chance.geometric(0.6, len(chosen)))
            times = np.sort(today.during(chance, today.arrivals(chance, tries)))
            signs_in(
                scene,
                times,
                tries,
                home_addresses(scene, tries, 0.5),
                country=country,
                city=CITIES[country],
                error=error,
            )


def _travellers(scene: Scene, today: Today) -> None:
    """A few people are abroad for some days and sign in from hotels and airports."""
    chance = scene.chance
    away, places, addresses = travellers(today)
    for place, country in enumerate(ABROAD):
        chosen = np.flatnonzero(places == place)
        if len(chosen) and chance.random() < 0.8:
            people = np.repeat(away[chosen], 2)
            times = np.sort(today.during(chance, today.arrivals(chance, people)))
            signs_in(scene, times, people, taken(addresses, np.repeat(chosen, 2)), country=country,
                     city=CITIES.get(country, ""), app="Office 365 Exchange Online", mfa=True)  # fmt: skip


def _mail(scene: Scene, today: Today, people: Integers) -> None:
    """Mail is read in bursts, written now and then; delegates read the mail of those they work for."""
    chance, member = scene.chance, scene.member
    if not len(people):
        return
    readers = np.repeat(
        people, chance.poisson(3.2 * np.minimum(member.busyness[np.maximum(member.desk_of[people], 0)], 4))
    )
    arrivals = today.arrivals(chance, readers)
    times = today.during(chance, arrivals)
    items = chance.zipf(1.9, len(readers)).clip(1, 900)
    for client, group in _clients(chance, len(readers)):
        if group.any():
            reads_mail(
                scene,
                times[group],
                readers[group],
                taken(home_addresses(scene, readers), group),
                items=items[group],
                client=client,
            )
    senders = np.repeat(people, chance.poisson(1.1, len(people)))
    subjects = Pool(member.tongue.subjects)
    sent = today.during(chance, today.arrivals(chance, senders))
    number = chance.integers(0, 1 << 40, len(senders))
    subject = subjects.pick(chance.integers(0, len(subjects), len(senders)))
    item = Made(f'{{"InternetMessageId":"<%012x@{member.domain}>","Subject":"%s","SizeInBytes":%d}}',
                (number, subject, sizes(chance, len(senders), 40_000, 1.6)))  # fmt: skip
    values: dict[str, Column] = {"Workload": "Exchange", "Item!": item}
    operation(scene, "Send", sent, senders, home_addresses(scene, senders), **values)
    _delegates(scene, today, people)


def _clients(chance: np.random.Generator, count: int) -> list[tuple[str, Mask]]:
    drawn = chance.random(count)
    return [
        ("Client=OutlookService;Outlook-Desktop;", drawn < 0.6),
        ("Client=OWA;Action=ViaProxy", (drawn >= 0.6) & (drawn < 0.8)),
        ("Client=REST;Client=RESTSystem;;", drawn >= 0.8),
    ]


def _delegates(scene: Scene, today: Today, people: Integers) -> None:
    """Assistants read the mailboxes of their directors."""
    chance, member = scene.chance, scene.member
    for director in people[:: max(1, len(people) // 8)].tolist():
        assistant = member.accounts[(director + 1) % len(member.accounts_of("person"))]
        count = int(chance.poisson(6))
        if count:
            owners = np.full(count, director)
            reads_mail(scene, today.during(chance, today.arrivals(chance, owners)), owners, member.public, by=assistant)


def _files(scene: Scene, today: Today, people: Integers) -> None:
    chance, member = scene.chance, scene.member
    for name, rate in (("FileAccessed", 0.5), ("FileModified", 0.18), ("FileDownloaded", 0.08), ("FileUploaded", 0.05)):
        who = np.repeat(people, chance.poisson(rate * chance.lognormal(-0.5, 1.0, len(people))))
        if not len(who):
            continue
        site = _SITES.pick(zipf_codes(chance, len(_SITES), len(who)))
        document = member.documents.pick(zipf_codes(chance, len(member.documents), len(who), 0.8))
        url = Made(f"https://{member.folder}.sharepoint.example/sites/%s/Shared Documents/%s.docx", (site, document))
        times = today.during(chance, today.arrivals(chance, who))
        operation(
            scene, name, times, who, home_addresses(scene, who), Workload="SharePoint", RecordType="6", ObjectId=url,
            ItemType="File", EventSource="SharePoint", SourceFileExtension="docx",
        )  # fmt: skip


def _housekeeping(scene: Scene, today: Today, people: Integers) -> None:
    """Deletions, inbox rules that people make, administrators' cmdlets with a ticket."""
    chance, member = scene.chance, scene.member
    who = people[chance.random(len(people)) < 0.08]
    if len(who):
        operation(
            scene,
            "MoveToDeletedItems",
            today.during(chance, today.arrivals(chance, who)),
            who,
            home_addresses(scene, who),
            Workload="Exchange",
        )
    for number in people[chance.random(len(people)) < 0.002].tolist():
        rule = _RULES[number % len(_RULES)]
        person = member.accounts[number]
        cmdlet(scene, "New-InboxRule", today.times(chance, (0.0,) * 8 + (1.0,) * 9 + (0.0,) * 7, 1), person,
               {"Name": rule, "SubjectContainsWords": rule, "MoveToFolder": rule},
               target=f"{person.name}\\{rule}")  # fmt: skip
    administration(scene, today)


def administration(scene: Scene, today: Today) -> None:
    """What administrators of Exchange do: permissions for assistants, quotas, rarely an export for the lawyers."""
    chance, member = scene.chance, scene.member
    admins, people = member.accounts_of("admin"), member.accounts_of("person")
    for name, rate, parameters in (
        ("Set-Mailbox", 0.9, {"IssueWarningQuota": "45GB"}),
        ("Add-MailboxPermission", 0.25, {"AccessRights": "FullAccess", "InheritanceType": "All"}),
        ("Add-MailboxFolderPermission", 0.5, {"AccessRights": "Reviewer"}),
        ("Set-CASMailbox", 0.3, {"ActiveSyncEnabled": "True"}),
        ("Get-MailboxStatistics", 1.2, {}),
        ("New-MailboxExportRequest", 0.02, {"FilePath": r"\\backup\legal\case.pst"}),
        ("New-DistributionGroup", 0.1, {"Type": "Distribution"}),
    ):
        for _ in range(int(chance.poisson(rate * today.presence * min(1.0, len(people) / 2_000)))):
            who = member.accounts[int(admins[chance.integers(0, len(admins))])]
            owner = member.accounts[int(people[chance.integers(0, len(people))])]
            times = today.times(chance, (0.0,) * 8 + (1.0,) * 9 + (0.0,) * 7, 1)
            cmdlet(scene, name, times, who, {"Identity": owner.name, **parameters}, target=owner.name)
