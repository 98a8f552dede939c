"""Harmless surprises with a name: what makes a quiet month look alarming. Each is noted in the ground truth (`benign`).

ordinary(plot)     what every month brings to every member: patch days, the mishaps of a month
crowd, storm, …    single ones, for scenarios that want them at a time of their own
"""

from tocsin.exercise.range.scenario import Plot
from tocsin.exercise.range.surprises.crowds import crowd
from tocsin.exercise.range.surprises.mishaps import after_holidays, old_service_password, stuck_telephone, wrong_scan
from tocsin.exercise.range.surprises.works import (
    audit_week,
    maintenance,
    migration,
    onboarding,
    patch_day,
    patch_tuesdays,
    rebuilt,
    restore_test,
    rollout,
    storm,
)

_MONTH = 30  # days


def ordinary(plot: Plot) -> None:
    """Patch days at every member; each month, at one member in turn, a mishap and works."""
    for member in plot.alliance.members:
        for day in patch_tuesdays(plot):
            patch_day(plot, member, day)
    members = sorted(plot.alliance.members, key=lambda member: -member.share)
    for month in range(plot.days // _MONTH):
        member = members[month % len(members)]
        first = month * _MONTH
        storm(plot, member, first + 9)
        old_service_password(plot, member, first + 17)
        rebuilt(plot, member, first + 23)


__all__ = [
    "after_holidays",
    "audit_week",
    "crowd",
    "maintenance",
    "migration",
    "old_service_password",
    "onboarding",
    "ordinary",
    "patch_day",
    "patch_tuesdays",
    "rebuilt",
    "restore_test",
    "rollout",
    "storm",
    "stuck_telephone",
    "wrong_scan",
]
