"""Accounts, postings, sessions, events, departments, workers, duties: what administrators keep.

The row rights of the database decide who may; `_only` says the same in a sentence before they have to.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from pydantic import Field

from dashboards import problems
from dashboards.api.schemas import Body, Code, Limit, Query, Text
from dashboards.requests import actor, tx
from gridcenter.accounts import operations, passwords, postings, queries
from gridcenter.accounts.operations import CreateAccount
from gridcenter.accounts.postings import ADMINISTRATORS, GrantPost
from gridcenter.errors import ACCOUNT, InvalidInput, NotFound, NotYours, Words
from gridcenter.workforce import operations as workforce
from gridcenter.workforce import queries as workforce_queries
from gridcenter.workforce.operations import AssignDuty, CreateWorker
from gridcenter.workforce.queries import WorkforceFilter

bp = APIBlueprint("admin", __name__, url_prefix="/api/v1", tag="admin")

NAMES = {
    "system_admin": Words("系统管理员", "system administrator"),
    "security_admin": Words("安全管理员", "security administrator"),
    "audit_admin": Words("审计管理员", "audit administrator"),
}
OWN = "own_account"


def _only(post: str, operation: Words) -> None:
    """Refuse anybody but the holders of `post`; those who administrate nothing find nothing here."""
    if not actor().posts & ADMINISTRATORS:
        raise NotFound(ACCOUNT)
    if post not in actor().posts:
        name = NAMES[post]
        raise NotYours(operation, [Words(f"由{name.zh}办理", f"this is up to the {name.en}")])


def _administrators() -> None:
    if not actor().posts & ADMINISTRATORS:
        raise NotFound(ACCOUNT)


class AccountsQuery(Query):
    """Part of a user name or display name; `after` is the `next` of the page before."""

    q: Annotated[Text, Field(max_length=60)] | None = None
    after: Annotated[Text, Field(max_length=100)] | None = None
    limit: Limit = 200


class AccountBody(Body):
    """A new account; posts are granted afterwards by the security administrator."""

    username: Annotated[Text, Field(max_length=100)]
    display_name: Annotated[Text, Field(max_length=80)] = ""
    locale: Literal["zh", "en"] = "zh"


class PostingBody(Body):
    """A post in an area (code) or a department (code)."""

    post: Code
    area: Code | None = None
    department: Code | None = None


class PasswordBody(Body):
    """The present and the wished password."""

    old: Annotated[Text, Field(min_length=1, max_length=200)]
    new: Annotated[Text, Field(min_length=1, max_length=200)]


class DepartmentBody(Body):
    """A new department."""

    code: Annotated[Text, Field(max_length=40)]
    name: Annotated[Text, Field(max_length=80)]
    name_en: Annotated[Text, Field(max_length=80)] = ""


class EventsQuery(Query):
    """`after` is the id of the last event seen: older ones follow."""

    after: Annotated[int, Field(ge=1)] | None = None
    limit: Limit = 100


class DepartmentsQuery(Query):
    """Part of a code or name; `after` is the `next` of the page before."""

    q: Annotated[Text, Field(max_length=60)] | None = None
    after: Annotated[Text, Field(max_length=40)] | None = None
    limit: Limit = 200


class WorkersQuery(Query):
    """Of an area (code) and below; `q` is part of code, name or place, `after` the `next` of the page before."""

    area: Code | None = None
    q: Annotated[Text, Field(max_length=60)] | None = None
    after: Annotated[Text, Field(max_length=500)] | None = None
    limit: Limit = 200


class DutiesQuery(WorkersQuery):
    """As of workers; also of one worker (code)."""

    worker: Code | None = None


class WorkerBody(Body):
    """A new grid worker of an area (code)."""

    code: Annotated[Text, Field(max_length=60)]
    display_name: Annotated[Text, Field(max_length=100)]
    area: Code
    employment: Annotated[Text, Field(max_length=20)] = "full_time"
    capacity: Annotated[int, Field(ge=-1000, le=1000)] = 10
    username: Code | None = None


class DutyBody(Body):
    """Who (worker code) answers for which area (code), as what, from when until before when."""

    worker: Code
    area: Code
    kind: Literal["responsible", "deputy", "grid_leader"]
    rank: Annotated[int, Field(ge=0, le=20)] = 0
    since: date | None = None
    until: date | None = None


# --- accounts ----------------------------------------------------------------------------------


@bp.get("/accounts")
@bp.input(AccountsQuery, location="query", arg_name="query")
@bp.doc(summary="Accounts with their posts")
def account_list(query: AccountsQuery) -> Response:
    """Accounts in the order of their names, for the three administrators."""
    _administrators()
    rows = queries.account_list(tx(), query.q, query.after, query.limit)
    following = rows[-1]["username"] if len(rows) == query.limit else None
    return jsonify({"items": [_dated(row) for row in rows], "next": following})


@bp.post("/accounts")
@bp.input(AccountBody, arg_name="body")
@bp.doc(summary="Create an account", responses={201: "Created, with its one-time password"})
def create_account(body: AccountBody) -> tuple[Response, int]:
    """The new account and its one-time password, which is shown this once."""
    _only("system_admin", Words("新建账号", "create an account"))
    password = passwords.one_time_password(body.username)
    command = CreateAccount(
        body.username, password, body.display_name, locale=body.locale, one_time=True
    )
    account_id = operations.create_account(tx(), actor(), command)
    told = {"id": str(account_id), "username": body.username.strip(), "password": password}
    return jsonify(told), 201


@bp.post("/accounts/<username>/disable")
@bp.doc(summary="Shut an account", responses={204: "Shut"})
def disable_account(username: str) -> tuple[str, int]:
    """Shut an account; its sessions end with it."""
    _only("system_admin", Words("停用账号", "shut an account"))
    operations.disable_account(tx(), actor(), username)
    return "", 204


@bp.post("/accounts/<username>/enable")
@bp.doc(summary="Open a shut account", responses={204: "Opened"})
def enable_account(username: str) -> tuple[str, int]:
    """Open an account that was shut."""
    _only("system_admin", Words("启用账号", "open an account"))
    operations.enable_account(tx(), actor(), username)
    return "", 204


@bp.post("/accounts/<username>/unlock")
@bp.doc(summary="Unlock an account", responses={204: "Unlocked"})
def unlock(username: str) -> tuple[str, int]:
    """Let an account in again that wrong passwords have locked."""
    _only("system_admin", Words("解锁账号", "unlock an account"))
    operations.unlock(tx(), actor(), username)
    return "", 204


@bp.post("/accounts/<username>/reset-password")
@bp.doc(summary="Give a one-time password", responses={200: "The password, shown this once"})
def reset_password(username: str) -> Response:
    """A new one-time password; the account's sessions end."""
    _only("system_admin", Words("重置密码", "reset a password"))
    password = operations.reset_password(tx(), actor(), username)
    return jsonify({"username": username, "password": password})


