"""A duty day of one person, scripted: every incident decided, constituents told, clocks met, hand-over written.

`python -m benchmarks.duty [--scale X] [--seed N] [--keep DIR]` sets up a real node and feeds it the last days of the
exercise `albania-2022`, a flash crowd, and alerts of its members' SIEMs; somebody telephones. One analyst then works
through the queue with nothing but `tocsin` commands (`duty_day/analyst.py`), by rules that are written down
(`duty_day/rules.py`). A second person appears where two are demanded: to release mails, to agree to an exception.

It prints Markdown: each kind of command and how often, what holds at the end (asked of the product by an auditor), and
how many decisions were right by the exercise's answers. Bars: all five of the end state hold.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.duty_day.analyst import Day, work
from benchmarks.duty_day.checked import End, compared, end_state
from benchmarks.duty_day.feed import ASSETS, CONSTITUENTS, Fed, Size, summary, write
from benchmarks.duty_day.people import Node, Person
from benchmarks.duty_day.rules import CROWDS
from benchmarks.machine import describe

ALMOST = 0.98  # of the records: header lines are counted by some readers and not by others


def day_of(folder: Path, seed: int, size: Size) -> tuple[Day, Fed, list[End]]:
    """Set everything up below a folder, let the day pass, and ask what it left."""
    fed = write(folder, seed, size)
    print(f"{summary(fed)}\n", flush=True)
    node = Node(folder / "node")
    try:
        day, auditor = _people(node, folder)
        node.follow(fed.folders)
        node.wait_until_it_has_looked(int(ALMOST * fed.records))
        work(day, fed.victim)
        return day, fed, end_state(day, auditor)
    finally:
        node.stop()


def _people(node: Node, folder: Path) -> tuple[Day, Person]:
    """The analyst on duty; a releaser, a colleague; an auditor who looks at the end.

    Of accounts that one admin makes within 24 hours no two count as two people, so the one on duty has the account
    `lead` that `node init` made, as an analyst.
    """
    url = node.url()
    admin, analyst = (Person(name, folder / "people" / name, url) for name in ("admin", "lead"))
    for person in (admin, analyst):
        person.logs_in(node.passwords[person.name])
    _before(admin, folder)
    admin.types("user", "role", "lead", "analyst")
    made = {}
    for name, role in (("rea", "releaser"), ("ben", "analyst"), ("otto", "auditor")):
        told = admin.types("user", "add", name, role)
        made[name] = Person(name, folder / "people" / name, url)
        made[name].logs_in(told.partition("password ")[2].split()[0])
    analyst.logs_in_again()
    desk = folder / "desk"
    desk.mkdir()
    return Day(analyst, made["rea"], made["ben"], desk), made["otto"]


def _before(admin: Person, folder: Path) -> None:
    """What a node is told once, not on every day."""
    admin.types("asset", "import", folder / ASSETS)
    admin.types("constituent", "import", folder / CONSTITUENTS)


def report(day: Day, fed: Fed, ends: list[End]) -> bool:
    """Print it; True when everything holds."""
    kinds = Counter(verdict.kind for verdict in day.verdicts.values())
    print(f"{len(day.verdicts)} incidents: {', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}\n")
    print("| command | analyst | others |\n|---|---|---|")
    others = day.releaser.typed + day.colleague.typed
    for kind in sorted(day.analyst.typed | others):
        print(f"| `tocsin {kind}` | {day.analyst.typed[kind]} | {others[kind] or ''} |")
    print(f"| **all** | **{day.analyst.typed.total()}** | **{others.total()}** |\n")
    print("| at the end | | seen |\n|---|---|---|")
    for end in ends:
        print(f"| {end.what} | {'yes' if end.holds else 'NO'} | {end.seen} |")
    crowd = sum(any(each.rule in CROWDS for each in seen.findings) for seen in day.seen.values())
    print(f"\nThe flash crowd ({fed.crowds[0]['title']}) raised {crowd} incidents.")
    counts, lines = compared(day, fed)
    print(f"\nDecisions by the exercise's answers: {', '.join(f'{n} {what}' for what, n in counts.most_common())}.")
    print("".join(f"- {line}\n" for line in [*lines, *day.awkward]))
    print(f"The analyst's commands took {day.analyst.seconds:.0f} s in all.")
    met = all(end.holds for end in ends)
    print(f"\n{'bars met' if met else 'MISSED'}")
    return met


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the hosts of every member")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a new folder that stays, to look at; the node is ended")
    asked = parser.parse_args()
    print(f"{describe()}\n")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tocsin-duty-") as place:
        folder = asked.keep or Path(place)
        folder.mkdir(exist_ok=True, parents=True)
        met = report(*day_of(folder.resolve(), asked.seed, Size(asked.scale)))
    print(f"\n{time.monotonic() - begun:.0f} s in all, with setting up and feeding")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
