"""Plans that redraw areas, what they did to which version, and who came from whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridcenter.database import Base, Ltree
from gridcenter.geo import STORAGE_SRID


class RedrawPlan(Base):
    """A redraw plan (调整方案) for one area and all below it.

    `area_id` is the area whose inside is redrawn, `area_path` its path, by which rights go.
    `effective_at` is the hour that was decided, `applied_at` when it was done. `findings` are the faults
    of the last check, `summary` what moved at the hour, `failure` why the hour could not come.
    """

    __tablename__ = "redraw_plan"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    title: Mapped[str] = mapped_column(Text, nullable=False)
    reason: Mapped[str | None] = mapped_column(Text)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), nullable=False)
    area_path: Mapped[str] = mapped_column(Ltree(), nullable=False)
    state: Mapped[str] = mapped_column(Text, server_default="draft", nullable=False)
    effective_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    author_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), nullable=False
    )
    changed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), nullable=False
    )
    checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    approver_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    approved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    withdrawn_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    withdrawn_reason: Mapped[str | None] = mapped_column(Text)
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    failed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("redraw_plan.id"))
    findings: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default="[]", nullable=False
    )
    summary: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(Integer, server_default="1", nullable=False)

    __table_args__ = (
        CheckConstraint(
            "state IN ('draft','checked','approved','effective','withdrawn')", name="state"
        ),
        # Two persons: who drew a plan does not approve it.
        CheckConstraint("approver_account_id <> author_account_id", name="two_persons"),
        CheckConstraint(
            "state NOT IN ('approved','effective')"
            " OR approved_at IS NOT NULL AND effective_at IS NOT NULL",
            name="approved",
        ),
        Index("redraw_plan_area_gist_idx", "area_path", postgresql_using="gist"),
        Index("redraw_plan_created_idx", text("created_at DESC"), text("id DESC")),
        # What the job looks for each minute.
        Index("redraw_plan_due_idx", "effective_at", postgresql_where=text("state = 'approved'")),
    )


class RedrawItem(Base):
    """One step of a plan, in the order of `sort`: an operation and what was given for it.

    `given` holds codes, names and GeoJSON (lon/lat, CGCS2000); `geom` the drawn geometry for maps.
    """

    __tablename__ = "redraw_item"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(
        ForeignKey("redraw_plan.id", ondelete="CASCADE"), nullable=False
    )
    sort: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    operation: Mapped[str] = mapped_column(Text, nullable=False)
    given: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False)
    geom: Mapped[WKBElement | None] = mapped_column(
        Geometry("GEOMETRY", srid=STORAGE_SRID, spatial_index=False)
    )
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), nullable=False
    )

    __table_args__ = (
        CheckConstraint(
            "operation IN ('create','split','merge','move_border','rename','reparent','retire',"
            "'replace','restore')",
            name="operation",
        ),
        UniqueConstraint("plan_id", "sort"),
    )


class RedrawChange(Base):
    """What a plan did to one area at its hour: the version it closed and the version it opened.

    `old_version_id` is None for a new area, `new_version_id` None for one that was retired.
    """

    __tablename__ = "redraw_change"

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("redraw_plan.id"), primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), primary_key=True)
    old_version_id: Mapped[int | None] = mapped_column(ForeignKey("area_version.id"))
    new_version_id: Mapped[int | None] = mapped_column(ForeignKey("area_version.id"))

    __table_args__ = (Index("redraw_change_area_idx", "area_id"),)


class AreaLineage(Base):
    """Which part of an area went to which area by a plan.

    `share_area` and `share_households` are shares of `from_area_id`, 0 to 1; the latter is None where
    no households are known. What stayed with the same area has a row too, once a part of it left.
    """

    __tablename__ = "area_lineage"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("redraw_plan.id"), nullable=False)
    from_area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), nullable=False)
    to_area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), nullable=False)
    share_area: Mapped[float] = mapped_column(Float, nullable=False)
    share_households: Mapped[float | None] = mapped_column(Float)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), nullable=False
    )

    __table_args__ = (
        UniqueConstraint("plan_id", "from_area_id", "to_area_id"),
        CheckConstraint("share_area BETWEEN 0 AND 1", name="share_area"),
        CheckConstraint("share_households BETWEEN 0 AND 1", name="share_households"),
        Index("area_lineage_from_idx", "from_area_id"),
        Index("area_lineage_to_idx", "to_area_id"),
    )
