"""The captures of the analytics, written anew: `python -m tools.captures.password_spray`.

Each module has `attack(folder)` and `benign(folder)`: small recordings in a real format, the same bytes every time,
with reserved names and addresses. They lie beside the analytic; `tocsin analytics test ID --update` reads them.
"""

import gzip
from pathlib import Path

PACK = Path(__file__).parents[2] / "src" / "tocsin" / "detect" / "analytics" / "pack"

LARGE = 200_000  # bytes: above it a capture is compressed


def write_capture(path: Path, text: str) -> None:
    """Write a capture; a large one as `.gz`, without a time in it, so that its bytes stay the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode("utf-8")
    packed = path.with_name(path.name + ".gz")
    large = len(data) > LARGE
    (path if large else packed).unlink(missing_ok=True)
    (packed if large else path).write_bytes(gzip.compress(data, mtime=0) if large else data)
