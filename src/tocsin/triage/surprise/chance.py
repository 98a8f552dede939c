"""How near in time two things must lie so that their meeting is hardly chance."""

from tocsin.triage.surprise.history import DAY, HOUR, Judged
from tocsin.triage.surprise.runs import PAUSE

CHANCE = 0.03  # that a stranger lies in a gap
LEAST_GAP, MOST_GAP = PAUSE, HOUR  # seconds, on one host
LEAST_MEANWHILE = 2 * PAUSE  # seconds around a strong episode, both sides together
LONGEST = 2 * HOUR  # of a run, as far as it brings others together
_PRIOR_EPISODES, _PRIOR_SECONDS = 0.5, DAY / 2


def gap(before: int, memory: float, least: float) -> float:
    """Seconds within which a stranger lies with a probability of CHANCE, after so many episodes in the memory."""
    rate = (before + _PRIOR_EPISODES) / (memory + _PRIOR_SECONDS)
    return max(least, min(MOST_GAP, CHANCE / rate))


def end(judged: Judged) -> float:
    """Until when a run brings others together."""
    return min(judged.run.last, judged.run.first + LONGEST)