@bp.put("/accounts/own/password")
@bp.input(PasswordBody, arg_name="body")
@bp.doc(
    summary="Change my password",
    responses={204: "Changed; other sessions end", 423: "Locked after five wrong ones"},
)
def change_password(body: PasswordBody) -> Response | tuple[str, int]:
    """Change one's own password; wrong present ones are counted and lock as at log-in."""
    address = request.remote_addr
    failed = operations.change_own_password(tx(), actor(), body.old, body.new, address)
    return ("", 204) if failed is None else problems.known(failed)


# --- posts -------------------------------------------------------------------------------------


@bp.get("/posts")
@bp.doc(summary="Posts that can be granted")
def posts() -> Response:
    """All posts with their names, in order; `bound` says what a posting needs."""
    bound = dict.fromkeys(postings.AREA_BOUND, "area") | {"handler": "department"}
    rows = queries.post_list(tx())
    return jsonify({"items": [{**row, "bound": bound.get(row["code"])} for row in rows]})


@bp.post("/accounts/<username>/postings")
@bp.input(PostingBody, arg_name="body")
@bp.doc(summary="Grant a post", responses={201: "Granted"})
def grant_post(username: str, body: PostingBody) -> tuple[Response, int]:
    """A post for an account from today on."""
    _only("security_admin", Words("授予岗位", "grant a post"))
    account = queries.account_named(tx(), username)
    if account["id"] == actor().account_id:
        raise InvalidInput.of(
            "post", OWN, "不能给自己授岗，由另一位安全管理员办", "Nobody grants posts to themselves"
        )
    command = GrantPost(account["id"], body.post, body.area, body.department)
    postings.grant_post(tx(), actor(), command)
    return jsonify({"username": account["username"], "post": body.post}), 201


@bp.delete("/postings/<int:posting_id>")
@bp.doc(summary="End a posting", responses={204: "Ended"})
def end_posting(posting_id: int) -> tuple[str, int]:
    """End a posting today."""
    _only("security_admin", Words("收回岗位", "end a posting"))
    postings.end_posting(tx(), actor(), posting_id)
    return "", 204


# --- sessions and events -----------------------------------------------------------------------


