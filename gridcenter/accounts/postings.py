"""What changes posts and where they are held: granting, ending, new departments."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import psycopg

from gridcenter.accounts.events import note
from gridcenter.actor import Actor
from gridcenter.database import Transaction
from gridcenter.errors import ACCOUNT, FieldError, InvalidInput, NotFound

ADMINISTRATORS = frozenset({"system_admin", "security_admin", "audit_admin"})
AREA_BOUND = frozenset({"grid_worker", "intake", "dispatcher", "duty_officer", "official", "wall"})
# The constraints of the table that keep administrators apart: from each other, from every other post.
APART = frozenset({"posting_one_administrator", "posting_administrators_apart"})


@dataclass(frozen=True)
class GrantPost:
    """A post for an account, in an area (code) or a department (code)."""

    account_id: UUID
    post: str
    area: str | None = None
    department: str | None = None


_SAME_POSTING = """
SELECT id FROM posting
 WHERE account_id = %(account)s AND post = %(post)s AND valid @> CURRENT_DATE
   AND area_path IS NOT DISTINCT FROM %(path)s::text::ltree
   AND department_id IS NOT DISTINCT FROM %(department)s::bigint
"""
_NEW_POSTING = """
INSERT INTO posting (account_id, post, area_path, department_id)
VALUES (%(account)s, %(post)s, %(path)s, %(department)s)
"""


def grant_post(tx: Transaction, actor: Actor, command: GrantPost) -> None:
    """Post an account from today on.

    Raises InvalidInput when post, area or department is unknown or missing, when the account holds
    the same post there already, when a second administrator post is asked for, or an administrator is
    to get a post that reads cases. The last two are decided by the table's constraints, so that two
    grants at once cannot pass each other.
    """
    if tx.one("SELECT 1 FROM post WHERE code = %(c)s", {"c": command.post}) is None:
        raise _unknown("post", command.post, "岗位", "post")
    path = _area_path(tx, command.area) if command.area else None
    department = _department_id(tx, command.department) if command.department else None
    _require(command, path, department)
    given = {
        "account": command.account_id,
        "post": command.post,
        "path": path,
        "department": department,
    }
    if tx.one(_SAME_POSTING, given) is not None:
        raise InvalidInput.of(
            "post",
            "post_held",
            "这个账号已有这个岗位，不必再授",
            "The account holds this post already",
        )
    try:
        with tx.connection.transaction():
            tx.execute(_NEW_POSTING, given)
    except psycopg.errors.ExclusionViolation as error:
        if error.diag.constraint_name not in APART:
            raise
        raise InvalidInput.of(
            "post",
            "administrators_apart",
            "系统、安全、审计管理员不能兼任，也不能兼办案岗位；另建一个账号",
            "System, security and audit administrators hold no other post; make another account",
        ) from error
    note(tx, actor, "post_granted", command.account_id, command.post)


def end_posting(tx: Transaction, actor: Actor, posting_id: int) -> None:
    """End a posting today. Raises NotFound."""
    row = tx.one(
        "UPDATE posting SET valid = daterange(lower(valid), greatest(CURRENT_DATE, lower(valid)))"
        " WHERE id = %(id)s AND valid @> CURRENT_DATE RETURNING account_id, post",
        {"id": posting_id},
    )
    if row is None:
        raise NotFound(ACCOUNT)
    note(tx, actor, "post_ended", row["account_id"], row["post"])


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
    note(tx, actor, "department_created", None, code)
