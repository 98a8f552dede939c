"""The captures of the analytics, written anew: `python -m tools.captures.password_spray`.

Each module has `attack(folder)` and `benign(folder)`: small recordings in a real format, the same bytes every time,
with reserved names and addresses. They lie beside the analytic; `tocsin analytics test ID --update` reads them.
"""

from pathlib import Path

PACK = Path(__file__).parents[2] / "src" / "tocsin" / "detect" / "analytics" / "pack"
