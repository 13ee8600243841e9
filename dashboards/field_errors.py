"""What is wrong with a field, in the reader's language: pydantic's findings and our own."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from gridcenter.errors import Words

# By pydantic's error types ("Validation Errors" in its documentation); the braces are filled from the
# error's context. A type that is not listed keeps pydantic's English sentence.
_TYPE = Words("类型不对，应为{wanted}", "Should be {wanted}")
_WANTED = {
    "string": Words("文字", "a text"),
    "int": Words("整数", "a whole number"),
    "float": Words("数", "a number"),
    "bool": Words("是或否（true / false）", "true or false"),
    "uuid": Words("UUID，如 6f1c2a4e-0b1d-4c8e-9d57-3a2f1b0c9e8d", "a UUID"),
    "date": Words("日期，如 2026-11-23", "a date such as 2026-11-23"),
    "datetime": Words(
        "带时区的时间，如 2026-11-23T14:32:05+08:00",
        "a time with its zone, such as 2026-11-23T14:32:05+08:00",
    ),
    "list": Words("列表", "a list"),
    "dict": Words("对象", "an object"),
    "model": Words("对象", "an object"),
}
_SENTENCES = {
    "missing": Words("必填", "Required"),
    "extra_forbidden": Words(
        "没有这个字段，检查拼写", "There is no such field; check its spelling"
    ),
    "literal_error": Words("只能是 {expected}", "Should be {expected}"),
    "enum": Words("只能是 {expected}", "Should be {expected}"),
    "greater_than": Words("应大于 {gt}", "Should be greater than {gt}"),
    "greater_than_equal": Words("不能小于 {ge}", "Should be {ge} or more"),
    "less_than": Words("应小于 {lt}", "Should be less than {lt}"),
    "less_than_equal": Words("不能大于 {le}", "Should be {le} or less"),
    "finite_number": Words("应为有限的数", "Should be a finite number"),
    "string_too_short": Words("至少 {min_length} 个字", "At least {min_length} characters"),
    "string_too_long": Words("最多 {max_length} 个字", "At most {max_length} characters"),
    "string_pattern_mismatch": Words("格式不对", "Not in the expected form"),
    "too_short": Words("至少 {min_length} 项", "At least {min_length} items"),
    "too_long": Words("最多 {max_length} 项", "At most {max_length} items"),
    "json_invalid": Words("不是正确的 JSON", "Not valid JSON"),
}


class FieldProblem(ValueError):
    """A validator's refusal that says why in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words = Words(zh, en)


def field_errors(found: ValidationError, locale: str) -> list[dict[str, str]]:
    """``[{field, code, detail}]``, one for each finding; field names are dotted paths."""
    return [
        {
            "field": ".".join(str(step) for step in each["loc"]) or "schema",
            "code": "invalid",
            "detail": _sentence(dict(each), locale),
        }
        for each in found.errors(include_url=False)
    ]


def _sentence(each: dict[str, Any], locale: str) -> str:
    context = each.get("ctx", {})
    problem = context.get("error")
    if isinstance(problem, FieldProblem):
        return problem.words.in_locale(locale)
    kind = each["type"]
    if isinstance(
        each["input"], str
    ):  # pydantic speaks of items when a validator of ours went before
        kind = {"too_long": "string_too_long", "too_short": "string_too_short"}.get(kind, kind)
    if kind in _SENTENCES:
        said = {name: _plain(value, locale) for name, value in context.items()}
        return _SENTENCES[kind].in_locale(locale).format(**said)
    wanted = _WANTED.get(kind.split("_")[0])
    if wanted is not None:
        return _TYPE.in_locale(locale).format(wanted=wanted.in_locale(locale))
    return str(each["msg"])


def _plain(value: Any, locale: str) -> str:
    """A bound or a list of choices as people write it: 0 for 0.0, 甲、乙 for 'a' or 'b'."""
    if isinstance(value, float):
        return f"{value:g}"
    joint = ", " if locale.lower().startswith("en") else "、"
    return str(value).replace("' or '", joint).replace("', '", joint).strip("'")
