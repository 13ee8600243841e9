"""Everything that can go wrong on purpose: one tree, each with a code and a sentence to show.

An error knows nothing of HTTP; `dashboards` maps classes to statuses. ``code`` is stable and meant
for programs; the sentence is for the person who reads it and says what to do next. Sentences are
Chinese and English class attributes with ``{name}`` places, filled from the keyword details.
A detail may be `Words` and is then shown in the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple


class Words(NamedTuple):
    """The same words in Chinese and English."""

    zh: str
    en: str

    def in_locale(self, locale: str) -> str:
        """The English words for ``en``, ``en-GB``, ``en_US`` …; the Chinese ones for all others."""
        return self.en if locale.lower().startswith("en") else self.zh


# The things that most often are not found, in the words of the screens.
CASE = Words("案件", "case")
AREA = Words("区域", "area")
BUILDING = Words("楼栋", "building")
MATTER = Words("管理事项", "matter")
ACCOUNT = Words("账号", "account")
WORKER = Words("网格员", "grid worker")
LAYER = Words("图层", "layer")
FILE = Words("文件", "file")
PAGE = Words("页面", "page")
_CHANGED = Words("刚被别人改过", "somebody else changed it just now")


@dataclass(frozen=True)
class FieldError:
    """One wrong field: its name (dotted for nested ones), a stable code, and the sentence."""

    field: str
    code: str
    zh: str
    en: str

    def detail(self, locale: str = "zh") -> str:
        """The sentence in the reader's language."""
        return Words(self.zh, self.en).in_locale(locale)


class GridcenterError(Exception):
    """Root of all errors that a caller may show; ``details`` fill the sentence."""

    code: ClassVar[str] = "error"
    zh: ClassVar[str] = "没有办成。请稍后再试，或把编号告诉管理员"
    en: ClassVar[str] = "This did not work. Try again later, or tell the administrator the number"

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(self.detail("en"))

    def detail(self, locale: str = "zh") -> str:
        """The sentence in the reader's language (``zh`` unless the locale begins with ``en``)."""
        words = {
            name: value.in_locale(locale) if isinstance(value, Words) else value
            for name, value in self.details.items()
        }
        return Words(self.zh, self.en).in_locale(locale).format_map(words)


# --- what was given is wrong -------------------------------------------------------------------


class InvalidInput(GridcenterError):
    """What was given breaks a rule; ``errors`` names each field, empty if no field is to blame."""

    code = "invalid_input"
    zh = "填写的内容有误，请按提示改正"
    en = "Something that was filled in is wrong; see the fields"

    def __init__(self, errors: Iterable[FieldError] = (), **details: Any) -> None:
        self.errors: list[FieldError] = list(errors)
        super().__init__(**details)

    def detail(self, locale: str = "zh") -> str:
        """The general sentence, or the field's own when exactly one field is wrong."""
        if type(self) is InvalidInput and len(self.errors) == 1:
            return self.errors[0].detail(locale)
        return super().detail(locale)

    @classmethod
    def of(cls, field: str, code: str, zh: str, en: str) -> InvalidInput:
        """An error about one field."""
        return cls([FieldError(field, code, zh, en)])


class UnknownDatum(InvalidInput):
    """The coordinate system is not known, or cannot be turned into CGCS2000 safely."""

    code = "unknown_datum"
    zh = "不认识坐标系“{datum}”：{reason}"
    en = 'Coordinate system "{datum}" cannot be used: {reason}'

    def __init__(self, datum: str, reason: Words | None = None) -> None:
        reason = reason or Words(
            "请写 wgs84、cgcs2000、gcj02、bd09 或 EPSG 代号",
            "write wgs84, cgcs2000, gcj02, bd09 or an EPSG number",
        )
        super().__init__(datum=datum[:80], reason=reason)
        self.errors = [FieldError("datum", self.code, self.detail("zh"), self.detail("en"))]


class BadCoordinate(InvalidInput):
    """A coordinate that cannot be a place; ``indexes`` are its positions when many were given."""

    code = "bad_coordinate"
    zh = "坐标 {x}, {y} 不可用：{reason}"
    en = "Coordinate {x}, {y} cannot be used: {reason}"

    def __init__(self, x: float, y: float, reason: Words, indexes: Iterable[int] = ()) -> None:
        self.indexes = tuple(indexes)
        super().__init__(x=x, y=y, reason=reason)
        self.errors = [FieldError("location", self.code, self.detail("zh"), self.detail("en"))]


class BadCode(InvalidInput):
    """An area or building code that breaks the code rules."""

    code = "bad_code"
    zh = "编码“{value}”不合规则：{reason}"
    en = 'Code "{value}" breaks the rules: {reason}'

    def __init__(self, value: str, reason: Words) -> None:
        super().__init__(value=value[:80], reason=reason)
        self.errors = [FieldError("code", self.code, self.detail("zh"), self.detail("en"))]


class ImportRefused(InvalidInput):
    """A file was not imported and nothing of it was stored; ``reason`` says why."""

    code = "import_refused"
    zh = "文件没有导入，未写入任何数据：{reason}"
    en = "The file was not imported and nothing was stored: {reason}"

    def __init__(self, reason: Words, **details: Any) -> None:
        super().__init__(reason=reason, **details)
        self.reason = reason


