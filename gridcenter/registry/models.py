"""What is there: buildings, dwellings, households. No names of people yet."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridcenter.database import Base, Ltree
from gridcenter.geo import STORAGE_SRID


class Registered:
    """The columns that every row of the registry carries from the start."""

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    area_path: Mapped[str] = mapped_column(Ltree(), nullable=False)
    valid: Mapped[Range[date]] = mapped_column(
        DATERANGE(), server_default=text("daterange(CURRENT_DATE, NULL)"), nullable=False
    )
    source: Mapped[str] = mapped_column(Text, nullable=False)
    legacy_id: Mapped[str | None] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    confirmed_by: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer, server_default="1", nullable=False)
    is_example: Mapped[bool] = mapped_column(Boolean, server_default="false", nullable=False)


class Building(Registered, Base):
    """A building (楼栋) in exactly one micro-grid.

    `microgrid_id` is its home: the micro-grid, or a dedicated grid that has none.
    `geom` MULTIPOLYGON EPSG:4490; `footprint_m2` in the Gauss-Krüger zone; `height_derived` says
    that the height is floors × 3 m and not measured.
    """

    __tablename__ = "building"

    code: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str | None] = mapped_column(Text)
    microgrid_id: Mapped[int] = mapped_column(ForeignKey("area.id"), nullable=False)
    geom: Mapped[WKBElement] = mapped_column(
        Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False), nullable=False
    )
    floors: Mapped[int | None] = mapped_column(SmallInteger)
    height_m: Mapped[float | None] = mapped_column(Float)
    height_derived: Mapped[bool] = mapped_column(Boolean, server_default="false", nullable=False)
    usage: Mapped[str | None] = mapped_column(Text)
    footprint_m2: Mapped[float] = mapped_column(Float, nullable=False)
    households_estimated: Mapped[int | None] = mapped_column(Integer)
    batch_id: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index(
            "building_code_now_key", "code", unique=True, postgresql_where=text("upper_inf(valid)")
        ),
        Index("building_geom_idx", "geom", postgresql_using="gist"),
        Index("building_area_gist_idx", "area_path", postgresql_using="gist"),
        Index("building_microgrid_idx", "microgrid_id"),
        CheckConstraint("floors IS NULL OR floors BETWEEN 1 AND 200", name="floors"),
        CheckConstraint("ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name="geom_valid"),
    )


class Dwelling(Registered, Base):
    """One dwelling (户室): entrance - floor - room of a building."""

    __tablename__ = "dwelling"

    building_id: Mapped[UUID] = mapped_column(ForeignKey("building.id"), nullable=False)
    entrance: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    floor: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    room: Mapped[str] = mapped_column(Text, nullable=False)
    occupancy: Mapped[str] = mapped_column(Text, server_default="unknown", nullable=False)

    __table_args__ = (
        UniqueConstraint("building_id", "entrance", "floor", "room"),
        Index("dwelling_area_gist_idx", "area_path", postgresql_using="gist"),
        CheckConstraint("occupancy IN ('owner','let','empty','unknown')", name="occupancy"),
    )


class Household(Registered, Base):
    """A household (家庭户) in a dwelling: its size and how fresh that is."""

    __tablename__ = "household"

    dwelling_id: Mapped[UUID] = mapped_column(ForeignKey("dwelling.id"), nullable=False)
    size: Mapped[int] = mapped_column(SmallInteger, nullable=False)

    __table_args__ = (
        Index("household_dwelling_idx", "dwelling_id"),
        Index("household_area_gist_idx", "area_path", postgresql_using="gist"),
        CheckConstraint("size BETWEEN 1 AND 30", name="size"),
    )
