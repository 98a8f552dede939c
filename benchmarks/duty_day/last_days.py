"""The last days of the exercise `albania-2022`, record for record, with a flash crowd on the day of the encryption.

The whole plot of fourteen months is planned, and what falls into the window is written: planning takes seconds, and the
background of a day is a function of member, day and seed. So these are the records that `tocsin exercise albania-2022`
writes for those days, plus the crowd. Days before the last are what a node knows as usual.
"""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from tocsin.exercise.range import Plot, Scenario, scenario_by_id
from tocsin.exercise.range.alliance import Alliance
from tocsin.exercise.range.sizing import sized
from tocsin.exercise.range.surprises import crowd

WHOLE = scenario_by_id("albania-2022")
LAST_DAY = date(2022, 7, 15)  # the encryption; the wiper comes up to 40 hours later
DAYS_BEFORE, DAYS_AFTER = 5, 2
MEMBERS = 4
CROWD = "Ticket sale of the national theatre"
CROWD_HOURS = 5.0
CROWD_A_HOST = 40  # people who come, for each host of the member


def alliance(seed: int, scale: float) -> Alliance:
    """The members that play."""
    return sized(MEMBERS, round(WHOLE.hosts * scale), seed, WHOLE.setting)


def last_days(crowd_a_host: int = CROWD_A_HOST) -> Scenario:
    """The window as a scenario of its own."""
    first = LAST_DAY - timedelta(days=DAYS_BEFORE)
    days, plan = DAYS_BEFORE + 1 + DAYS_AFTER, partial(_plan, crowd_a_host)
    return replace(WHOLE, id="albania-2022-last-days", plan=plan, days=days, first=first)


def _plan(crowd_a_host: int, plot: Plot) -> None:
    """Plan fourteen months and the crowd; keep what the window shows."""
    whole = Plot(plot.alliance, plot.seed, WHOLE.first_day, WHOLE.days, plot.attack)
    WHOLE.plan(whole)
    _crowd(whole, plot.first_day + DAYS_BEFORE, crowd_a_host)
    window = range(plot.first_day, plot.first_day + plot.days)
    plot.planned.update({at: batches for at, batches in whole.planned.items() if at[1] in window})
    plot.stages += whole.stages
    plot.silences.update(whole.silences)
    plot.surprises += [
        each for each in whole.surprises if each.first_us < plot.last_us and each.last_us > plot.first_us
    ]


def _crowd(whole: Plot, day: int, crowd_a_host: int) -> None:
    """People of the second largest member's country want a page at the same time, and get it."""
    member = whole.alliance.members[-2]
    people = crowd_a_host * max(len(member.hosts), 60)
    crowd(
        whole, member, CROWD, day - whole.first_day, "09:00", CROWD_HOURS, people, ("/tickets", "/tickets/seats"),
        peaks=2, capacity=people / 400,
    )  # fmt: skip
