"""Content that is unpacked: what cannot be read is damage of the source, a full disk is none."""

import errno
import io
from pathlib import Path

import pytest

from tocsin import limits
from tocsin.errors import SourceError
from tocsin.telemetry import content
from tocsin.telemetry.content import collect


class Cut(io.BytesIO):
    """A stream that ends in a fault."""

    def __init__(self, data: bytes, fault: Exception) -> None:
        super().__init__(data)
        self._fault = fault

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        if not found:
            raise self._fault
        return found


@pytest.mark.parametrize("most", [0, 1_000])
@pytest.mark.parametrize(
    ("fault", "told"),
    [(SourceError("cut off", "x"), "cut off"), (OSError(errno.EIO, "Input/output error"), "input/output error")],
)
def test_what_is_before_the_damage_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, fault: Exception, told: str
) -> None:
    monkeypatch.setattr(limits, "MEMORY_CONTENT_BYTES", most)
    found = collect("a.gz", Cut(b"whole\nlines\n", fault), tmp_path)
    assert (found.damage, found.content.size, bool(list(tmp_path.iterdir()))) == (told, 12, most == 0)


def test_a_full_disk_is_raised_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(content, "_Kept", type("Full", (content._Kept,), {"write": full}))
    with pytest.raises(OSError, match="No space left"):
        collect("a.gz", io.BytesIO(b"whole\n"), tmp_path)
    assert list(tmp_path.iterdir()) == []
