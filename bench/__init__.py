"""Measurements beside what else one could use, in one run and with the same answers.

Run with ``gridcenter bench NAME``, never in the test suite. Start with `run.py`; what the figures mean
is in docs/reference/benchmarks.md.
"""
