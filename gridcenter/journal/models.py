"""The append-only feed that live screens read."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, SmallInteger, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridcenter.database import Base, Ltree


class JournalEntry(Base):
    """One thing that happened and that somebody's screen may have to show; rows never change."""

    __tablename__ = "journal"

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), nullable=False
    )
    topic: Mapped[str] = mapped_column(Text, nullable=False)
    subject_id: Mapped[UUID | None]
    area_path: Mapped[str | None] = mapped_column(Ltree())
    intake_path: Mapped[str | None] = mapped_column(Ltree())
    department_id: Mapped[int | None] = mapped_column(BigInteger)
    reporter_account_id: Mapped[UUID | None]
    holder_account_id: Mapped[UUID | None]
    confidentiality: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", nullable=False)
