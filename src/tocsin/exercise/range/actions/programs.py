"""What is known of a program file: version resource and hashes.

Hashes belong to no file: they are made from the path and the member's build, so the same program has the same hash
everywhere until it is updated.
"""

import hashlib
import tomllib
from functools import cache, lru_cache
from pathlib import Path

import tocsin.exercise.windows

RESOURCE = ("FileVersion", "Description", "Product", "Company", "OriginalFileName")
_UNKNOWN = ("-", "-", "-", "-", "-")


@cache
def _known() -> dict[str, tuple[str, ...]]:
    path = Path(tocsin.exercise.windows.__file__).with_name("programs.toml")
    own = Path(__file__).with_name("programs.toml")
    rows: dict[str, list[str]] = {
        **tomllib.loads(path.read_text(encoding="utf-8")),
        **tomllib.loads(own.read_text(encoding="utf-8")),
    }
    return {name: tuple(values) for name, values in rows.items()}


@lru_cache(maxsize=10_000)
def resource(image: str) -> tuple[str, ...]:
    """FileVersion, Description, Product, Company, OriginalFileName; dashes where the file says nothing."""
    return _known().get(image.rsplit("\\", 1)[-1].lower(), _UNKNOWN)


@lru_cache(maxsize=10_000)
def hashes(image: str, build: str = "") -> str:
    """`SHA256=…,IMPHASH=…` as Sysmon writes them."""
    digest = hashlib.sha256(f"{image.lower()}|{build}".encode()).hexdigest()
    return f"SHA256={digest.upper()},IMPHASH={hashlib.sha256(image.lower().encode()).hexdigest()[:32].upper()}"