@bp.get("/accounts/sessions")
@bp.doc(summary="Living sessions of all accounts")
def session_list() -> Response:
    """Living sessions, the latest in use first; DELETE /sessions/{id} ends one."""
    _only("security_admin", Words("查看登录", "see sessions"))
    rows = queries.session_list(tx(), None)
    own = actor().session_id
    return jsonify({"items": [{**_dated(row), "current": row["id"] == own} for row in rows]})


@bp.get("/account-events")
@bp.input(EventsQuery, location="query", arg_name="query")
@bp.doc(summary="What was done to accounts")
def event_list(query: EventsQuery) -> Response:
    """Events, newest first; `next` is the id to go on after."""
    _only("audit_admin", Words("查看审计记录", "read the audit"))
    rows = queries.event_list(tx(), query.after, query.limit)
    following = rows[-1]["id"] if len(rows) == query.limit else None
    return jsonify({"items": [_dated(row) for row in rows], "next": following})


# --- departments, workers, duties --------------------------------------------------------------


@bp.get("/departments")
@bp.input(DepartmentsQuery, location="query", arg_name="query")
@bp.doc(summary="Departments")
def departments(query: DepartmentsQuery) -> Response:
    """A page of departments, by code."""
    rows = queries.department_list(tx(), query.q, query.after, query.limit)
    following = rows[-1]["code"] if len(rows) == query.limit else None
    return jsonify({"items": rows, "next": following})


@bp.post("/departments")
@bp.input(DepartmentBody, arg_name="body")
@bp.doc(summary="Add a department", responses={201: "Added"})
def create_department(body: DepartmentBody) -> tuple[Response, int]:
    """The code of the new department."""
    _only("system_admin", Words("新增部门", "add a department"))
    postings.create_department(tx(), actor(), body.code, body.name, body.name_en)
    return jsonify({"code": body.code}), 201


@bp.get("/workers")
@bp.input(WorkersQuery, location="query", arg_name="query")
@bp.doc(summary="Grid workers with load and duties")
def worker_list(query: WorkersQuery) -> Response:
    """A page of the workers that may be seen, by code."""
    page = workforce_queries.worker_list(tx(), WorkforceFilter(**query.model_dump()))
    return jsonify(page._asdict())


@bp.post("/workers")
@bp.input(WorkerBody, arg_name="body")
@bp.doc(summary="Add a grid worker", responses={201: "Added"})
def create_worker(body: WorkerBody) -> tuple[Response, int]:
    """The id and code of the new worker."""
    _only("system_admin", Words("新增网格员", "add a grid worker"))
    worker_id = workforce.create_worker(tx(), actor(), CreateWorker(**body.model_dump()))
    return jsonify({"id": str(worker_id), "code": body.code}), 201


@bp.get("/duties")
@bp.input(DutiesQuery, location="query", arg_name="query")
@bp.doc(summary="Who answers for which area")
def duty_list(query: DutiesQuery) -> Response:
    """A page of the duties in force today, by area, then rank.

    With the first page of an area, `covered` counts the areas there with somebody responsible.
    """
    page = workforce_queries.duties(tx(), WorkforceFilter(**query.model_dump()))
    shown: dict[str, Any] = {"items": [_dated(row) for row in page.items], "next": page.next}
    if query.area is not None and query.after is None:
        shown["covered"] = workforce_queries.covered_areas(tx(), query.area)
    return jsonify(shown)


@bp.post("/duties")
@bp.input(DutyBody, arg_name="body")
@bp.doc(summary="Assign a duty", responses={201: "Assigned"})
def assign_duty(body: DutyBody) -> tuple[Response, int]:
    """The duty as it was put into force."""
    _only("system_admin", Words("安排责任", "assign a duty"))
    since = body.since or tx().scalar("SELECT CURRENT_DATE")
    command = AssignDuty(body.worker, body.area, body.kind, since, body.until, body.rank)
    workforce.assign_duty(tx(), actor(), command)
    return jsonify({"worker": body.worker, "area": body.area, "since": since.isoformat()}), 201


@bp.delete("/duties/<int:duty_id>")
@bp.doc(summary="End a duty", responses={204: "Ended"})
def end_duty(duty_id: int) -> tuple[str, int]:
    """End a duty today."""
    _only("system_admin", Words("结束责任", "end a duty"))
    workforce.end_duty(tx(), actor(), duty_id, tx().scalar("SELECT CURRENT_DATE"))
    return "", 204


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    """Dates and times as ISO texts, which Flask's JSON would write as HTTP dates."""
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()}
