"""How the command line speaks: its language, its sentences, its exit codes.

0 done · 1 the machine is not as it must be · 2 wrong use or wrong input. One sentence says why.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from gridcenter.errors import (
    DatabaseUnavailable,
    GridcenterError,
    Words,
)
from gridcenter.settings import language_of

Progress = Callable[[str, int, int], None]

_language = language_of()
for _word, _next in zip(sys.argv, [*sys.argv[1:], ""], strict=True):
    # Help texts are fixed while commands are declared, before click has read --lang.
    _given = _next if _word == "--lang" else _word.removeprefix("--lang=")
    if (_word == "--lang" or _word.startswith("--lang=")) and _given in ("zh", "en"):
        _language = _given


def language() -> str:
    """zh or en: the language of this run."""
    return _language


def speak(chosen: str) -> None:
    """From now on speak `chosen` (zh or en)."""
    global _language
    _language = chosen


def t(zh: str, en: str) -> str:
    """The sentence in the language of this run."""
    return Words(zh, en).in_locale(_language)


_CLICKS_WORDS = {
    "Options": "选项",
    "Commands": "命令",
    "Show this message and exit.": "显示本帮助",
}


class _Help(click.HelpFormatter):
    """Help texts whose fixed words, which click writes itself, are in the language of this run."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        if _language == "zh":
            prefix = "用法：" if prefix is None else prefix
            args = args.replace("[OPTIONS]", "[选项]").replace("COMMAND [ARGS]...", "命令 [参数]…")
        super().write_usage(prog, args, prefix)

    def write_heading(self, heading: str) -> None:
        super().write_heading(self._said(heading))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        super().write_dl([(name, self._said(text)) for name, text in rows], col_max, col_spacing)

    def _said(self, text: str) -> str:
        return _CLICKS_WORDS.get(text, text) if _language == "zh" else text


click.Context.formatter_class = _Help
as_json = click.option("--json", "as_json", is_flag=True, help=t("输出 JSON", "print JSON"))


def say(zh: str, en: str) -> None:
    """Tell a person something on standard error, which programs that read us do not see."""
    click.echo(t(zh, en), err=True)


def give_json(value: Any) -> None:
    """Write `value` as one JSON document to standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def fail(error: Exception) -> NoReturn:
    """Say the error in one sentence and leave with its exit code."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)  # a group by itself: its commands are listed
    else:
        click.echo(t("错误：", "error: ") + sentence(error), err=True)
    raise SystemExit(exit_code(error))


def exit_code(error: Exception) -> int:
    """2 when what was asked or given is wrong, 1 when the machine or the program is."""
    if isinstance(error, DatabaseUnavailable) or getattr(error, "machine_at_fault", False):
        return 1
    return 2 if isinstance(error, GridcenterError | click.ClickException) else 1


def sentence(error: Exception) -> str:
    """What `error` says to a person in the language of this run."""
    if isinstance(error, GridcenterError):
        parts = [error.detail(_language)]
        for field in getattr(error, "errors", ()):
            said = field.detail(_language)
            if said not in parts:
                parts.append(said)
        return " ".join(parts)
    if isinstance(error, click.ClickException):
        return _wrong_use(error)
    if isinstance(error, OSError) and error.strerror:
        return " ".join(filter(None, [str(error.filename or ""), error.strerror]))
    said = " ".join(str(error).split())[:300]
    return t(
        f"意外的错误 {type(error).__name__}：{said}（加 --debug 看详情）",
        f"unexpected {type(error).__name__}: {said} (--debug shows more)",
    )


def _wrong_use(error: click.ClickException) -> str:
    """Click speaks English only; the common mistakes are said in Chinese here."""
    said = error.format_message()
    if _language == "en":
        return said
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}，请用 --help 查看用法"
    if isinstance(error, click.MissingParameter):
        name = error.param.opts[0] if error.param and error.param.opts else error.param_hint
        kind = "参数" if isinstance(error.param, click.Argument) else "选项"
        shown = str(name).upper() if kind == "参数" else name
        return f"缺少{kind} {shown}，请用 --help 查看用法"
    if isinstance(error, click.BadParameter):
        name = error.param.opts[0] if error.param and error.param.opts else ""
        if isinstance(getattr(error.param, "type", None), click.Path):
            return f"没有这个文件，或不能使用：{error.message.split(chr(39))[1]}"
        return f"{name} 的值不可用：{_wanted(error)}"
    if isinstance(error, click.BadOptionUsage):
        return f"选项 {error.option_name} 的用法不对，后面要有一个值；请用 --help 查看用法"
    if said.startswith("No such command"):
        return f"没有命令 {said.split(chr(39))[1]}，请用 --help 查看全部命令"
    if said.startswith("Got unexpected extra argument"):
        return f"多出的参数 {said.partition('(')[2].rstrip(')')}，请用 --help 查看用法"
    return f"用法不对：{said}"


def _wanted(error: click.BadParameter) -> str:
    """What the option's type takes, in Chinese."""
    wanted = getattr(error.param, "type", None)
    if isinstance(wanted, click.types.IntRange | click.types.FloatRange):
        bounds = (("不小于", wanted.min), ("不大于", wanted.max))
        return "应" + "、".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)
    if isinstance(wanted, click.Choice):
        return "可选 " + "、".join(str(choice) for choice in wanted.choices)
    if isinstance(wanted, click.DateTime):
        return "应为日期，如 2026-11-23"
    plain = {"integer": "应为整数", "float": "应为数", "uuid": "应为 UUID", "boolean": "应为是或否"}
    return plain.get(getattr(wanted, "name", ""), error.message)


@contextmanager
def bars() -> Iterator[Progress]:
    """A function progress(step, done, total) that draws one bar for each step."""
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    console = Console(stderr=True)
    tasks: dict[str, TaskID] = {}
    with Bars(console=console, transient=True) as drawn:

        def progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = drawn.add_task(step, total=total)
            drawn.update(tasks[step], completed=done, total=total)

        yield progress
