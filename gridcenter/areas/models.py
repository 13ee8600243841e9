"""The area tree: identity, dated versions, other people's codes, settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridcenter.database import Base, Ltree
from gridcenter.geo import STORAGE_SRID


class Area(Base):
    """Identity of an area. A code is never used twice, also not after the area was retired."""

    __tablename__ = "area"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True, nullable=False)
    code_scheme: Mapped[str] = mapped_column(Text, server_default="governance", nullable=False)
    level: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), nullable=False
    )
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint(
            "level IN ('province','city','district','street','community','grid','microgrid',"
            "'unit_grid')",
            name="level",
        ),
        CheckConstraint("code_scheme IN ('governance','unit','external')", name="code_scheme"),
        CheckConstraint("kind IN ('general_grid','dedicated_grid')", name="kind"),
        Index("area_level_idx", "level"),
    )


class AreaVersion(Base):
    """What an area was called, where it lay and what it belonged to, for a half-open time range.

    `geom` is MULTIPOLYGON in EPSG:4490, lon/lat. `area_m2` and `perimeter_m` are measured in the
    3-degree Gauss-Krüger zone of the place.
    """

    __tablename__ = "area_version"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), nullable=False)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    level: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    name_en: Mapped[str | None] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Ltree(), nullable=False)
    geom: Mapped[WKBElement] = mapped_column(
        Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False), nullable=False
    )
    # For maps from afar: half a pixel of zoom 13 (360° / 2^13 / 1024) is all that is left out.
    thin_geom: Mapped[WKBElement] = mapped_column(
        Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False),
        Computed("ST_Simplify(geom, 0.00004291534423828125, true)", persisted=True),
    )
    area_m2: Mapped[float] = mapped_column(nullable=False)
    perimeter_m: Mapped[float] = mapped_column(nullable=False)
    households: Mapped[int | None] = mapped_column(Integer)
    valid: Mapped[Range[datetime]] = mapped_column(
        TSTZRANGE(), server_default=text("tstzrange(now(), NULL)"), nullable=False
    )
    source: Mapped[str] = mapped_column(Text, nullable=False)
    is_example: Mapped[bool] = mapped_column(Boolean, server_default="false", nullable=False)
    batch_id: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        ExcludeConstraint(("area_id", "="), ("valid", "&&"), name="area_version_one_at_a_time"),
        CheckConstraint("ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name="geom_valid"),
        CheckConstraint("NOT isempty(valid)", name="valid_not_empty"),
        # Only versions in force are searched by place; history is read by area.
        Index(
            "area_version_geom_now_idx",
            "geom",
            postgresql_using="gist",
            postgresql_where=text("upper_inf(valid)"),
        ),
        # The map as it was: versions that are over, searched by place.
        Index(
            "area_version_geom_past_idx",
            "geom",
            postgresql_using="gist",
            postgresql_where=text("NOT upper_inf(valid)"),
        ),
        Index(
            "area_version_path_now_idx",
            "path",
            unique=True,
            postgresql_where=text("upper_inf(valid)"),
        ),
        Index("area_version_path_gist_idx", "path", postgresql_using="gist"),
        Index("area_version_parent_idx", "parent_id"),
        Index("area_version_area_idx", "area_id"),
    )


class AreaExternalCode(Base):
    """A code that somebody else gave to an area: 15-character unit grid, provincial, old."""

    __tablename__ = "area_external_code"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), nullable=False)
    scheme: Mapped[str] = mapped_column(Text, nullable=False)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    valid_from: Mapped[datetime | None] = mapped_column(Date)
    valid_to: Mapped[datetime | None] = mapped_column(Date)

    __table_args__ = (Index("area_external_code_code_idx", "scheme", "code"),)


class AreaSetting(Base):
    """A setting for an area and all below it; the nearest ancestor wins."""

    __tablename__ = "area_setting"

    path: Mapped[str] = mapped_column(Ltree(), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB, nullable=False)


class AreaFault(Base):
    """A fault of the areas of one parent: where, how much, whose, and how it could be mended.

    `geom` is any geometry in EPSG:4490; `measure` is in `unit` (m2, m, households, persons). `repair`
    is null where none is safe, else ``{"method", "changed_m2", "areas": [{"id", "version", "geom"}]}``
    with hexadecimal WKB: what the areas of these versions would become. A fault that a later check
    does not find any more is superseded, never deleted. `parent_id` is null for the topmost areas.
    """

    __tablename__ = "area_fault"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    severity: Mapped[str] = mapped_column(Text, nullable=False)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    level: Mapped[str] = mapped_column(Text, nullable=False)
    area_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), nullable=False)
    building_id: Mapped[UUID | None] = mapped_column()
    geom: Mapped[WKBElement] = mapped_column(
        Geometry("GEOMETRY", srid=STORAGE_SRID, spatial_index=False), nullable=False
    )
    measure: Mapped[float] = mapped_column(nullable=False)
    unit: Mapped[str] = mapped_column(Text, nullable=False)
    width_m: Mapped[float | None] = mapped_column()
    sentence: Mapped[str] = mapped_column(Text, nullable=False)
    sentence_en: Mapped[str] = mapped_column(Text, nullable=False)
    repair: Mapped[Any | None] = mapped_column(JSONB)
    found_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), nullable=False
    )
    superseded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("severity IN ('refuse','warn')", name="severity"),
        CheckConstraint("unit IN ('m2','m','households','persons')", name="unit"),
        Index(
            "area_fault_parent_now_idx",
            "parent_id",
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(
            "area_fault_areas_now_idx",
            "area_ids",
            postgresql_using="gin",
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(
            "area_fault_geom_now_idx",
            "geom",
            postgresql_using="gist",
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )
