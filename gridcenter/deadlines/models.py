"""Tables of the working calendar."""

from __future__ import annotations

from datetime import date, time

from sqlalchemy import CheckConstraint, Identity, Text, text
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridcenter.database import Base, Ltree


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
    """Daily working time of an area and all below it; without an area, of the whole installation.

    The nearest ancestor that has rows on the day decides; its rows are the day's periods.
    """

    __tablename__ = "working_period"
    __table_args__ = (
        CheckConstraint("starts < ends", name="starts_before_ends"),
        CheckConstraint("NOT isempty(valid)", name="valid_not_empty"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    area_path: Mapped[str | None] = mapped_column(Ltree)
    starts: Mapped[time]
    ends: Mapped[time]
    valid: Mapped[Range[date]] = mapped_column(DATERANGE, server_default=text("'(,)'::daterange"))
