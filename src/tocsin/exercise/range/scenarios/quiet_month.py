"""quiet-month: nothing happens, except what happens in every month."""

from datetime import date

from tocsin.exercise.range.scenario import Plot, Scenario


def plan(plot: Plot) -> None:
    """Harmless surprises only."""


SCENARIO = Scenario(
    id="quiet-month",
    title="A quiet month",
    about="Benign only: flash crowds, administrators' storms, patch days, backups, mistakes.",
    source="none: nothing of it happened",
    plan=plan,
    days=30,
    hosts=5_000,
    first=date(2026, 3, 2),
)
