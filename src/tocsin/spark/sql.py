"""DuckDB's SQL, within the profile, as Spark's.

The profile (`tocsin.lake.profile`) leaves only constructs that both engines answer alike; sqlglot writes them in the
other dialect. Two rewritings are left: Spark has no TRY, and the functions that stand in one never fail there; and the
bound of a window's frame must be a literal, so a sum of thresholds there is worked out before.
"""

from collections.abc import Callable, Mapping
from operator import add, floordiv, mul, sub

from pyspark.sql import DataFrame, SparkSession
from sqlglot import ErrorLevel, exp, parse_one

from tocsin.errors import LakeError
from tocsin.lake.view_files import DIALECT

_WHOLE: Mapping[type[exp.Expr], Callable[[int, int], int]] = {
    exp.Add: add,
    exp.Sub: sub,
    exp.Mul: mul,
    exp.IntDiv: floordiv,
}


def transpiled(sql: str) -> str:
    """One SELECT for Spark. Raises sqlglot's UnsupportedError where something has no counterpart."""
    return as_spark(parse_one(sql, dialect=DIALECT))


def as_spark(query: exp.Expr) -> str:
    """A parsed SELECT for Spark; the tree is left as it is."""
    tree = query.copy()
    for node in list(tree.find_all(exp.Try)):
        node.replace(node.this)
    for frame in tree.find_all(exp.WindowSpec):
        for side in ("start", "end"):
            if isinstance(bound := frame.args.get(side), exp.Binary):
                frame.set(side, exp.Literal.number(_worked_out(bound)))
    return tree.sql("spark", unsupported_level=ErrorLevel.RAISE)


def _worked_out(bound: exp.Expr) -> int:
    """A frame's bound as a number. Raises LakeError where it is not one of whole numbers with + - * //."""
    if isinstance(bound, exp.Paren):
        return _worked_out(bound.this)
    if isinstance(bound, exp.Literal) and bound.is_int:
        return int(bound.this)
    operate = _WHOLE.get(type(bound))
    if operate is None:
        raise LakeError(f"not a number in the frame of a window: {bound.sql(DIALECT)}", "Write whole numbers there.")
    return operate(_worked_out(bound.this), _worked_out(bound.expression))


def select(spark: SparkSession, sql: str) -> DataFrame:
    """The rows of a SELECT that was written for DuckDB."""
    return spark.sql(transpiled(sql))
