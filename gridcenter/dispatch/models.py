"""What the system proposed and what a human chose."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridcenter.database import Base


class DispatchChoice(Base):
    """One dispatch: the ranked candidates as they were shown, and who was chosen. Append-only."""

    __tablename__ = "dispatch_choice"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), nullable=False)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), nullable=False
    )
    proposed: Mapped[str | None] = mapped_column(Text)
    chosen: Mapped[str] = mapped_column(Text, nullable=False)
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, nullable=False)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    posting_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (Index("dispatch_choice_case_idx", "case_id"),)
