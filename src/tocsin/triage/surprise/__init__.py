"""Surprise before severity: how unusual a finding is by the past, and which unusual ones are one episode."""

from tocsin.triage.surprise.episode import Episode, worth
from tocsin.triage.surprise.episodes import episodes
from tocsin.triage.surprise.history import History, Judged, Surprise
from tocsin.triage.surprise.queue import Queue, queue
from tocsin.triage.surprise.reasons import reason
from tocsin.triage.surprise.runs import Run, Sighting, runs_of
from tocsin.triage.surprise.story import Line, story

__all__ = [
    "Episode", "History", "Judged", "Line", "Queue", "Run", "Sighting", "Surprise", "episodes", "queue", "reason",
    "runs_of", "story", "worth",
]  # fmt: skip
