"""Tocsin's own readers read every record of the exercises, at the position that the ground truth counts."""

from pathlib import Path

import pytest
from written_exercise import Written

from tocsin.exercise.ground_truth import FILE_NAME
from tocsin.model import Reject
from tocsin.telemetry.content import SourceContent
from tocsin.telemetry.encodings import head_of
from tocsin.telemetry.reader import ReadContext
from tocsin.telemetry.registry import choose
from tocsin.telemetry.sources import find_sources


def positions(content: SourceContent) -> list[int]:
    reader = choose(head_of(content)).reader
    assert reader is not None, content.name
    found: list[int] = []
    for chunk in reader.read(content, ReadContext()):
        assert not isinstance(chunk, Reject), (content.name, chunk)
        found.extend(chunk.positions)
    return found


@pytest.mark.parametrize("name", ["windows", "network"])
def test_every_record_is_read_where_the_ground_truth_counts_it(
    request: pytest.FixtureRequest, name: str, tmp_path: Path
) -> None:
    exercise = request.getfixturevalue(name)
    assert isinstance(exercise, Written)
    read: dict[str, list[int]] = {}
    for content in find_sources([exercise.folder], spool=tmp_path):
        assert isinstance(content, SourceContent)
        file = Path(content.name).relative_to(exercise.folder).as_posix()
        if file != FILE_NAME:
            read[file] = positions(content)
        content.close()
    assert {file: len(found) for file, found in read.items()} == exercise.truth.files
    assert all(planted.record in read[planted.file] for planted in exercise.truth.planted)
