"""Who should go: candidates for a case with their arithmetic, and what was chosen.

May import workforce, registry and below. Start with `queries.py: candidates`.
"""
