"""The words of the trade, brought from the files in the rooms' `data/` folders into the tables.

Stands on the roof: it calls each room's loader after an upgrade. Loading again changes only what
changed in the files; rows in use are never deleted.
"""

from __future__ import annotations

from gridcenter.accounts.reference import load_departments, load_posts
from gridcenter.casework.reference import load_procedures
from gridcenter.catalogue.reference import load_catalogue
from gridcenter.database import Transaction
from gridcenter.deadlines.reference import load_calendar
from gridcenter.statistics.reference import load_indicators


def load_reference_data(tx: Transaction) -> None:
    """Bring posts, departments, calendar, procedures, catalogue and indicators up to date."""
    load_posts(tx)
    load_departments(tx)
    load_calendar(tx)
    load_procedures(tx)
    load_catalogue(tx)
    load_indicators(tx)
