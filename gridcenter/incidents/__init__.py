"""An incident = what happened, in the trade's words, on top of a case file.

May import dispatch and below. Start with `operations.py: report_incident`.
"""
