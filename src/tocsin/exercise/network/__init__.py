"""The network intrusion: a ministry's week on the wire, from a port scan to a miner."""

from tocsin.exercise.network.intrusion import network_intrusion

__all__ = ["network_intrusion"]
