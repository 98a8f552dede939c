"""albania-2022: fourteen months inside a government, after ATT&CK campaign C0038 (HomeLand Justice).

Eight stages: an exploit of the public SharePoint server in May 2021, web shells that are visited about once a week for
a year, looking around, spreading, credentials, searches of mailboxes for months, mail that leaves in some nights, and
on 15 July 2022 an encryptor and a wiper. Between them nothing happens for weeks. Around it lie fourteen months of
ordinary days: patch days, an election, rollouts, new colleagues, mistakes. The ministries still have Exchange and
SharePoint in their own house.

So that fourteen months stay small, machines speak by themselves at a quarter of their ordinary pace; people do not.
"""

from datetime import date

from tocsin.exercise.range.alliance import Member, Setting
from tocsin.exercise.range.scenario import Plot, Scenario
from tocsin.exercise.range.scenarios.albania_entry import (
    credential_access,
    discovery,
    initial_access,
    lateral_movement,
    web_shell,
)
from tocsin.exercise.range.scenarios.albania_impact import ransomware_and_wiper
from tocsin.exercise.range.scenarios.albania_intruder import LENGTH, choose
from tocsin.exercise.range.scenarios.albania_mail import exfiltration, mailbox_theft
from tocsin.exercise.range.surprises import (
    after_holidays,
    audit_week,
    crowd,
    maintenance,
    old_service_password,
    onboarding,
    patch_day,
    patch_tuesdays,
    rebuilt,
    restore_test,
    rollout,
    storm,
    stuck_telephone,
    wrong_scan,
)


def plan(plot: Plot) -> None:
    """Eight stages at the government, and what fourteen months bring to everybody."""
    _months(plot)
    intruder = choose(plot, plot.alliance.of_sector("ministry"))
    entered = initial_access(intruder)
    web_shell(intruder, entered)
    discovery(intruder)
    lateral_movement(intruder)
    credential_access(intruder)
    mailbox_theft(intruder)
    exfiltration(intruder)
    ransomware_and_wiper(intruder)


def _months(plot: Plot) -> None:
    """Harmless surprises as often as members of this size have them; a shorter exercise has them too."""
    largest = plot.alliance.largest
    others = [member for member in plot.alliance.members if member is not largest]
    for member in plot.alliance.members:
        for day in patch_tuesdays(plot):
            patch_day(plot, member, day)
    _government(plot, largest)
    for number, member in enumerate(others):
        stuck_telephone(plot, member, 0.2 + number / 5)
        after_holidays(plot, member, 0.57)
        storm(plot, member, 0.3 + number / 10, machines=30)
        old_service_password(plot, member, 0.1 + number / 4)
    rebuilt(plot, others[-1] if others else largest, 0.68)


def _government(plot: Plot, member: Member) -> None:
    people = 4 * len(member.hosts)
    for title, share, clock, hours, pages in (
        ("Election night", 0.11, "20:00", 5.0, ("/results", "/results/map")),
        ("Deadline day of the tax office", 0.72, "07:00", 16.0, ("/tax/login", "/tax/form")),
    ):
        crowd(plot, member, title, share, clock, hours, people, pages, peaks=2, capacity=people / 400)
    rollout(plot, member, "Paperless Desk", 0.21, 21)
    rollout(plot, member, "Secure Print", 0.78, 12, share=0.4)
    for share in (0.08, 0.33, 0.61, 0.9):
        storm(plot, member, share)
    for share in (0.27, 0.49, 0.82):
        old_service_password(plot, member, share)
    for share in (0.31, 0.66):
        onboarding(plot, member, share, 12)
    for share in (0.37, 0.86):
        restore_test(plot, member, share, files=600)
    audit_week(plot, member, 0.44)
    maintenance(plot, member, 0.52)
    wrong_scan(plot, member, 0.59)
    after_holidays(plot, member, 0.56)
    stuck_telephone(plot, member, 0.15)
    rebuilt(plot, member, 0.24)


SCENARIO = Scenario(
    id="albania-2022",
    title="Fourteen months in a government",
    about="C0038: SharePoint, a web shell visited once a week, mail taken for months, then encryption and a wiper.",
    source="CISA AA22-264A, 23 September 2022; Microsoft on the attacks on Albania, 8 September 2022; ATT&CK C0038",
    plan=plan,
    days=LENGTH,
    hosts=80,
    first=date(2021, 5, 17),
    setting=Setting(heartbeat=240, pace=4, own_mail=True),
)
