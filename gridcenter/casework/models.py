"""The engine for everything that someone asks and someone must answer."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Sequence,
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

_NOW = func.now()
CASE_NUMBERS = Sequence("case_number_seq", metadata=Base.metadata)


class Procedure(Base):
    """A version of how a kind of case runs; once a case uses it, it is frozen."""

    __tablename__ = "procedure"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    version: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    name_en: Mapped[str] = mapped_column(Text, nullable=False)
    stages: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", nullable=False)
    current: Mapped[bool] = mapped_column(Boolean, server_default="true", nullable=False)

    __table_args__ = (
        UniqueConstraint("code", "version"),
        Index("procedure_current_key", "code", unique=True, postgresql_where=text("current")),
    )


class ProcedureState(Base):
    """A state of a procedure with the words and the character that people see."""

    __tablename__ = "procedure_state"

    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedure.id"), primary_key=True)
    state: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    name_en: Mapped[str] = mapped_column(Text, nullable=False)
    character: Mapped[str] = mapped_column(Text, nullable=False)
    step: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    final: Mapped[bool] = mapped_column(Boolean, server_default="false", nullable=False)
    public_state: Mapped[str] = mapped_column(Text, nullable=False)


class ProcedureMove(Base):
    """One allowed move: operation × state → state, for whom, with what, doing what to clocks."""

    __tablename__ = "procedure_move"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedure.id"), nullable=False)
    operation: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    name_en: Mapped[str] = mapped_column(Text, nullable=False)
    from_state: Mapped[str] = mapped_column(Text, nullable=False)
    to_state: Mapped[str] = mapped_column(Text, nullable=False)
    posts: Mapped[list[str]] = mapped_column(ARRAY(Text), nullable=False)
    holder_only: Mapped[bool] = mapped_column(Boolean, server_default="false", nullable=False)
    when: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", nullable=False)
    requires: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", nullable=False)
    guards: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", nullable=False)
    clock: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", nullable=False)
    effects: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", nullable=False)
    sort: Mapped[int] = mapped_column(SmallInteger, nullable=False)

    __table_args__ = (
        UniqueConstraint("procedure_id", "operation", "from_state", "to_state"),
        Index("procedure_move_state_idx", "procedure_id", "from_state"),
    )


class CaseFile(Base):
    """How we answer: the current projection of a case's events.

    All that lists filter by stands here, so lists need no join and there is one index set, one
    policy and one tile function. `due_at` is the end of the running stage, `close_due_at` the end
    of the whole; both are None while no clock runs. `place` is the area's name on that day.
    `location` is a point, EPSG:4490, lon/lat.
    """

    __tablename__ = "case_file"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    item_id: Mapped[int] = mapped_column(ForeignKey("catalogue_item.id"), nullable=False)
    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedure.id"), nullable=False)
    state: Mapped[str] = mapped_column(Text, nullable=False)
    severity: Mapped[str] = mapped_column(Text, nullable=False)
    confidentiality: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False)
    area_path: Mapped[str | None] = mapped_column(Ltree())
    intake_path: Mapped[str | None] = mapped_column(Ltree())
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    reporter_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    holder_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    holder_worker_id: Mapped[UUID | None]
    channel: Mapped[str] = mapped_column(ForeignKey("channel.code"), nullable=False)
    description: Mapped[str] = mapped_column(Text, nullable=False)
    address: Mapped[str | None] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(Text)
    stage: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    limit_unit: Mapped[str | None] = mapped_column(Text)
    close_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    stage_started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    filed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    handled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=_NOW, nullable=False
    )
    location: Mapped[WKBElement] = mapped_column(
        Geometry("POINT", srid=STORAGE_SRID, spatial_index=False), nullable=False
    )
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("case_file.id"))
    handler_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    returns: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False)
    reworks: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False)
    synthetic: Mapped[bool] = mapped_column(Boolean, server_default="false", nullable=False)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    version: Mapped[int] = mapped_column(Integer, server_default="1", nullable=False)

    __table_args__ = (
        Index("case_file_opened_idx", text("opened_at DESC"), text("id DESC")),
        Index("case_file_area_gist_idx", "area_path", postgresql_using="gist"),
        Index("case_file_intake_gist_idx", "intake_path", postgresql_using="gist"),
        Index("case_file_department_idx", "department_id", text("opened_at DESC")),
        Index("case_file_reporter_idx", "reporter_account_id", text("opened_at DESC")),
        Index("case_file_holder_idx", "holder_account_id", text("opened_at DESC")),
        Index("case_file_location_idx", "location", postgresql_using="gist"),
        # Maps show what is open: a few thousand among millions.
        Index(
            "case_file_open_location_idx",
            "location",
            postgresql_using="gist",
            postgresql_where=text("state NOT IN ('closed', 'evaluated', 'rejected')"),
        ),
        Index("case_file_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("case_file_state_idx", "state", text("opened_at DESC")),
        Index("case_file_filed_idx", "filed_at", postgresql_where=text("filed_at IS NOT NULL")),
        Index(
            "case_file_close_due_idx",
            "close_due_at",
            postgresql_where=text("close_due_at IS NOT NULL"),
        ),
        # Somebody sees each case: whose area it is, or whose desk took it in.
        CheckConstraint("num_nonnulls(area_path, intake_path) > 0", name="way_in"),
    )


class CaseEvent(Base):
    """One thing that was done to a case. Rows are never changed or deleted.

    `at` is when the server learnt of it, `happened_at` when it was done (a phone may be late).
    """

    __tablename__ = "case_event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), nullable=False)
    version: Mapped[int] = mapped_column(Integer, nullable=False)
    operation: Mapped[str] = mapped_column(Text, nullable=False)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text, nullable=False)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=_NOW, nullable=False
    )
    happened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    posting_id: Mapped[int | None] = mapped_column(BigInteger)
    post: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", nullable=False)

    __table_args__ = (
        # Marks (overdue, rehome, photo, promise) carry the version they found and make no new one.
        Index(
            "case_event_version_key",
            "case_id",
            "version",
            unique=True,
            postgresql_where=text("operation NOT IN ('overdue', 'rehome', 'photo', 'promise')"),
        ),
        # Facts ask of each case whether a redraw has moved it: nearly always there is nothing.
        Index(
            "case_event_rehome_idx",
            "case_id",
            "at",
            postgresql_where=text("operation = 'rehome'"),
        ),
        Index("case_event_at_idx", "at"),
    )


class CaseTimer(Base):
    """A clock of one stage of a case. An extension moves `due_at` and keeps `original_due_at`."""

    __tablename__ = "case_timer"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), nullable=False)
    stage: Mapped[str] = mapped_column(Text, nullable=False)
    limit_amount: Mapped[Decimal] = mapped_column(Numeric(8, 2), nullable=False)
    limit_unit: Mapped[str] = mapped_column(Text, nullable=False)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    original_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    stopped_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    overdue_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("case_timer_case_idx", "case_id"),
        # Clocks that wait for the working calendar of a year (casework/waiting.py).
        Index("case_timer_waiting_idx", "case_id", postgresql_where=text("due_at IS NULL")),
        # What the sweep looks for each minute: running, not yet marked.
        Index(
            "case_timer_running_idx",
            "due_at",
            postgresql_where=text("stopped_at IS NULL AND overdue_at IS NULL"),
        ),
        Index(
            "case_timer_one_running_key",
            "case_id",
            "stage",
            unique=True,
            postgresql_where=text("stopped_at IS NULL"),
        ),
    )


class Attachment(Base):
    """A photo of a case: re-encoded, without EXIF; the file is named by its checksum."""

    __tablename__ = "attachment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), nullable=False)
    stage: Mapped[str] = mapped_column(Text, nullable=False)
    media_type: Mapped[str] = mapped_column(Text, nullable=False)
    sha256: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    received_sha256: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    size_bytes: Mapped[int] = mapped_column(Integer, nullable=False)
    width_px: Mapped[int] = mapped_column(Integer, nullable=False)
    height_px: Mapped[int] = mapped_column(Integer, nullable=False)
    taken_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    taken_lon: Mapped[float | None] = mapped_column(Float)
    taken_lat: Mapped[float | None] = mapped_column(Float)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=_NOW, nullable=False
    )

    __table_args__ = (
        Index("attachment_case_idx", "case_id"),
        CheckConstraint(
            "stage IN ('near','far','reference','before','after','check')", name="stage"
        ),
    )


class CaseNumberDay(Base):
    """Where the case numbers of a local day begin in the sequence."""

    __tablename__ = "case_number_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    first_number: Mapped[int] = mapped_column(BigInteger, nullable=False)
