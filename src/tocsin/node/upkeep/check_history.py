"""Whether incidents are what their histories and the ledger say: a look at the state database, bounded in time."""

from tocsin import limits
from tocsin.node.service.config import NodeFolder, load_config, state_url
from tocsin.node.store.database import open_store
from tocsin.node.store.incident_check import Checked, checked


def history(folder: NodeFolder) -> Checked:
    """What is wrong with the incidents of a node."""
    store = open_store(state_url(folder, load_config(folder.config)))
    try:
        with store.read() as connection:
            return checked(connection, limits.CHECK_HISTORY_SECONDS)
    finally:
        store.close()
