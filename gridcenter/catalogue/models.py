"""What can happen and be asked: items, matters, filing conditions, channels."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridcenter.database import Base


class CatalogueItem(Base):
    """Identity of something that a case can be about; matters (管理事项) stand on it."""

    __tablename__ = "catalogue_item"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    scheme: Mapped[str] = mapped_column(Text, nullable=False)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    name_en: Mapped[str] = mapped_column(Text, nullable=False)
    procedure: Mapped[str] = mapped_column(Text, nullable=False)
    severity: Mapped[str] = mapped_column(Text, nullable=False)
    confidentiality: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False)
    default_department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    pinyin: Mapped[list[str]] = mapped_column(ARRAY(Text), nullable=False)
    initials: Mapped[list[str]] = mapped_column(ARRAY(Text), nullable=False)
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", nullable=False)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    sort: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False)

    __table_args__ = (
        UniqueConstraint("scheme", "code"),
        CheckConstraint("severity IN ('simple','general','prominent','major')", name="severity"),
    )


class Matter(Base):
    """A class of incident on top of its catalogue item."""

    __tablename__ = "matter"

    item_id: Mapped[int] = mapped_column(ForeignKey("catalogue_item.id"), primary_key=True)
    class_code: Mapped[str] = mapped_column(Text, nullable=False)
    class_name: Mapped[str] = mapped_column(Text, nullable=False)
    class_name_en: Mapped[str] = mapped_column(Text, nullable=False)


class FilingCondition(Base):
    """When a matter is filed, how long it may take, what closes it (立案条件).

    `limit_unit` is one of the four clock types of gridcenter.deadlines.rules.
    """

    __tablename__ = "filing_condition"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("catalogue_item.id"), nullable=False)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    name_en: Mapped[str] = mapped_column(Text, nullable=False)
    limit_amount: Mapped[Decimal] = mapped_column(Numeric(8, 2), nullable=False)
    limit_unit: Mapped[str] = mapped_column(Text, nullable=False)
    severity: Mapped[str] = mapped_column(Text, nullable=False)
    closing_condition: Mapped[str] = mapped_column(Text, nullable=False)
    closing_condition_en: Mapped[str] = mapped_column(Text, nullable=False)
    evidence: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", nullable=False)
    is_default: Mapped[bool] = mapped_column(Boolean, server_default="false", nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)

    __table_args__ = (
        UniqueConstraint("item_id", "code"),
        CheckConstraint(
            "limit_unit IN ('urgent_hour','work_hour','work_day','natural_day')", name="limit_unit"
        ),
        CheckConstraint("limit_amount > 0", name="limit_amount"),
        CheckConstraint("severity IN ('simple','general','prominent','major')", name="severity"),
        Index(
            "filing_condition_default_key",
            "item_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )


class Channel(Base):
    """Where a case came from (来源渠道), a tree; `posts` are those that report by it."""

    __tablename__ = "channel"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    parent: Mapped[str | None] = mapped_column(ForeignKey("channel.code"))
    name: Mapped[str] = mapped_column(Text, nullable=False)
    name_en: Mapped[str] = mapped_column(Text, nullable=False)
    posts: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", nullable=False)
    sort: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False)
