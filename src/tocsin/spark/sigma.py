"""Sigma rules on Spark: the columnar engine in every worker, through `mapInArrow`.

Rules:
1. A worker loads the compiled rules once a process, from the rule files; they must be where the workers can read them.
2. The hits have the schema of `lake.hits`. `evidence` is filled for a bounded number of hits a batch, and batches are
   cut otherwise than in a scan: it may differ, the other columns do not.
3. Rules that look at no row of a table cost nothing: only tables that some rule serves are read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, reduce
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from tocsin.detect.sigma import load_rules
from tocsin.lake.batches import arrow_batch
from tocsin.node.evaluation import Evaluator
from tocsin.spark.published import PublishedTable, read_table

_SCHEMA = (
    "rule string, event_id string, source string, record long, time_us long, table_name string, host string, "
    "user string, process string, parent string, evidence string, keys string"
)


def sigma_hits(spark: SparkSession, tables: Mapping[str, PublishedTable], rules: Sequence[Path]) -> DataFrame | None:
    """One row for every rule and event that match, over all tables; None when no rule looks at any of them."""
    paths = tuple(str(path.resolve()) for path in rules)
    evaluator = _evaluator(paths)
    served = [table for name, table in sorted(tables.items()) if evaluator.serves(name)]
    frames = []
    for table in served:
        frame = read_table(spark, table)  # in its own order of columns: Spark puts `day` last
        frames.append(_numbered(frame).mapInArrow(_mapper(table, frame.columns, paths), _SCHEMA))
    return reduce(DataFrame.unionAll, frames) if frames else None


def _numbered(frame: DataFrame) -> DataFrame:
    """The same columns with numbers for names: `mapInArrow` takes a dot in a name for a field of a structure."""
    return frame.toDF(*(str(number) for number in range(len(frame.columns))))


def _mapper(
    table: PublishedTable, columns: list[str], rules: tuple[str, ...]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    name, lists = table.name, table.lists

    def evaluate(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        evaluator = _evaluator(rules)
        for batch in batches:
            if batch.num_rows:
                yield from evaluator.hits(arrow_batch(name, batch.rename_columns(columns), lists)).to_batches()

    return evaluate


@lru_cache(maxsize=2)
def _evaluator(rules: tuple[str, ...]) -> Evaluator:
    """The engine of this process."""
    return Evaluator(load_rules([Path(path) for path in rules], cache_dir=None))
