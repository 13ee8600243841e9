"""Commands that work on what is stored: accounts, sample, statistics, bench."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from gridcenter.cli_database import transaction
from gridcenter.cli_words import as_json, give_json, say, t
from gridcenter.errors import ACCOUNT, InvalidInput, NotFound
from gridcenter.settings import Settings

if TYPE_CHECKING:
    from gridcenter.database import Row


@click.group("accounts", help=t("账号", "Accounts."))
def accounts() -> None: ...


@accounts.command("create", help=t("新建账号", "Make an account."))
@click.argument("username")
@click.option("--post", required=True, help=t("岗位代码，如 dispatcher", "post, e.g. dispatcher"))
@click.option("--area", help=t("辖区代码", "area code"))
@click.option("--department", help=t("部门代码（处置岗位）", "department code (handlers)"))
@click.option("--display-name", default="", help=t("显示名", "name that people see"))
@click.option("--password-stdin", is_flag=True, help=t("从标准输入读密码", "password from stdin"))
@click.pass_obj
def accounts_create(
    settings: Settings,
    username: str,
    post: str,
    area: str | None,
    department: str | None,
    display_name: str,
    password_stdin: bool,
) -> None:
    from gridcenter.accounts.operations import CreateAccount, create_account
    from gridcenter.actor import SYSTEM

    command = CreateAccount(
        username=username,
        password=_password(password_stdin),
        display_name=display_name,
        post=post,
        area=area,
        department=department,
        locale=settings.locale,
    )
    with transaction(settings) as tx:
        create_account(tx, SYSTEM, command)
    say(f"账号 {username} 已建立，岗位 {post}", f"account {username} was made, post {post}")


def _password(from_stdin: bool) -> str:
    """The password from standard input, or asked for twice at a terminal; never an argument."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InvalidInput.of(
            "password",
            "password_missing",
            "没有终端可输入密码，请用 --password-stdin",
            "There is no terminal to ask for the password: use --password-stdin",
        )
    asked = click.prompt(t("密码", "Password"), hide_input=True, confirmation_prompt=True, err=True)
    return str(asked)


@accounts.command("list", help=t("列出账号与岗位", "List accounts and their posts."))
@as_json
@click.pass_obj
def accounts_list(settings: Settings, as_json: bool) -> None:
    from gridcenter.accounts.queries import account_list

    rows: list[Row] = []
    with transaction(settings, read_only=True) as tx:
        while page := account_list(tx, after=rows[-1]["username"] if rows else None):
            rows.extend(page)
    if as_json:
        give_json(rows)
        return
    for row in rows:
        posts = ", ".join(
            " ".join(
                filter(None, [post["post"], post["place"] or post["area"], post["department"]])
            )
            for post in row["postings"]
        )
        shut = t("（已停用）", " (disabled)") if row["disabled_at"] else ""
        click.echo(f"{row['username']}{shut}\t{row['display_name']}\t{posts}")


@accounts.command("disable", help=t("停用账号", "Shut an account and its sessions."))
@click.argument("username")
@click.pass_obj
def accounts_disable(settings: Settings, username: str) -> None:
    from gridcenter.accounts.operations import disable_account
    from gridcenter.actor import SYSTEM

    with transaction(settings) as tx:
        disable_account(tx, SYSTEM, username)
    say(f"账号 {username} 已停用", f"account {username} is disabled")


@accounts.command("reset-password", help=t("重设为一次性密码", "Give a one-time password."))
@click.argument("username")
@click.pass_obj
def accounts_reset_password(settings: Settings, username: str) -> None:
    from gridcenter.accounts.operations import reset_password
    from gridcenter.actor import SYSTEM

    with transaction(settings) as tx:
        password = reset_password(tx, SYSTEM, username)
    say("一次性密码只显示这一次：", "The one-time password is shown this once:")
    click.echo(password)


@accounts.command("token", help=t("为大屏账号发放只读令牌", "Give a wall account its token."))
@click.argument("username")
@click.pass_obj
def accounts_token(settings: Settings, username: str) -> None:
    from gridcenter.accounts.queries import account_list
    from gridcenter.accounts.sessions import LogIn, open_session

    with transaction(settings) as tx:
        found = [row for row in account_list(tx, username) if row["username"] == username]
        if not found:
            raise NotFound(ACCOUNT)
        if {post["post"] for post in found[0]["postings"]} != {"wall"} or found[0]["disabled_at"]:
            raise InvalidInput.of(
                "username",
                "not_a_wall",
                f"只有岗位为 wall 的在用账号才发放令牌，{username} 不是",
                f"Only an active account whose post is wall gets a token; {username} is not one",
            )
        opened = open_session(tx, found[0]["id"], LogIn(username, "", kind="wall"))
    say("令牌只显示这一次：", "The token is shown this once:")
    click.echo(opened.token)


@click.group("sample", help=t("示例数据", "The sample."))
def sample() -> None: ...


@sample.command(
    "load", help=t("载入示例街道（示例数据）", "Load the sample street (synthetic data).")
)
@click.option(
    "--factor",
    type=click.FloatRange(0.01, 1000),
    help=t("事件数量的倍数", "how many times the usual number of incidents"),
)
@click.option("--seed", type=int, help=t("随机种子", "seed of the generator"))
@as_json
@click.pass_obj
def sample_load(settings: Settings, factor: float | None, seed: int | None, as_json: bool) -> None:
    from gridcenter.cli_up import load_sample, show_first_logins

    scale = {"factor": factor, "seed": seed}
    done = load_sample(settings, **{k: v for k, v in scale.items() if v is not None})
    if as_json:
        give_json({"already": done.already, "counts": done.counts})
    if done.already:
        say("示例早已载入，未作改动", "the sample was there already; nothing was changed")
    show_first_logins(settings, done.logins)


@click.group("statistics", help=t("统计", "Statistics."))
def statistics() -> None: ...


@statistics.command(
    "close-day", help=t("日结：由事件记录得出当日指标", "Derive a day's facts from its events.")
)
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    help=t("日期，默认昨天", "the day, default yesterday"),
)
@as_json
@click.pass_obj
def close_day(settings: Settings, day: datetime | None, as_json: bool) -> None:
    from gridcenter.statistics import operations

    yesterday = datetime.now(settings.timezone).date() - timedelta(days=1)
    chosen = day.date() if day else yesterday
    with transaction(settings) as tx:
        done = operations.close_day(tx, chosen, settings.timezone)
    if as_json:
        give_json({"day": chosen, "facts": done})
    say(f"{chosen} 已日结", f"{chosen} is closed")


@click.command("bench", help=t("与同类做法并排测量", "Measure beside what else one could use."))
@click.argument("name", required=False)
@click.option(
    "--scale",
    type=click.FloatRange(0.002, 10),
    default=1.0,
    help=t("规模，1 为 5 万件事件、414 个网格", "size; 1 is 50,000 incidents, 414 grids"),
)
@click.option("--rounds", type=click.IntRange(1, 50), default=5, help=t("轮数", "rounds"))
@click.option("--keep", is_flag=True, help=t("保留并重用测量库", "keep and reuse the database"))
@as_json
@click.pass_obj
def bench(
    settings: Settings, name: str | None, scale: float, rounds: int, keep: bool, as_json: bool
) -> None:
    from importlib import import_module

    run = import_module("bench.run")
    effort = run.Effort(rounds=rounds)
    run.run(settings, name, as_json=as_json, scale=scale, keep=keep, effort=effort)


COMMANDS = (accounts, sample, statistics, bench)
