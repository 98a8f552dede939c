"""Sigma rules: parsed by pySigma, evaluated by a columnar engine."""
