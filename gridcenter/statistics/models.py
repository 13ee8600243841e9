"""Indicators as data and the dated facts they are counted from."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridcenter.database import Base, Ltree


class Indicator(Base):
    """What a figure means: the words under it on every screen and report."""

    __tablename__ = "indicator"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int | None] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    name_en: Mapped[str] = mapped_column(Text, nullable=False)
    unit: Mapped[str] = mapped_column(Text, nullable=False)
    numerator: Mapped[str] = mapped_column(Text, nullable=False)
    numerator_en: Mapped[str] = mapped_column(Text, nullable=False)
    denominator: Mapped[str | None] = mapped_column(Text)
    denominator_en: Mapped[str | None] = mapped_column(Text)
    excluded: Mapped[str | None] = mapped_column(Text)
    excluded_en: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    target: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    sort: Mapped[int] = mapped_column(SmallInteger, nullable=False)


class CaseFact(Base):
    """One dated fact about one case, derived from its events when the day is closed.

    `fact` is reported, filed, due, closed, handled…; `area_path` is the path of that day;
    `seconds` the duration where the fact has one; `on_time` where it can be.
    """

    __tablename__ = "case_fact"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False)
    fact: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), nullable=False)
    item_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    area_path: Mapped[str | None] = mapped_column(Ltree())
    intake_path: Mapped[str | None] = mapped_column(Ltree())
    department_id: Mapped[int | None] = mapped_column(BigInteger)
    channel: Mapped[str] = mapped_column(Text, nullable=False)
    confidentiality: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    seconds: Mapped[int | None] = mapped_column(BigInteger)
    on_time: Mapped[bool | None]

    __table_args__ = (
        Index("case_fact_day_idx", "day", "fact"),
        Index("case_fact_area_gist_idx", "area_path", postgresql_using="gist"),
        Index("case_fact_case_idx", "case_id"),
    )


class DaySum(Base):
    """What the facts of a closed day come to in an area, with all below it, by department.

    Additive: a period is the sum of its days. `area` is `area_path` as text, because comparing ltree
    is not leakproof and an index on it would not serve under row rights. `times` are the handling
    times in seconds, sorted; medians need them all. `unfiled`, `undue` and `late` hold, for each such
    fact, how many local days before it lay what it speaks of. Arrays are None where there is none.
    """

    __tablename__ = "day_sum"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    area: Mapped[str] = mapped_column(Text, nullable=False)
    area_path: Mapped[str] = mapped_column(Ltree(), nullable=False)
    department_id: Mapped[int | None] = mapped_column(BigInteger)
    confidentiality: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    reported: Mapped[int] = mapped_column(Integer, nullable=False)
    filed: Mapped[int] = mapped_column(Integer, nullable=False)
    closed: Mapped[int] = mapped_column(Integer, nullable=False)
    due: Mapped[int] = mapped_column(Integer, nullable=False)
    due_on_time: Mapped[int] = mapped_column(Integer, nullable=False)
    times: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    unfiled: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    undue: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    late: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))

    __table_args__ = (
        Index("day_sum_area_idx", "area", "day"),
        Index("day_sum_day_idx", "day"),
    )


class ClosedDay(Base):
    """A day whose facts have been derived; later events of that day re-open nothing."""

    __tablename__ = "closed_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    closed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), nullable=False
    )
    facts: Mapped[int] = mapped_column(BigInteger, nullable=False)
