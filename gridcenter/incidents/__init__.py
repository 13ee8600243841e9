"""An incident = what happened, in the trade's words, on top of a case file.

May import dispatch and below. Start with `operations.py: report_incident`; what filing settles is in
`filing.py`, lists in `queries.py`, one incident in `detail.py`.
"""
