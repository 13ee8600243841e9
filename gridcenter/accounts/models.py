"""Accounts, departments, posts, postings, sessions, failed log-ins."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, INET, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridcenter.database import Base, Ltree

_NOW = func.now()


class Department(Base):
    """A department that handles cases (职能部门)."""

    __tablename__ = "department"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    name_en: Mapped[str] = mapped_column(Text, nullable=False)
    area_path: Mapped[str | None] = mapped_column(Ltree())
    is_example: Mapped[bool] = mapped_column(Boolean, server_default="false", nullable=False)


class Post(Base):
    """A kind of software right (岗位). `clearance` is the confidentiality that it may read."""

    __tablename__ = "post"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    name_en: Mapped[str] = mapped_column(Text, nullable=False)
    clearance: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    administrates: Mapped[bool] = mapped_column(Boolean, server_default="false", nullable=False)
    sort: Mapped[int] = mapped_column(SmallInteger, nullable=False)


class Account(Base):
    """Somebody or something that can log in."""

    __tablename__ = "account"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    username: Mapped[str] = mapped_column(Text, nullable=False)
    password_hash: Mapped[str | None] = mapped_column(Text)
    display_name: Mapped[str] = mapped_column(Text, nullable=False)
    locale: Mapped[str] = mapped_column(Text, server_default="zh", nullable=False)
    theme: Mapped[str] = mapped_column(Text, server_default="light", nullable=False)
    failed_logins: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False)
    locked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_login_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    password_changed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=_NOW, nullable=False
    )
    is_example: Mapped[bool] = mapped_column(Boolean, server_default="false", nullable=False)

    __table_args__ = (
        Index("account_username_key", text("lower(username)"), unique=True),
        CheckConstraint("locale IN ('zh','en')", name="locale"),
    )


class PostingRow(Base):
    """A post held by an account, somewhere, for a time (任职)."""

    __tablename__ = "posting"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), nullable=False)
    post: Mapped[str] = mapped_column(ForeignKey("post.code"), nullable=False)
    area_path: Mapped[str | None] = mapped_column(Ltree())
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    clearance: Mapped[int | None] = mapped_column(SmallInteger)
    valid: Mapped[Range[date]] = mapped_column(
        DATERANGE(), server_default=text("daterange(CURRENT_DATE, NULL)"), nullable=False
    )

    __table_args__ = (
        CheckConstraint("post <> 'handler' OR department_id IS NOT NULL", name="department"),
        CheckConstraint(
            "post NOT IN ('grid_worker','intake','dispatcher','duty_officer','official','wall') "
            "OR area_path IS NOT NULL",
            name="area",
        ),
        # 8.1.4.2 of GB/T 22239: one person holds at most one of the three administrators.
        ExcludeConstraint(
            ("account_id", "="),
            ("valid", "&&"),
            name="posting_one_administrator",
            where=text("post IN ('system_admin','security_admin','audit_admin')"),
        ),
        # Nor any other post beside it (DOMAIN 11): false is kept away from true, as integers.
        ExcludeConstraint(
            ("account_id", "="),
            ("valid", "&&"),
            (
                literal_column(
                    "((post IN ('system_admin','security_admin','audit_admin'))::integer)"
                ),
                "<>",
            ),
            name="posting_administrators_apart",
        ),
        Index("posting_account_idx", "account_id"),
    )


class SessionRow(Base):
    """One log-in on one device; only the hash of its token is kept."""

    __tablename__ = "session"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), nullable=False)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=_NOW, nullable=False
    )
    seen_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=_NOW, nullable=False
    )
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    address: Mapped[str | None] = mapped_column(INET)
    agent: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("kind IN ('browser','api','wall')", name="kind"),
        Index("session_account_idx", "account_id"),
    )


class AccountEvent(Base):
    """What was done to or by an account: log-in, lock, posting, revocation. Append-only."""

    __tablename__ = "account_event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=_NOW, nullable=False
    )
    event: Mapped[str] = mapped_column(Text, nullable=False)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    username: Mapped[str | None] = mapped_column(Text)
    actor_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    address: Mapped[str | None] = mapped_column(INET)
    detail: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("account_event_account_idx", "account_id", "at"),
        # Who tries names that no account has; see unknown_name_locked_until.
        Index(
            "account_event_unknown_idx",
            text("lower(username)"),
            postgresql_where=text("event = 'login_failed' AND account_id IS NULL"),
        ),
    )
