"""Why a run is unusual, in a sentence: what the past says of it."""

from tocsin.triage.surprise.history import Judged
from tocsin.words.dates import duration
from tocsin.words.messages import say


def reason(judged: Judged, title: str = "") -> str:
    """The strongest of: its size, its person, never here, long unseen. `title` names the kind for people."""
    run, surprise = judged.run, judged.surprise
    names = {"kind": title or run.kind, "host": run.host, "memory": duration(surprise.memory)}
    if surprise.bits > max(surprise.host, surprise.user):
        sentence = "“{kind}” on {host} came {count} times at once, before that at most {largest} times."
        return say(sentence, **names, count=f"{run.count:,}", largest=f"{surprise.largest:,}")
    if surprise.user > surprise.host:
        return say("“{kind}” is rare for {user}.", **names, user=run.user)
    if surprise.new:
        return say("“{kind}” was never seen in {memory} of memory, on {host} or anywhere else.", **names)
    if surprise.silent is None:
        return say("“{kind}” was never seen on {host} in {memory} of memory.", **names)
    return say("“{kind}” is rare on {host}: last {silent} before.", **names, silent=duration(surprise.silent))
