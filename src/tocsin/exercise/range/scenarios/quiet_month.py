"""quiet-month: nothing happens, except what happens in every month.

Three crowds visit public sites for good reasons, administrators work in storms, updates and new software come,
backups are tried, passwords are forgotten, a scanner runs at the wrong time. All surprises are named in the ground
truth, none is an attack: what a detector says here is a false alarm or a lesson about its thresholds.
"""

from datetime import date

from tocsin.exercise.range.scenario import Plot, Scenario
from tocsin.exercise.range.surprises import (
    after_holidays,
    audit_week,
    crowd,
    maintenance,
    migration,
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

_CROWDS = (  # share of the month, time, hours, people per host of the largest member, title, pages, peaks
    (
        0.2,
        "20:00",
        5.0,
        5.0,
        "Election night",
        ("/results", "/results/map", "/api/results.json", "/results/turnout"),
        4,
    ),
    (
        0.5,
        "06:30",
        17.5,
        3.0,
        "Deadline day of the tax office",
        ("/tax/login", "/tax/form", "/tax/upload", "/tax/help"),
        2,
    ),
    (0.77, "17:10", 3.0, 3.0, "Storm warning", ("/warnings", "/warnings/map", "/outages"), 1),
)


def plan(plot: Plot) -> None:
    """Harmless surprises only."""
    largest = plot.alliance.largest
    energy = plot.alliance.of_sector("energy", "telecom")
    for place, (share, clock, hours, people, title, pages, peaks) in enumerate(_CROWDS):
        member = energy if place == len(_CROWDS) - 1 else largest
        visitors = round(people * len(largest.hosts))
        crowd(plot, member, title, share, clock, hours, visitors, pages, peaks=peaks, capacity=visitors / 500)
    for member in plot.alliance.members:
        for day in patch_tuesdays(plot):
            patch_day(plot, member, day)
    _works(plot)
    _mishaps(plot)


def _works(plot: Plot) -> None:
    largest, others = plot.alliance.largest, plot.alliance.members
    storm(plot, largest, 0.12)
    storm(plot, largest, 0.63, "09:35", machines=60)
    storm(plot, others[0], 0.4, machines=15)
    rollout(plot, largest, "Paperless Desk", 0.3, 9)
    rollout(plot, plot.alliance.of_sector("energy", "telecom"), "Grid Viewer", 0.45, 6, share=0.3)
    onboarding(plot, largest, 0.02, 40)
    audit_week(plot, largest, 0.55)
    restore_test(plot, largest, 0.34)
    rebuilt(plot, largest, 0.71)
    migration(plot, largest, 0.4)
    maintenance(plot, largest, 0.83)


def _mishaps(plot: Plot) -> None:
    largest, energy = plot.alliance.largest, plot.alliance.of_sector("energy", "telecom")
    old_service_password(plot, largest, 0.58)
    old_service_password(plot, energy, 0.26, hours=3.0)
    wrong_scan(plot, largest, 0.47)
    after_holidays(plot, largest, 0.74)
    stuck_telephone(plot, largest, 0.6)


SCENARIO = Scenario(
    id="quiet-month",
    title="A quiet month",
    about="Benign only: flash crowds, administrators' storms, patch days, rollouts, backups, mistakes.",
    source="made up after what incident responders call false alarms; nothing is an attack",
    plan=plan,
    days=30,
    hosts=5_000,
    first=date(2026, 3, 2),
)
