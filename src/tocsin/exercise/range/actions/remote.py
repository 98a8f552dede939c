"""Remote access through the firewall's VPN: sessions, refused ones, and the connection that carries them."""

import numpy as np

from tocsin.exercise.range.actions.processes import Who, account_numbers, label
from tocsin.exercise.range.actions.traffic import moments_of, reached, reals, whole
from tocsin.exercise.range.columns import Column
from tocsin.exercise.range.scene import Scene, Times
from tocsin.exercise.range.times import SECOND


def vpn_session(
    scene: Scene,
    times: Times,
    who: Who,
    addresses: Column,
    *,
    country: str = "",
    seconds: Column = 14_400.0,
    sent: Column = 4_000_000,
    received: Column = 30_000_000,
) -> None:
    """Somebody works through the VPN; `addresses` are outside, `country` what the firewall takes them for."""
    moments, member = moments_of(times), scene.member
    gate, count = member.one("firewall"), len(moments)
    length = reals(seconds, count)
    user = member.of_account("name", account_numbers(who))
    values: dict[str, Column] = {"user": user, "client": addresses, "country": country, "duration": length}
    scene.note("firewall", "vpn-up", moments + SECOND, gate, label(member, who), **values)
    ends = moments + (length * SECOND).astype(np.int64)
    values |= {"sent": whole(sent, count), "received": whole(received, count)}
    scene.note("firewall", "vpn-down", ends, gate, label(member, who), **values)
    reached(scene, moments, addresses, gate, 443, sent=sent, received=received, seconds=length, service="ssl")


def vpn_refused(scene: Scene, times: Times, user: Column, addresses: Column, *, country: str = "") -> None:
    """The VPN refuses a name or password; `user` is the name that was tried."""
    moments = moments_of(times)
    gate = scene.member.one("firewall")
    scene.note("firewall", "vpn-refused", moments, gate, "", user=user, client=addresses, country=country, duration=0)
