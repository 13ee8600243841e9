"""Accounts, departments, posts, postings, sessions: who may come in and as what.

May import areas and below. Start with `models.py`, then `sessions.py` (log in).
`sql/00_rights_tools.sql` holds the functions that every row policy reads the actor through.
"""
