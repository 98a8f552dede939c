"""Tocsin: a collective cyber-defence node. See README.md for the two commands that start it."""

__version__ = "0.1.0"

__all__ = ["__version__"]
