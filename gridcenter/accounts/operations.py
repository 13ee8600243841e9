"""What changes accounts: creating, disabling, unlocking, passwords, preferences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from gridcenter.accounts import passwords, sessions
from gridcenter.accounts.events import note
from gridcenter.accounts.postings import GrantPost, grant_post
from gridcenter.accounts.sessions import LogIn, LogInFailed
from gridcenter.actor import Actor
from gridcenter.database import Row, Transaction
from gridcenter.errors import ACCOUNT, AccountLocked, FieldError, InvalidInput, NotFound


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
    note(tx, actor, "account_created", account_id, name)
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


def disable_account(tx: Transaction, actor: Actor, username: str) -> None:
    """Shut an account and end all its sessions. Raises NotFound, or InvalidInput for oneself."""
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
    tx.scalar("SELECT end_sessions_of(%(id)s, NULL)", {"id": row["id"]})
    note(tx, actor, "account_disabled", row["id"], username)


def enable_account(tx: Transaction, actor: Actor, username: str) -> None:
    """Open an account that was shut; it logs in anew. Raises NotFound."""
    row = _account(tx, username)
    tx.execute("UPDATE account SET disabled_at = NULL WHERE id = %(id)s", {"id": row["id"]})
    note(tx, actor, "account_enabled", row["id"], username)


def unlock(tx: Transaction, actor: Actor, username: str) -> None:
    """Let an account log in again that wrong passwords have locked. Raises NotFound."""
    row = _account(tx, username)
    tx.execute(
        "UPDATE account SET locked_until = NULL, failed_logins = 0 WHERE id = %(id)s",
        {"id": row["id"]},
    )
    note(tx, actor, "account_unlocked", row["id"], username)


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
    note(tx, actor, "password_reset", row["id"], username)
    return password


_WRONG_PASSWORD = ("old", "wrong_password", "原密码不对", "The present password is wrong")


def change_own_password(
    tx: Transaction, actor: Actor, old: str, new: str, address: str | None = None
) -> InvalidInput | AccountLocked | None:
    """None when the actor's own password was changed and the other sessions were ended.

    A wrong old password counts as a failed log-in from `address`; its error is returned, not raised,
    so that the count is committed. Raises InvalidInput for a weak new password, or one that is the old.
    """
    row = sessions.known_password(tx, LogIn(actor.username, old, address=address))
    if isinstance(row, LogInFailed):
        if isinstance(row.error, AccountLocked):
            return row.error
        return InvalidInput.of(*_WRONG_PASSWORD)
    if old == new:
        raise InvalidInput.of(
            "new", "same_password", "新密码与原密码相同，换一个", "The new password is the old one"
        )
    try:
        passwords.check_strength(new, actor.username)
    except InvalidInput as error:
        raise InvalidInput([replace(e, field="new") for e in error.errors]) from None
    tx.execute(
        "UPDATE account SET password_hash = %(hash)s, password_changed_at = now(),"
        " failed_logins = 0 WHERE id = %(id)s",
        {"hash": passwords.hashed(new), "id": row["id"]},
    )
    given = {"id": row["id"], "keep": actor.session_id}
    tx.scalar("SELECT end_sessions_of(%(id)s, %(keep)s)", given)
    note(tx, actor, "password_changed", row["id"], actor.username)
    return None


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
