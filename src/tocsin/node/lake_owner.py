"""Which node owns a lake, so that nobody passes by the node's API without meaning to.

Rules:
1. The lake in a node's folder is the node's: `lake` beside `tocsin.toml`.
2. So is one elsewhere (another disk, by a link) that the node's engine has marked, while the folder in the mark still
   leads to it. A copy of a lake is nobody's.
3. Where that cannot be looked at, the mark is believed.
"""

from contextlib import closing
from pathlib import Path

from tocsin.lake.catalog import CATALOG, Catalog
from tocsin.node.service.config import NodeFolder


def owner_of(lake: Path) -> NodeFolder | None:
    """The folder of the node that owns a lake; None where none does, also where there is no lake yet."""
    for path in (lake.absolute(), lake.resolve()):
        beside = NodeFolder(path.parent)
        if path.name == beside.lake.name and beside.config.is_file():
            return beside
    if not (lake / CATALOG).is_file():
        return None
    with closing(Catalog(lake)) as catalog:
        marked = catalog.owner
    return NodeFolder(Path(marked)) if marked and _leads_to(NodeFolder(Path(marked)), lake) else None


def _leads_to(folder: NodeFolder, lake: Path) -> bool:
    try:
        folder.config.stat()
        return folder.lake.samefile(lake)
    except PermissionError:
        return True
    except OSError:
        return False
