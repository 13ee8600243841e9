"""What an import leaves behind: the batch, its findings, and rows waiting to be written."""

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
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridcenter.database import Base
from gridcenter.geo import STORAGE_SRID


class ImportBatch(Base):
    """One file that somebody wants to bring in: what was recognised, what it would change.

    `given` are the options a person set, `evidence` what was recognised and why, `difference` the
    counts of new, changed, moved, same, vanished rows against what is live.
    """

    __tablename__ = "import_batch"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[str | None] = mapped_column(Text)
    file: Mapped[str] = mapped_column(Text, nullable=False)
    digest: Mapped[str] = mapped_column(Text, nullable=False)
    layer: Mapped[str | None] = mapped_column(Text)
    datum: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="staged", nullable=False)
    rows_read: Mapped[int] = mapped_column(Integer, server_default="0", nullable=False)
    rows_refused: Mapped[int] = mapped_column(Integer, server_default="0", nullable=False)
    rows_written: Mapped[int | None] = mapped_column(Integer)
    given: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", nullable=False)
    columns: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}", nullable=False)
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default="[]", nullable=False
    )
    difference: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", nullable=False)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    staged_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), nullable=False
    )
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    fingerprint: Mapped[str | None] = mapped_column(Text)
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint(
            "kind IN ('areas','buildings','workers','incidents','reference')", name="kind"
        ),
        CheckConstraint(
            "state IN ('staged','refused','applied','discarded','undone')", name="state"
        ),
        Index("import_batch_staged_idx", text("staged_at DESC")),
        Index("import_batch_digest_idx", "digest"),
    )


class ImportFinding(Base):
    """One finding of a batch; `row` is None when it concerns the whole file (then `count` rows)."""

    __tablename__ = "import_finding"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(
        ForeignKey("import_batch.id", ondelete="CASCADE"), nullable=False
    )
    row: Mapped[int | None] = mapped_column(Integer)
    field: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    severity: Mapped[str] = mapped_column(Text, nullable=False)
    zh: Mapped[str] = mapped_column(Text, nullable=False)
    en: Mapped[str] = mapped_column(Text, nullable=False)
    value: Mapped[str | None] = mapped_column(Text)
    count: Mapped[int] = mapped_column(Integer, server_default="1", nullable=False)

    __table_args__ = (
        CheckConstraint("severity IN ('refuse','warn','inform')", name="severity"),
        Index("import_finding_batch_idx", "batch_id", "code", "row"),
    )


class ImportRow(Base):
    """One row waiting to be written. `fields` are the mapped values, `original` the file's own.

    `geom` is EPSG:4490 (lon/lat), polygon or point; `change` is new, changed, moved or same against
    what is live, `moved_m` how far the geometry moved (Hausdorff distance); `target` is the parent
    (areas) or micro-grid (buildings) as an area id.
    """

    __tablename__ = "import_row"

    batch_id: Mapped[UUID] = mapped_column(
        ForeignKey("import_batch.id", ondelete="CASCADE"), primary_key=True
    )
    row: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str | None] = mapped_column(Text)
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False)
    original: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False)
    geom: Mapped[WKBElement | None] = mapped_column(
        Geometry("GEOMETRY", srid=STORAGE_SRID, spatial_index=False)
    )
    area_m2: Mapped[float | None] = mapped_column(Float)
    perimeter_m: Mapped[float | None] = mapped_column(Float)
    target: Mapped[int | None] = mapped_column(BigInteger)
    refused: Mapped[bool] = mapped_column(nullable=False)
    change: Mapped[str | None] = mapped_column(Text)
    moved_m: Mapped[float | None] = mapped_column(Float)

    __table_args__ = (
        CheckConstraint("change IN ('new','changed','moved','same')", name="change"),
        Index("import_row_geom_idx", "geom", postgresql_using="gist"),
        Index("import_row_code_idx", "batch_id", "code"),
    )


class ImportBefore(Base):
    """How something was before a batch changed it (`before` None: the batch made it), for undoing.

    Buildings that a batch made are known by their own `batch_id` and are not listed.
    """

    __tablename__ = "import_before"

    batch_id: Mapped[UUID] = mapped_column(
        ForeignKey("import_batch.id", ondelete="CASCADE"), primary_key=True
    )
    thing: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    geom: Mapped[WKBElement | None] = mapped_column(
        Geometry("GEOMETRY", srid=STORAGE_SRID, spatial_index=False)
    )

    __table_args__ = (CheckConstraint("thing IN ('building','worker','duty')", name="thing"),)


class ImportMapping(Base):
    """Options of an import that somebody saved under a name, to be used for files like it.

    `fingerprint` is the digest of the file's column names in plain form, in alphabetical order.
    """

    __tablename__ = "import_mapping"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    name: Mapped[str] = mapped_column(Text, unique=True, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    fingerprint: Mapped[str] = mapped_column(Text, nullable=False)
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    saved_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), nullable=False
    )

    __table_args__ = (Index("import_mapping_fingerprint_idx", "kind", "fingerprint"),)


class ReferenceFeature(Base):
    """A road, water body, wall or place of interest: for maps and for the division planner.

    `geom` is EPSG:4490, lon/lat, of any kind; `attributes` are the file's own columns. `code` is the
    file's, else made of the content, so that the same file twice changes nothing.
    """

    __tablename__ = "reference_feature"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str] = mapped_column(Text, nullable=False)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    geom: Mapped[WKBElement] = mapped_column(
        Geometry("GEOMETRY", srid=STORAGE_SRID, spatial_index=False), nullable=False
    )
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    is_example: Mapped[bool] = mapped_column(server_default="false", nullable=False)
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("import_batch.id"))

    __table_args__ = (
        CheckConstraint("layer IN ('road','water','wall','poi')", name="layer"),
        CheckConstraint("ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name="geom_valid"),
        Index("reference_feature_geom_idx", "geom", postgresql_using="gist"),
        Index("reference_feature_code_key", "layer", "code", unique=True),
        Index("reference_feature_batch_idx", "batch_id"),
    )
