"""albania-2022: fourteen months inside a government, after ATT&CK campaign C0038 (HomeLand Justice).

Eight stages: an exploit of the public SharePoint server in May 2021, web shells that are visited about once a week for
a year, looking around, spreading, credentials, searches of mailboxes for months, mail that leaves in some nights, and
on 15 July 2022 an encryptor and a wiper. Between them nothing happens for weeks. Around it lie fourteen months of
ordinary days: patch days, an election, rollouts, new colleagues, mistakes. The ministries still have Exchange and
SharePoint in their own house.

So that fourteen months stay small, machines speak by themselves at a quarter of their ordinary pace; people do not.
"""

from datetime import date

from tocsin.exercise.range.alliance import Setting
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
    onboarding,
    ordinary,
    restore_test,
    rollout,
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
    """Harmless surprises over the time; shares of the exercise, so that a shorter one has them too."""
    largest = plot.alliance.largest
    others = [member for member in plot.alliance.members if member is not largest]
    people = 4 * len(largest.hosts)
    ordinary(plot)
    crowd(plot, largest, "Election night", 0.11, "20:00", 5.0, people, ("/results", "/results/map"), peaks=3,
          capacity=people / 400)  # fmt: skip
    crowd(plot, largest, "Deadline day of the tax office", 0.72, "07:00", 16.0, people, ("/tax/login", "/tax/form"),
          peaks=2, capacity=people / 400)  # fmt: skip
    rollout(plot, largest, "Paperless Desk", 0.21, 21)
    rollout(plot, largest, "Secure Print", 0.78, 12, share=0.4)
    for share in (0.04, 0.31, 0.66, 0.93):
        onboarding(plot, largest, share, 12)
    audit_week(plot, largest, 0.44)
    restore_test(plot, largest, 0.37, files=600)
    restore_test(plot, largest, 0.86, files=600)
    maintenance(plot, largest, 0.52)
    wrong_scan(plot, largest, 0.59)
    after_holidays(plot, largest, 0.56)
    stuck_telephone(plot, largest, 0.15)
    for number, member in enumerate(others):
        stuck_telephone(plot, member, 0.2 + number / 5)
        after_holidays(plot, member, 0.57)


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
