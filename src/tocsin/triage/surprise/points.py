"""The rank of an episode as a sum that can be read aloud: each part with its evidence.

A kind counts once, by its most surprising run, in the part that made it surprising. One point is one bit, rounded in
each part, so that the sum can be checked by hand.

| part | counts |
|---|---|
| never here | kinds that their host never had in the memory |
| long unseen | kinds that their host had, but not at such a rate |
| unusual person | kinds that the person had not, or hardly |
| unusual size | kinds that came in far greater number than ever on that host |
| never anywhere | what the organisation never had counts half its surprise there once more |
"""

from collections import defaultdict
from collections.abc import Sequence

from tocsin.model import ScorePart
from tocsin.triage.surprise.episodes import NEW_SHARE, Episode, worth
from tocsin.triage.surprise.history import Judged
from tocsin.words.dates import duration
from tocsin.words.messages import say_many

NEVER_HERE, LONG_UNSEEN, PERSON, SIZE, NEVER_ANYWHERE = (
    "never here", "long unseen", "unusual person", "unusual size", "never anywhere",
)  # fmt: skip


def points(episode: Episode) -> tuple[ScorePart, ...]:
    """The parts in the order of the table; parts without a kind are left out."""
    best: dict[str, Judged] = {}
    for each in episode.runs:
        known = best.get(each.run.kind)
        if known is None or worth(each) > worth(known):
            best[each.run.kind] = each
    parts: dict[str, list[Judged]] = defaultdict(list)
    for each in best.values():
        parts[_part(each)].append(each)
    found = [ScorePart(name, round(sum(each.bits for each in parts[name])), _why(name, parts[name])) for name in _ORDER
             if parts[name]]  # fmt: skip
    unknown = [each for each in best.values() if each.surprise.new]
    if unknown:
        extra = round(sum(NEW_SHARE * each.surprise.organisation for each in unknown))
        found.append(ScorePart(NEVER_ANYWHERE, extra, _nowhere(unknown)))
    return tuple(found)


_ORDER = (NEVER_HERE, LONG_UNSEEN, PERSON, SIZE)


def _part(judged: Judged) -> str:
    surprise = judged.surprise
    if surprise.bits > max(surprise.host, surprise.user):
        return SIZE
    if surprise.user > surprise.host:
        return PERSON
    return LONG_UNSEEN if surprise.before else NEVER_HERE


def _why(name: str, judged: Sequence[Judged]) -> str:
    most = max(judged, key=lambda each: (each.bits, each.run.kind))
    run, surprise = most.run, most.surprise
    texts = {"kind": run.kind, "host": run.host, "memory": duration(surprise.memory)}
    if name == NEVER_HERE:
        one = "{n} kind of finding was never on its host in {memory}: “{kind}” on {host}."
        many = "{n} kinds of finding were never on their host in {memory}, for example “{kind}” on {host}."
        return say_many(one, many, len(judged), **texts)
    if name == LONG_UNSEEN:
        texts["silent"] = duration(surprise.silent or 0.0)
        one = "{n} kind of finding is rare on its host: “{kind}” on {host} came last {silent} before."
        many = "{n} kinds of finding are rare on their host, for example “{kind}” on {host}: last {silent} before."
        return say_many(one, many, len(judged), **texts)
    if name == PERSON:
        one = "{n} kind of finding is rare for the person: “{kind}” for {user}."
        many = "{n} kinds of finding are rare for their persons, for example “{kind}” for {user}."
        return say_many(one, many, len(judged), **texts, user=run.user)
    one = "{n} kind came in unusual number: “{kind}” on {host} {count} times at once, at most {largest} before."
    many = (
        "{n} kinds came in unusual number, for example “{kind}” on {host}: {count} times at once, at most {largest} "
        "before."
    )
    return say_many(one, many, len(judged), **texts, count=f"{run.count:,}", largest=f"{surprise.largest:,}")


def _nowhere(judged: Sequence[Judged]) -> str:
    most = max(judged, key=lambda each: (each.surprise.organisation, each.run.kind))
    one = "{n} kind of finding is new in the whole organisation: “{kind}”."
    many = "{n} kinds of finding are new in the whole organisation, for example “{kind}”."
    return say_many(one, many, len(judged), kind=most.run.kind)
