"""The desk and the clock of `people_desk` for all tests here."""

from people_desk import desk, wall

__all__ = ["desk", "wall"]
