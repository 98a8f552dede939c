"""Sign-ins to Entra ID, as Microsoft Graph gives them, one a line, for captures."""

import json
from pathlib import Path

_DAY = 86_400


def signed_in(at: int, number: int, address: str, country: str, error: int = 0) -> dict[str, object]:
    """A sign-in of person `number`, so many seconds after midnight of 3 March 2026. `error` 50126: refused."""
    day, second = divmod(at, _DAY)
    return {
        "id": f"00000000-0000-4000-8000-{at:06}{number:06}",
        "createdDateTime": f"2026-03-{3 + day:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z",
        "userPrincipalName": f"person{number:02}@ministry.example", "appDisplayName": "Office 365 Exchange Online",
        "ipAddress": address, "clientAppUsed": "Browser", "location": {"city": "", "countryOrRegion": country},
        "authenticationRequirement": "singleFactorAuthentication", "status": {"errorCode": error},
    }  # fmt: skip


def write(folder: Path, rows: list[dict[str, object]]) -> None:
    """`signins.json` in order of time."""
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(rows, key=lambda row: str(row["createdDateTime"]))
    lines = [json.dumps(row, separators=(",", ":")) for row in ordered]
    (folder / "signins.json").write_text("\n".join(lines) + "\n", encoding="utf-8")
