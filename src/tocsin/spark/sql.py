"""DuckDB's SQL, within the profile, as Spark's.

The profile (`tocsin.lake.profile`) leaves only constructs that both engines answer alike; sqlglot writes them in the
other dialect. One rewriting is left: Spark has no TRY, and the functions that stand in one never fail there.
"""

from pyspark.sql import DataFrame, SparkSession
from sqlglot import ErrorLevel, exp, parse_one

from tocsin.lake.view_files import DIALECT


def transpiled(sql: str) -> str:
    """One SELECT for Spark. Raises sqlglot's UnsupportedError where something has no counterpart."""
    tree = parse_one(sql, dialect=DIALECT)
    for node in list(tree.find_all(exp.Try)):
        node.replace(node.this)
    return tree.sql("spark", unsupported_level=ErrorLevel.RAISE)


def select(spark: SparkSession, sql: str) -> DataFrame:
    """The rows of a SELECT that was written for DuckDB."""
    return spark.sql(transpiled(sql))
