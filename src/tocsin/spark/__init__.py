"""The same lake on Apache Spark: views, rollups, analytics and Sigma rules over the published tables.

For lakes larger than one machine (docs/scale.md). Needs the extra `spark` and Java 17; nothing else in Tocsin needs it.
"""
