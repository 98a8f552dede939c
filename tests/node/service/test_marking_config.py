"""The node's own marking in its configuration."""

from pathlib import Path

import pytest
from node_folders import make_folder

from tocsin.errors import ConfigError
from tocsin.node.service.config import load_config, marking
from tocsin.policy.markings import USUAL, Marking, Pap, Tlp


def test_the_nodes_marking_is_read_and_a_label_that_is_none_stops_it(tmp_path: Path) -> None:
    folder, config, _ = make_folder(tmp_path / "node")
    assert marking(config.marking) == USUAL
    source = '[[marking.sources]]\norganisation = "a"\ntlp = "TLP:RED"\n'
    folder.config.write_text(f'[marking]\ntlp = "TLP:WHITE"\npap = "PAP:RED"\n{source}', "utf-8")
    table = load_config(folder.config).marking
    assert marking(table) == Marking(Tlp.CLEAR, Pap.RED) and marking(table.sources[0]).tlp is Tlp.RED
    for wrong in ('tlp = "TLP:PINK"', 'pap = "TLP:RED"', 'tlp = ""', source.replace("RED", "BLUE")):
        folder.config.write_text(f"[marking]\n{wrong}\n", "utf-8")
        with pytest.raises(ConfigError, match=r"marking: .* is no marking") as refused:
            load_config(folder.config)
        assert "TLP:AMBER+STRICT" in refused.value.advice()
