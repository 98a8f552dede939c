"""The Windows intrusion: a ministry's week with an attack in it, after the kernels of Albania 2022."""

from tocsin.exercise.windows.intrusion import windows_intrusion

__all__ = ["windows_intrusion"]