class BoundaryRefused(ImportRefused):
    """A boundary would make a new fault; nothing of the writing is stored, ``reason`` names the fault."""

    code = "boundary_refused"
    zh = "边界对不上，未写入任何数据：{reason}。请改正后再来，或编制调整方案"
    en = (
        "The boundaries do not fit and nothing was stored: {reason}."
        " Correct them and try again, or draw a redraw plan"
    )


# --- who asks ----------------------------------------------------------------------------------


class NotAuthenticated(GridcenterError):
    """Nobody is logged in, or the log-in was wrong; never says which part was wrong."""

    code = "not_authenticated"
    zh = "没有登录，或用户名、密码不对"
    en = "Not logged in, or the user name or password is wrong"


class OwnPasswordNeeded(GridcenterError):
    """Logged in with a password that an administrator set; an own one is to be chosen first."""

    code = "own_password_needed"
    zh = "这是一次性密码。先在网页 /password 设自己的密码，再办别的事"
    en = "This is a one-time password. Choose your own on the page /password first"


class AccountLocked(GridcenterError):
    """Too many wrong passwords; ``minutes`` until the account opens again."""

    code = "account_locked"
    zh = "密码错误次数过多，账号已锁定，{minutes} 分钟后再试"
    en = "Too many wrong passwords; the account is locked. Try again in {minutes} min"

    def __init__(self, minutes: int) -> None:
        super().__init__(minutes=minutes)
        self.retry_after_s = minutes * 60


class TooManyRequests(GridcenterError):
    """Too many calls in a short time; ``retry_after_s`` says how long to wait."""

    code = "too_many_requests"
    zh = "请求太多，{retry_after_s} 秒后再试"
    en = "Too many requests; try again in {retry_after_s} s"

    def __init__(self, retry_after_s: int = 1) -> None:
        super().__init__(retry_after_s=retry_after_s)
        self.retry_after_s = retry_after_s


class NotFound(GridcenterError):
    """Missing or outside the reader's scope: one sentence for both, so that neither is betrayed."""

    code = "not_found"
    zh = "没有这个{thing}，或不在您的辖区"
    en = "There is no such {thing}, or it is outside your area"

    def __init__(self, thing: Words = CASE) -> None:
        super().__init__(thing=thing)


# --- the moment is wrong -----------------------------------------------------------------------


class Conflict(GridcenterError):
    """Somebody was faster, or an id came again with other content; `current` is what is stored."""

    code = "conflict"
    zh = "没存上：{what}。请看现在的内容，再决定"
    en = "Not saved: {what}. Look at what is there now, then decide"

    def __init__(self, current: Mapping[str, Any] | None = None, what: Words = _CHANGED) -> None:
        self.current: dict[str, Any] = dict(current or {})
        super().__init__(what=what)


class NothingToDo(Conflict):
    """What was asked for has been done or given up already; nothing was changed."""

    code = "nothing_to_do"
    zh = "没有改动：{what}"
    en = "Nothing was changed: {what}"


class MoveNotAllowed(GridcenterError):
    """The operation cannot be done now by this actor; ``reasons`` say what is missing."""

    code = "move_not_allowed"
    zh = "现在不能：{operation}（{reasons}）"
    en = "Not possible now: {operation} ({reasons})"

    def __init__(self, operation: Words, reasons: Iterable[Words]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(
            operation=operation,
            reasons=Words(
                "；".join(reason.zh for reason in self.reasons),
                "; ".join(reason.en for reason in self.reasons),
            ),
        )


class CursorGone(GridcenterError):
    """A reader's place in the feed lies beyond its end: the database was put back, or it was made up."""

    code = "cursor_gone"
    zh = "这个位置在动态流之外，请重新载入"
    en = "This place lies beyond the feed; load everything anew"


class NotYours(MoveNotAllowed):
    """The case is at the right step, but this person may not do it; ``reasons`` say why."""

    code = "not_yours"
    zh = "您不能：{operation}（{reasons}）"
    en = "You cannot: {operation} ({reasons})"


class CalendarMissing(GridcenterError):
    """A deadline would need the working calendar of a year that was not imported."""

    code = "calendar_missing"
    zh = "{year} 年工作日历未导入，不承诺 {last_year} 年 12月31日后的工作日时限"
    en = (
        "The working calendar of {year} has not been imported; "
        "no working-day limit is promised beyond 31 December {last_year}"
    )

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(year=year, last_year=year - 1)


class DatabaseUnavailable(GridcenterError):
    """The database cannot be reached; what was sent is not stored."""

    code = "database_unavailable"
    zh = "数据库连不上，刚才的内容没有存。手机上的记录仍在，稍后会自动再送"
    en = "The database cannot be reached; nothing was stored. Phones keep their records and resend"


class WroteAtOnce(GridcenterError):
    """Two wrote at once and this one had to give way; nothing of it is stored, the same again will do."""

    code = "wrote_at_once"
    zh = "有人同时在改，这一次没有存。请再试一次；手机上的记录会自动再送"
    en = "Somebody wrote at the same moment; this was not stored. Try again; phones resend by themselves"
    retry_after_s = 1


class SettingInvalid(GridcenterError):
    """An environment variable has a value that cannot be used; the program does not start."""

    code = "setting_invalid"
    zh = "环境变量 {variable} 的值“{value}”不可用，应为：{expected}"
    en = 'Environment variable {variable} has the value "{value}"; it should be: {expected}'

    def __init__(self, variable: str, value: str, expected: str) -> None:
        super().__init__(variable=variable, value=value, expected=expected)
