"""Tables of the working calendar."""

from __future__ import annotations

from datetime import date, time

from sqlalchemy import BigInteger, CheckConstraint, Identity, Text, text
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridcenter.database import Base


class CalendarDay(Base):
    """A day that differs from the week: a holiday (`working` false) or a make-up day (true).

    A year counts as imported when it has at least one row.
    """

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    name: Mapped[str | None] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)


class WorkingPeriod(Base):
    """Daily working time of the installation; `valid` tells summer from winter."""

    __tablename__ = "working_period"
    __table_args__ = (CheckConstraint("starts < ends", name="order"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    starts: Mapped[time]
    ends: Mapped[time]
    valid: Mapped[Range[date]] = mapped_column(
        DATERANGE, server_default=text("daterange(NULL, NULL)")
    )
