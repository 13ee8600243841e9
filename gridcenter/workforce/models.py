"""Grid workers and what they are responsible for."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridcenter.database import Base, Ltree
from gridcenter.geo import STORAGE_SRID


class GridWorker(Base):
    """A grid worker (网格员). `code` such as 03-012 is what others see of the person."""

    __tablename__ = "grid_worker"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    code: Mapped[str] = mapped_column(Text, nullable=False)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"), unique=True)
    display_name: Mapped[str] = mapped_column(Text, nullable=False)
    employment: Mapped[str] = mapped_column(Text, server_default="full_time", nullable=False)
    area_path: Mapped[str] = mapped_column(Ltree(), nullable=False)
    capacity: Mapped[int] = mapped_column(SmallInteger, server_default="10", nullable=False)
    valid: Mapped[Range[date]] = mapped_column(
        DATERANGE(), server_default=text("daterange(CURRENT_DATE, NULL)"), nullable=False
    )
    is_example: Mapped[bool] = mapped_column(Boolean, server_default="false", nullable=False)
    batch_id: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("grid_worker_code_key", text("lower(code)"), unique=True),
        Index("grid_worker_area_gist_idx", "area_path", postgresql_using="gist"),
        CheckConstraint("employment IN ('full_time','part_time','volunteer')", name="employment"),
    )


class Duty(Base):
    """Who answers for an area, as what, from when to when (责任分工).

    `rank` 0 is the responsible one, 1… are deputies in their order.
    """

    __tablename__ = "duty"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    worker_id: Mapped[UUID] = mapped_column(ForeignKey("grid_worker.id"), nullable=False)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), nullable=False)
    area_path: Mapped[str] = mapped_column(Ltree(), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    rank: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE(), nullable=False)
    is_example: Mapped[bool] = mapped_column(Boolean, server_default="false", nullable=False)

    __table_args__ = (
        CheckConstraint("kind IN ('responsible','deputy','grid_leader')", name="kind"),
        CheckConstraint("(kind = 'deputy') = (rank > 0)", name="rank"),
        ExcludeConstraint(
            ("worker_id", "="),
            ("area_id", "="),
            ("kind", "="),
            ("valid", "&&"),
            name="duty_once_at_a_time",
        ),
        # One responsible worker per area at any time; deputies differ by rank.
        ExcludeConstraint(
            ("area_id", "="),
            ("kind", "="),
            ("rank", "="),
            ("valid", "&&"),
            name="duty_one_per_rank",
        ),
        Index("duty_area_gist_idx", "area_path", postgresql_using="gist"),
        Index("duty_worker_idx", "worker_id"),
        Index("duty_area_idx", "area_id"),
        # The order in which lists are read, a page at a time.
        Index("duty_place_idx", "area_path", "rank", text("(kind <> 'responsible')"), "id"),
    )


class WorkerPosition(Base):
    """Where a worker last was when reporting or handling; never tracked in between."""

    __tablename__ = "worker_position"

    worker_id: Mapped[UUID] = mapped_column(ForeignKey("grid_worker.id"), primary_key=True)
    location: Mapped[WKBElement] = mapped_column(
        Geometry("POINT", srid=STORAGE_SRID, spatial_index=False), nullable=False
    )
    accuracy_m: Mapped[float | None] = mapped_column(Float)
    taken_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    moment: Mapped[str] = mapped_column(Text, nullable=False)

    __table_args__ = (
        Index("worker_position_location_idx", "location", postgresql_using="gist"),
        CheckConstraint("moment IN ('report','operation','visit')", name="moment"),
    )
