"""Figures that can be defended: indicators as data, dated facts, lists behind every number.

May import every room below. Start with `queries.py`.
"""
