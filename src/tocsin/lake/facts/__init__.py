"""Facts from outside, dated: what is known of addresses, names and one's own hosts (docs/enrich.md)."""

from tocsin.lake.facts.assets import AssetImport, import_assets
from tocsin.lake.facts.kinds import KINDS, FactRecord, Kind
from tocsin.lake.facts.opening import TABLES, address_columns, name_columns, open_facts
from tocsin.lake.facts.scopes import scope
from tocsin.lake.facts.store import Facts, Imported, import_facts, remove_facts

__all__ = [
    "KINDS",
    "TABLES",
    "AssetImport",
    "FactRecord",
    "Facts",
    "Imported",
    "Kind",
    "address_columns",
    "import_assets",
    "import_facts",
    "name_columns",
    "open_facts",
    "remove_facts",
    "scope",
]
