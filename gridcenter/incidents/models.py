"""What happened: the extension of a case file for incidents."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Float, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridcenter.database import Base


class Incident(Base):
    """Place and kind of an incident as given and as understood, one row per case file.

    `given_lon`, `given_lat`, `datum` are what came in; the case file holds the converted location.
    `border_m` is the distance to the border of the micro-grid (to the nearest area when outside);
    `certain` is False when the stated accuracy reaches across it.
    """

    __tablename__ = "incident"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    filing_condition_id: Mapped[int | None] = mapped_column(ForeignKey("filing_condition.id"))
    datum: Mapped[str] = mapped_column(Text, nullable=False)
    given_lon: Mapped[float] = mapped_column(Float, nullable=False)
    given_lat: Mapped[float] = mapped_column(Float, nullable=False)
    accuracy_m: Mapped[float | None] = mapped_column(Float)
    border_m: Mapped[float | None] = mapped_column(Float)
    certain: Mapped[bool] = mapped_column(Boolean, nullable=False)
    outside: Mapped[bool] = mapped_column(Boolean, nullable=False)
    unit_grid_code: Mapped[str | None] = mapped_column(Text)
    reported_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
