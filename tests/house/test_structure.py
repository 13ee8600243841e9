"""The house keeps its shape: rooms, sizes, names, one commit, plain templates."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridcenter.settings import CHECKOUT

PACKAGES = ("gridcenter", "layers", "importers", "dashboards")
MOST_LINES = 600
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "service", "misc"}
ROOMS = sorted(
    path for path in (CHECKOUT / "gridcenter").iterdir() if path.is_dir() and any(path.glob("*.py"))
)
PYTHON = sorted(path for package in PACKAGES for path in (CHECKOUT / package).rglob("*.py"))


def shown(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def written_by_hand() -> Iterator[Path]:
    """Every source file but frozen revisions and copied libraries."""
    yield from PYTHON
    for folder in ("tests", "bench", "docs", "migrations"):
        yield from (p for p in (CHECKOUT / folder).rglob("*.py") if "versions" not in p.parts)
    for suffix in ("js", "css", "html", "sql"):
        for package in PACKAGES:
            found = (CHECKOUT / package).rglob(f"*.{suffix}")
            yield from (path for path in found if "vendor" not in path.parts)


def calls(path: Path, attribute: str) -> list[int]:
    """Lines of `path` where a method of this name is called."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == attribute
    ]


@pytest.mark.parametrize("init", [p for p in PYTHON if p.name == "__init__.py"], ids=shown)
def test_a_package_begins_with_a_docstring_and_holds_no_code(init: Path) -> None:
    body = ast.parse(init.read_text(encoding="utf-8")).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)
    assert isinstance(body[0].value, ast.Constant)
    assert isinstance(body[0].value.value, str)


@pytest.mark.parametrize("room", ROOMS, ids=shown)
def test_a_room_is_a_package_with_the_common_furniture(room: Path) -> None:
    assert (room / "__init__.py").exists()
    assert (room / "models.py").exists()
    assert (room / "operations.py").exists() or (room / "queries.py").exists()
    for path in (room / "sql").glob("*.sql"):
        assert re.fullmatch(r"\d\d_[a-z_]+\.sql", path.name), path.name


def test_every_room_says_what_it_may_import() -> None:
    text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    contract = text.partition('name = "Rooms import downward"')[2].partition("[[")[0]
    assert {room.name for room in ROOMS} <= set(re.findall(r"\((\w+)\)", contract))


def test_no_file_is_longer_than_a_sitting() -> None:
    long = {
        shown(path): lines
        for path in written_by_hand()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_files_are_named_after_what_they_know() -> None:
    assert [shown(path) for path in written_by_hand() if path.stem in VAGUE] == []


def test_commit_is_called_in_one_place() -> None:
    committing = {shown(path): lines for path in PYTHON if (lines := calls(path, "commit"))}
    assert set(committing) <= {"gridcenter/database.py"}


@pytest.mark.parametrize(
    "template", sorted((CHECKOUT / "dashboards" / "templates").rglob("*.html")), ids=shown
)
def test_a_template_carries_no_inline_handler_or_style(template: Path) -> None:
    # Jinja first: a comparison inside {{ }} is no tag.
    text = re.sub(r"\{[{%#].*?[}%#]\}", "", template.read_text(encoding="utf-8"), flags=re.S)
    for tag in re.findall(r"<[a-zA-Z][^>]*>", text):
        assert not re.search(r"\s(?:on[a-z]+|style)\s*=", tag), tag
    assert "javascript:" not in text
    assert not re.search(r"<style\b", text)
