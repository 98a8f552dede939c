"""What happens at a member on any day, without an attack.

A part of the background is a function of a scene and a day. Each gets a random generator of its own, made from the
seed, the member, the day and the part's name, so that parts can be added without changing the others.
"""

import zlib
from collections.abc import Callable

import numpy as np

from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.background import (
    administration,
    away,
    cloud,
    desks,
    extranet,
    house,
    mistakes,
    outward,
    people,
    visitors,
)
from tocsin.exercise.range.background.rhythm import Today
from tocsin.exercise.range.batches import Batch
from tocsin.exercise.range.scene import Scene

Part = Callable[[Scene, Today], None]
PARTS: tuple[Part, ...] = (
    people.office_day,
    desks.people_work,
    desks.machines_work,
    administration.administrators,
    administration.accounts_change,
    administration.services,
    administration.backups,
    outward.browsing,
    outward.calling_home,
    outward.odd_names,
    outward.clocks,
    visitors.public_site,
    visitors.noise,
    visitors.mail,
    visitors.probes,
    visitors.remote_access,
    cloud.cloud_day,
    house.own_mail,
    house.intranet,
    extranet.extranet,
    house.linux_day,
    house.control_rooms,
    house.fleet,
    mistakes.wrong_passwords,
    mistakes.old_passwords,
    mistakes.misdirected,
    mistakes.own_scanner,
    away.away,
)


def background(member: Member, day: int, seed: int, span: tuple[int, int]) -> list[Batch]:
    """All records of a day (since 1970) at a member; `span` is the whole exercise in microseconds UTC."""
    made: list[Batch] = []
    today = Today(member, day)
    for part in PARTS:
        name = zlib.crc32(f"{part.__module__}.{part.__name__}".encode())
        chance = np.random.default_rng([seed, member.number, day, name])
        part(Scene(member, chance, lambda _member, batch: made.append(batch), *span), today)
    return made
