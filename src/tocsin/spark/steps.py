"""A statement of many steps (WITH) on Spark, each step planned once.

Spark writes a step of WITH into every place that names it. Where each step names the one before it twice, the plan
doubles with every step, until the driver has no memory left. Here every step is a temporary view of its own; one that
is named more than once is cut off from its plan and computed once (`localCheckpoint`).
"""

from collections import Counter

from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp, parse_one

from tocsin.errors import LakeError
from tocsin.lake.view_files import DIALECT
from tocsin.spark.sql import as_spark

_SHOWN = 80  # characters of a statement in an error
_VIEW = "step_{}"  # a step may have the name of a view of the lake


def run_steps(spark: SparkSession, sql: str) -> DataFrame:
    """The rows of a SELECT that was written for DuckDB. Raises what Spark and sqlglot raise."""
    tree = parse_one(sql, dialect=DIALECT)
    if not isinstance(tree, exp.Query):
        raise LakeError(f"this is no SELECT: {sql[:_SHOWN]}")
    steps = {step.alias: step.this for step in tree.ctes}
    tree.set("with_", None)
    used: Counter[str] = Counter()
    before: set[str] = set()  # in itself a step's name is that of a view
    for name, query in (*steps.items(), ("", tree)):
        for table in list(query.find_all(exp.Table)):
            if table.name in before and not table.db:
                used[table.name] += 1
                _rename(table)
        before.add(name)
    for name, query in steps.items():
        frame = spark.sql(as_spark(query))
        if used[name] > 1:
            frame = frame.localCheckpoint(eager=False)
        frame.createOrReplaceTempView(_VIEW.format(name))
    return spark.sql(as_spark(tree))


def _rename(table: exp.Table) -> None:
    """Let it name the step's view, and be called as before."""
    name = table.name
    if not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
    table.set("this", exp.to_identifier(_VIEW.format(name), quoted=True))
