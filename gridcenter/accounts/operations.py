"""What changes accounts: logging in and out, creating, disabling, posting, revoking sessions."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import ceil
from uuid import UUID

from gridcenter.accounts import passwords
from gridcenter.actor import Actor
from gridcenter.database import Row, Transaction
from gridcenter.errors import (
    AccountLocked,
    FieldError,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    Words,
)

FAILURES_BEFORE_LOCK = 5
LOCK_FOR = timedelta(minutes=20)
LIFETIMES = {"browser": timedelta(hours=12), "api": timedelta(days=30), "wall": timedelta(days=365)}
ADMINISTRATORS = frozenset({"system_admin", "security_admin", "audit_admin"})
AREA_BOUND = frozenset({"grid_worker", "intake", "dispatcher", "duty_officer", "official", "wall"})
ACCOUNT = Words("账号", "account")


@dataclass(frozen=True)
class LogIn:
    """A log-in as it arrives: name, password, from where, for what kind of session."""

    username: str
    password: str
    kind: str = "browser"
    address: str | None = None
    agent: str | None = None


@dataclass(frozen=True)
class OpenedSession:
    """A new session: the token is shown once, only its hash is kept.

    `one_time`: the password was set by an administrator, an own one is to be chosen.
    """

    token: str
    session_id: UUID
    expires_at: datetime
    one_time: bool = False


@dataclass(frozen=True)
class LogInFailed:
    """Why a log-in failed; returned, not raised, so that the count of failures is committed."""

    error: NotAuthenticated | AccountLocked


def log_in(tx: Transaction, command: LogIn) -> OpenedSession | LogInFailed:
    """A new session, or the reason why not.

    The fifth failure in a row locks the name for 20 minutes. Unknown names and wrong passwords are
    answered alike, locks included, and take the same time.
    """
    row = tx.one("SELECT * FROM account_for_login(%(name)s)", {"name": command.username})
    until = row["locked_until"] if row else _unknown_locked_until(tx, command.username)
    if until and until > datetime.now(UTC):
        return LogInFailed(_locked(until))
    good = passwords.matches(row["password_hash"] if row else None, command.password)
    if row is None or row["disabled_at"] is not None or not good:
        return LogInFailed(_note_failure(tx, command, row["id"] if row else None))
    stale = passwords.outdated(row["password_hash"])
    opened = open_session(
        tx, row["id"], command, passwords.hashed(command.password) if stale else None
    )
    return replace(opened, one_time=row["one_time"])


def open_session(
    tx: Transaction, account_id: UUID, command: LogIn, new_hash: str | None = None
) -> OpenedSession:
    """A session without asking for a password: for log-in above and for wall tokens by the CLI."""
    token = secrets.token_urlsafe(32)
    row = tx.one(
        "SELECT * FROM open_session(%(id)s, %(hash)s, %(kind)s, %(life)s, %(address)s, %(agent)s,"
        " %(new_hash)s)",
        {
            "id": account_id,
            "hash": token_hash(token),
            "kind": command.kind,
            "life": LIFETIMES[command.kind],
            "address": command.address,
            "agent": command.agent,
            "new_hash": new_hash,
        },
    )
    assert row is not None
    return OpenedSession(token, row["session_id"], row["expires_at"])


def token_hash(token: str) -> bytes:
    """What is stored of a token: SHA-256; tokens are random, so no salt is needed."""
    return sha256(token.encode()).digest()


def _note_failure(
    tx: Transaction, command: LogIn, account_id: UUID | None
) -> NotAuthenticated | AccountLocked:
    row = tx.one(
        "SELECT * FROM note_failed_login(%(id)s, %(name)s, %(limit)s, %(lock)s, %(address)s)",
        {
            "id": account_id,
            "name": command.username,
            "limit": FAILURES_BEFORE_LOCK,
            "lock": LOCK_FOR,
            "address": command.address,
        },
    )
    until = row["locked_until"] if row else _unknown_locked_until(tx, command.username)
    if until and until > datetime.now(UTC):
        return _locked(until)
    return NotAuthenticated()


def _unknown_locked_until(tx: Transaction, username: str) -> datetime | None:
    until: datetime | None = tx.scalar(
        "SELECT unknown_name_locked_until(%(name)s, %(limit)s, %(lock)s)",
        {"name": username, "limit": FAILURES_BEFORE_LOCK, "lock": LOCK_FOR},
    )
    return until


def _locked(until: datetime) -> AccountLocked:
    return AccountLocked(max(1, ceil((until - datetime.now(UTC)).total_seconds() / 60)))


def log_out(tx: Transaction, actor: Actor) -> None:
    """End the session that the actor uses."""
    if actor.session_id is not None:
        revoke_session(tx, actor, actor.session_id)


def revoke_session(tx: Transaction, actor: Actor, session_id: UUID) -> None:
    """End a session: one's own, or anybody's for the security administrator. Raises NotFound."""
    if not tx.execute(
        "UPDATE session SET revoked_at = now() WHERE id = %(id)s AND revoked_at IS NULL",
        {"id": session_id},
    ):
        raise NotFound(Words("登录", "session"))
    _note(tx, actor, "session_revoked", actor.account_id, str(session_id))


@dataclass(frozen=True)
class CreateAccount:
    """A new account, with its first posting where one is given.

    `one_time`: somebody else knows the password, so an own one is to be chosen before anything else.
    """

    username: str
    password: str
    display_name: str = ""
    post: str | None = None
    area: str | None = None
    department: str | None = None
    locale: str = "zh"
    is_example: bool = False
    one_time: bool = False


def create_account(tx: Transaction, actor: Actor, command: CreateAccount) -> UUID:
    """The id of the new account. Raises InvalidInput for a taken name or a weak password."""
    name = command.username.strip()
    if not 2 <= len(name) <= 60 or any(c.isspace() for c in name):
        raise InvalidInput.of(
            "username",
            "bad_username",
            "账号为 2 至 60 个字符，不含空格",
            "A user name has 2 to 60 characters and no blanks",
        )
    passwords.check_strength(command.password, name)
    account_id = _insert_account(tx, command, name)
    _note(tx, actor, "account_created", account_id, name)
    if command.post is not None:
        grant_post(tx, actor, GrantPost(account_id, command.post, command.area, command.department))
    return account_id


def _insert_account(tx: Transaction, command: CreateAccount, name: str) -> UUID:
    # The id is made here: reading it back would need the right to see the new row.
    row = tx.one("SELECT gen_random_uuid() AS id")
    assert row is not None
    taken = not tx.execute(
        "INSERT INTO account (id, username, password_hash, display_name, locale,"
        " password_changed_at, is_example) VALUES (%(id)s, %(name)s, %(hash)s, %(display)s,"
        " %(locale)s, %(changed)s, %(example)s) ON CONFLICT (lower(username)) DO NOTHING",
        {
            "id": row["id"],
            "name": name,
            "hash": passwords.hashed(command.password),
            "display": command.display_name.strip() or name,
            "locale": command.locale if command.locale in ("zh", "en") else "zh",
            "changed": None if command.one_time else datetime.now(UTC),
            "example": command.is_example,
        },
    )
    if taken:
        raise InvalidInput.of(
            "username",
            "username_taken",
            f"账号 {name} 已存在，换一个",
            f"The user name {name} is taken, choose another",
        )
    return UUID(str(row["id"]))


@dataclass(frozen=True)
class GrantPost:
    """A post for an account, in an area (code) or a department (code)."""

    account_id: UUID
    post: str
    area: str | None = None
    department: str | None = None


def grant_post(tx: Transaction, actor: Actor, command: GrantPost) -> None:
    """Post an account from today on.

    Raises InvalidInput when post, area or department is unknown or missing, when a second
    administrator post is asked for, or an administrator is to get a post that reads cases.
    """
    if tx.one("SELECT 1 FROM post WHERE code = %(c)s", {"c": command.post}) is None:
        raise _unknown("post", command.post, "岗位", "post")
    path = _area_path(tx, command.area) if command.area else None
    department = _department_id(tx, command.department) if command.department else None
    _require(command, path, department)
    held = {
        r["post"]
        for r in tx.all(
            "SELECT post FROM posting WHERE account_id = %(id)s AND valid @> CURRENT_DATE",
            {"id": command.account_id},
        )
    }
    if (held & ADMINISTRATORS and command.post not in held) or (
        held and command.post in ADMINISTRATORS and held != {command.post}
    ):
        raise InvalidInput.of(
            "post",
            "administrators_apart",
            "系统、安全、审计管理员不能兼任，也不能兼办案岗位；另建一个账号",
            "System, security and audit administrators hold no other post; make another account",
        )
    tx.execute(
        "INSERT INTO posting (account_id, post, area_path, department_id)"
        " VALUES (%(account)s, %(post)s, %(path)s, %(department)s)",
        {
            "account": command.account_id,
            "post": command.post,
            "path": path,
            "department": department,
        },
    )
    _note(tx, actor, "post_granted", command.account_id, command.post)


def end_posting(tx: Transaction, actor: Actor, posting_id: int) -> None:
    """End a posting today. Raises NotFound."""
    row = tx.one(
        "UPDATE posting SET valid = daterange(lower(valid), greatest(CURRENT_DATE, lower(valid)))"
        " WHERE id = %(id)s AND valid @> CURRENT_DATE RETURNING account_id, post",
        {"id": posting_id},
    )
    if row is None:
        raise NotFound(ACCOUNT)
    _note(tx, actor, "post_ended", row["account_id"], row["post"])


def disable_account(tx: Transaction, actor: Actor, username: str) -> None:
    """Shut an account and, through it, all its sessions. Raises NotFound, or InvalidInput for oneself."""
    row = tx.one("SELECT id FROM account WHERE lower(username) = lower(%(n)s)", {"n": username})
    if row is None:
        raise NotFound(ACCOUNT)
    if row["id"] == actor.account_id:
        raise InvalidInput.of(
            "username", "own_account", "不能停用自己的账号", "You cannot disable your own account"
        )
    tx.execute(
        "UPDATE account SET disabled_at = coalesce(disabled_at, now()) WHERE id = %(id)s",
        {"id": row["id"]},
    )
    _note(tx, actor, "account_disabled", row["id"], username)


def enable_account(tx: Transaction, actor: Actor, username: str) -> None:
    """Open an account that was shut. Raises NotFound."""
    row = _account(tx, username)
    tx.execute("UPDATE account SET disabled_at = NULL WHERE id = %(id)s", {"id": row["id"]})
    _note(tx, actor, "account_enabled", row["id"], username)


def unlock(tx: Transaction, actor: Actor, username: str) -> None:
    """Let an account log in again that wrong passwords have locked. Raises NotFound."""
    row = _account(tx, username)
    tx.execute(
        "UPDATE account SET locked_until = NULL, failed_logins = 0 WHERE id = %(id)s",
        {"id": row["id"]},
    )
    _note(tx, actor, "account_unlocked", row["id"], username)


def reset_password(tx: Transaction, actor: Actor, username: str) -> str:
    """A random one-time password for the account, to be told once; ends all its sessions.

    `password_changed_at` becomes NULL: whoever logs in with it is to choose an own one. Raises
    NotFound, and InvalidInput for one's own account (use `change_own_password`).
    """
    row = _account(tx, username)
    if row["id"] == actor.account_id:
        raise InvalidInput.of(
            "username",
            "own_account",
            "自己的密码请在“修改密码”里改",
            "Change your own password under “Change password”",
        )
    password = passwords.one_time_password(username)
    tx.execute(
        "UPDATE account SET password_hash = %(hash)s, password_changed_at = NULL,"
        " failed_logins = 0, locked_until = NULL WHERE id = %(id)s",
        {"hash": passwords.hashed(password), "id": row["id"]},
    )
    tx.scalar("SELECT end_sessions_of(%(id)s, NULL)", {"id": row["id"]})
    _note(tx, actor, "password_reset", row["id"], username)
    return password


def change_own_password(tx: Transaction, actor: Actor, old: str, new: str) -> None:
    """Change the actor's own password and end the other sessions.

    Raises InvalidInput for a wrong old password, a weak new one, or one that is the old one.
    """
    row = tx.one("SELECT * FROM account_for_login(%(name)s)", {"name": actor.username})
    if row is None or not passwords.matches(row["password_hash"], old):
        raise InvalidInput.of(
            "old", "wrong_password", "原密码不对", "The present password is wrong"
        )
    if old == new:
        raise InvalidInput.of(
            "new", "same_password", "新密码与原密码相同，换一个", "The new password is the old one"
        )
    try:
        passwords.check_strength(new, actor.username)
    except InvalidInput as error:
        raise InvalidInput([replace(e, field="new") for e in error.errors]) from None
    tx.execute(
        "UPDATE account SET password_hash = %(hash)s, password_changed_at = now()"
        " WHERE id = %(id)s",
        {"hash": passwords.hashed(new), "id": row["id"]},
    )
    given = {"id": row["id"], "keep": actor.session_id}
    tx.scalar("SELECT end_sessions_of(%(id)s, %(keep)s)", given)
    _note(tx, actor, "password_changed", row["id"], actor.username)


def create_department(tx: Transaction, actor: Actor, code: str, name: str, name_en: str) -> None:
    """A new department. Raises InvalidInput for a taken or bad code and an empty name."""
    errors = []
    if not 2 <= len(code) <= 40 or not code.isascii() or any(c.isspace() for c in code):
        errors.append(
            FieldError(
                "code",
                "bad_code",
                "代码为 2 至 40 个字母、数字或连字符",
                "A code has 2 to 40 letters, digits or hyphens",
            )
        )
    if not name.strip():
        errors.append(FieldError("name", "required", "写上部门名称", "Give the department a name"))
    if errors:
        raise InvalidInput(errors)
    added = tx.execute(
        "INSERT INTO department (code, name, name_en) VALUES (%(code)s, %(name)s, %(en)s)"
        " ON CONFLICT (code) DO NOTHING",
        {"code": code, "name": name.strip(), "en": name_en.strip() or name.strip()},
    )
    if not added:
        raise InvalidInput.of(
            "code", "code_taken", f"代码 {code} 已有部门用", f"The code {code} is taken"
        )
    _note(tx, actor, "department_created", None, code)


def _account(tx: Transaction, username: str) -> Row:
    row = tx.one("SELECT id FROM account WHERE lower(username) = lower(%(n)s)", {"n": username})
    if row is None:
        raise NotFound(ACCOUNT)
    return row


@dataclass(frozen=True)
class Preferences:
    """What a person chooses for the own screen; None leaves it as it is."""

    locale: str | None = None
    theme: str | None = None


def set_preferences(tx: Transaction, actor: Actor, command: Preferences) -> None:
    """Remember language and theme. Raises InvalidInput for unknown ones."""
    errors = []
    if command.locale not in (None, "zh", "en"):
        errors.append(FieldError("locale", "unknown", "语言只有 zh、en", "Languages are zh and en"))
    if command.theme not in (None, "light", "dark", "auto"):
        errors.append(
            FieldError("theme", "unknown", "主题只有 light、dark、auto", "light, dark or auto")
        )
    if errors:
        raise InvalidInput(errors)
    tx.execute(
        "UPDATE account SET locale = coalesce(%(locale)s, locale),"
        " theme = coalesce(%(theme)s, theme) WHERE id = %(id)s",
        {"locale": command.locale, "theme": command.theme, "id": actor.account_id},
    )


def _require(command: GrantPost, path: str | None, department: int | None) -> None:
    if command.post in AREA_BOUND and path is None:
        raise InvalidInput.of(
            "area",
            "area_missing",
            f"岗位 {command.post} 要写明辖区代码（--area）",
            f"The post {command.post} needs an area code (--area)",
        )
    if command.post == "handler" and department is None:
        raise InvalidInput.of(
            "department",
            "department_missing",
            "处置岗位要写明部门代码（--department）",
            "A handler needs a department code (--department)",
        )


def _area_path(tx: Transaction, code: str) -> str:
    row = tx.one("SELECT path::text AS path FROM area_now WHERE code = %(c)s", {"c": code})
    if row is None:
        raise _unknown("area", code, "辖区", "area")
    return str(row["path"])


def _department_id(tx: Transaction, code: str) -> int:
    row = tx.one("SELECT id FROM department WHERE code = %(c)s", {"c": code})
    if row is None:
        raise _unknown("department", code, "部门", "department")
    return int(row["id"])


def _unknown(field: str, value: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput.of(
        field, f"unknown_{field}", f"没有代码为 {value} 的{zh}", f"There is no {en} {value}"
    )


def _note(tx: Transaction, actor: Actor, event: str, account_id: UUID | None, detail: str) -> None:
    tx.execute(
        "INSERT INTO account_event (event, account_id, actor_account_id, detail)"
        " VALUES (%(event)s, %(account)s, %(actor)s, %(detail)s)",
        {"event": event, "account": account_id, "actor": actor.account_id, "detail": detail},
    )
