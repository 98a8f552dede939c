"""Behaviour analytics: one `.sql` file each over the views, the rollups and the facts."""

from tocsin.detect.analytics.analytic import Analytic, Evidence, Key, Threshold
from tocsin.detect.analytics.pack import PACK, AnalyticSet, Refused, load_analytics
from tocsin.detect.analytics.running import Hit, Outcome, run_analytic
from tocsin.detect.analytics.window import Budget, Window, open_window

__all__ = [
    "PACK",
    "Analytic",
    "AnalyticSet",
    "Budget",
    "Evidence",
    "Hit",
    "Key",
    "Outcome",
    "Refused",
    "Threshold",
    "Window",
    "load_analytics",
    "open_window",
    "run_analytic",
]
