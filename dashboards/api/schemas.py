"""What may come in: strict shapes with bounds, so that nothing absurd reaches an operation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from dashboards.field_errors import FieldProblem
from gridcenter.clock import parse_rfc3339
from gridcenter.errors import GridcenterError


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise FieldProblem(
            "文字里有不能保存的字符",
            "Text holds characters that cannot be stored (NUL, surrogates)",
        )
    return text


def _moment(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return parse_rfc3339(value)
        except GridcenterError as error:
            raise FieldProblem(error.detail("zh"), error.detail("en")) from None
    raise FieldProblem(
        "应为带时区的时间，如 2026-11-23T14:32:05+08:00",
        "A time with its zone is needed, such as 2026-11-23T14:32:05+08:00",
    )


Text = Annotated[str, AfterValidator(_storable)]
Code = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_storable)]
Moment = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=datetime)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Limit = Annotated[int, Field(ge=1, le=200)]
# No text of an operation may be longer; the procedure sets the bounds of each field.
LONGEST_GIVEN = 4000


class Body(BaseModel):
    """A JSON body; unknown fields are refused, so that a misspelt one is not lost silently."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Query(BaseModel):
    """Query parameters; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class LogInBody(Body):
    """User name and password."""

    username: Annotated[Text, Field(min_length=1, max_length=100)]
    password: Annotated[Text, Field(min_length=1, max_length=200)]


class AtQuery(Query):
    """`at` asks for what was in force at a moment; without it, what is in force now."""

    at: Moment | None = None


class AreasQuery(AtQuery):
    """Filter of areas; bbox is west,south,east,north in degrees."""

    level: (
        Literal[
            "province", "city", "district", "street", "community", "grid", "microgrid", "unit_grid"
        ]
        | None
    ) = None
    parent: Code | None = None
    bbox: Text | None = None
    geometry: bool = False
    after: Code | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 200

    @field_validator("bbox")
    @classmethod
    def four_numbers(cls, value: str | None) -> str | None:
        """Refuse anything but four finite numbers in order."""
        if value is not None:
            parse_bbox(value)
        return value


def parse_bbox(text: str) -> tuple[float, float, float, float]:
    """(west, south, east, north) in degrees. Raises ValueError."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise _no_box() from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise _no_box()
    return west, south, east, north


def _no_box() -> FieldProblem:
    return FieldProblem(
        "范围应为 西,南,东,北，单位度，西小于东、南小于北",
        "A box is west,south,east,north in degrees, west < east, south < north",
    )


class LocateQuery(AtQuery):
    """A place: lon and lat in a named datum (easting and northing for projected EPSG codes).

    The datum must be said: a place in the wrong one is off by half a kilometre and looks right.
    """

    lon: Annotated[float, Field(allow_inf_nan=False)]
    lat: Annotated[float, Field(allow_inf_nan=False)]
    datum: Annotated[Text, Field(max_length=20)]
    accuracy_m: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None


class MattersQuery(Query):
    """Search text: code, name, alias, pinyin or initials."""

    q: Annotated[Text, Field(max_length=60)] = ""
    limit: Limit = 20


class ReportBody(Body):
    """A report. `id` is made where the report is made; sending it again is harmless.

    Only `filing_condition` and `address` may be left out. `accuracy_m` is null for a pin put by hand.
    """

    id: UUID
    matter: Code
    filing_condition: Code | None = None
    lon: Number
    lat: Number
    datum: Annotated[Text, Field(max_length=20)]
    accuracy_m: Annotated[float, Field(strict=True, ge=0, le=100_000, allow_inf_nan=False)] | None
    address: Annotated[Text, Field(max_length=256)] | None = None
    description: Annotated[Text, Field(min_length=1, max_length=4000)]
    channel: Code
    reported_at: Moment


class IncidentsQuery(Query):
    """Filter of incidents. `state` may hold several, comma-separated; `after` is the page's `next`."""

    state: Annotated[Text, Field(max_length=200)] | None = None
    area: Code | None = None
    matter: Code | None = None
    overdue: bool | None = None
    mine: bool = False
    reported: bool = False
    channel: Code | None = None
    q: Annotated[Text, Field(max_length=60)] | None = None
    order: Literal["opened", "due"] = "opened"
    after: Annotated[Text, Field(max_length=100)] | None = None
    limit: Limit = 50


class CountsQuery(Query):
    """Which incidents are counted."""

    area: Code | None = None
    channel: Code | None = None


class NearbyQuery(Query):
    """Open incidents like this one near a place (duplicates while reporting)."""

    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    datum: Annotated[Text, Field(max_length=20)]
    matter: Code | None = None
    within_m: Annotated[float, Field(gt=0, le=500)] = 50


class OperationBody(BaseModel):
    """An operation: the version that was seen, and what the operation asks for."""

    model_config = ConfigDict(extra="allow")

    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]
    happened_at: Moment | None = None

    @model_validator(mode="after")
    def storable(self) -> OperationBody:
        """Refuse what cannot be stored, or is longer than anything an operation asks for."""
        bounded_json(self.model_extra or {}, LONGEST_GIVEN)
        return self


class PhotoQuery(Query):
    """What a photo shows."""

    stage: Literal["near", "far", "reference", "before", "after", "check"] = "near"


class JournalQuery(Query):
    """Where to read on; without `after` the answer holds the newest cursor alone."""

    after: Annotated[Text, Field(max_length=40)] | None = None
    limit: Limit = 100


def given_of(body: OperationBody) -> dict[str, Any]:
    """What an operation was given beside version and time; blanks around texts do not count."""
    given = body.model_extra or {}
    return {name: v.strip() if isinstance(v, str) else v for name, v in given.items()}


def bounded_json(value: Any, longest: int | None = None, depth: int = 0) -> Any:
    """The value, refusing structures deeper than eight levels and texts that cannot be stored or
    have more than `longest` characters."""
    if depth > 8:
        raise FieldProblem("嵌套太深", "Too deeply nested")
    if isinstance(value, str):
        if longest is not None and len(value) > longest:
            raise FieldProblem(f"最多 {longest} 个字", f"At most {longest} characters")
        return _storable(value)
    if isinstance(value, dict):
        return {
            bounded_json(k, longest, depth + 1): bounded_json(v, longest, depth + 1)
            for k, v in value.items()
        }
    if isinstance(value, list):
        return [bounded_json(v, longest, depth + 1) for v in value]
    return value
