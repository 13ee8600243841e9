"""The documents say what the code has, and nothing leads nowhere."""

import csv
import importlib
import importlib.util
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from gridcenter.codes import Level
from gridcenter.database import Base
from gridcenter.deadlines.rules import ClockUnit
from gridcenter.settings import CHECKOUT, TABLE
from layers.catalog import LAYERS

DOCS = CHECKOUT / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
PAGES = [
    CHECKOUT / "README.md",
    CHECKOUT / "CHANGELOG.md",
    *sorted(DOCS.rglob("*.md")),
    *sorted((CHECKOUT / "samples").rglob("*.md")),
]
TEXT = {
    *(".py", ".sql", ".js", ".mjs", ".css", ".html", ".json", ".csv", ".md", ".toml", ".txt"),
    *(".svg", ".po", ".mako", ".webmanifest", ""),
}
# What lies beside a checkout and is no part of it; see .gitignore.
NOT_OURS = {
    ".git",
    ".venv",
    ".gridcenter",
    "node_modules",
    "vendor",
    "__pycache__",
    "build",
    "dist",
}


@cache
def sources() -> dict[str, str]:
    """Path below the checkout → text, of every text file of the repository."""
    found = {}

    def walk(folder: Path) -> None:
        for path in sorted(folder.iterdir()):
            if path.name in NOT_OURS or path.name.endswith(("_cache", ".egg-info")):
                continue
            if path.is_dir():
                if path.name != ".hypothesis":
                    walk(path)
            elif path.suffix in TEXT:
                found[str(path.relative_to(CHECKOUT))] = path.read_text(encoding="utf-8")

    walk(CHECKOUT)
    return found


@cache
def reference() -> ModuleType:
    """docs/make_reference.py as a module."""
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def commands() -> dict[str, set[str]]:
    """Path of each command → its options."""
    found = {}
    for command in reference().commands("en"):
        names = (name for p in command["params"] for name in p["name"].split(", "))
        found[command["path"]] = {name for name in names if name.startswith("-")}
    return found


# --- reference ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cli", "api", "errors", "layers", "indicators"])
def test_the_reference_is_current(name: str) -> None:
    path, expected = reference().fresh(name)
    assert path.read_text(encoding="utf-8") == expected, "run docs/make_reference.py"


def test_every_command_and_option_is_documented() -> None:
    page = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    sections = dict(
        re.findall(r"^## `(.*?)(?: \[?[A-Z].*?)?`\n(.*?)(?=^## |\Z)", page, re.M | re.S)
    )
    shown = {path for path in commands() if not _is_group(path)}
    assert shown <= set(sections)
    for path in shown:
        for option in commands()[path]:
            assert option in sections[path], f"{path} {option}"


def _is_group(path: str) -> bool:
    return any(other.startswith(path + " ") for other in commands()) and path != "gridcenter"


def test_every_path_of_the_api_is_documented() -> None:
    page = (DOCS / "reference" / "api.md").read_text(encoding="utf-8")
    for path, verbs in reference().openapi()["paths"].items():
        for verb in verbs:
            assert f"### `{verb.upper()} {path}`" in page


def test_every_error_code_is_documented() -> None:
    page = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")
    codes = {
        code
        for name, text in sources().items()
        if name.startswith(reference().PACKAGES) and name.endswith(".py")
        for code in re.findall(r'^    code(?:: ClassVar\[str\])? = "([a-z_]+)"', text, re.M)
    }
    assert len(codes) > 15
    assert codes <= set(re.findall(r"^\| `([a-z_]+)` \|", page, re.M))


def test_every_layer_and_indicator_is_documented() -> None:
    layers = (DOCS / "reference" / "layers.md").read_text(encoding="utf-8")
    assert set(LAYERS) == set(re.findall(r"^## `([a-z_]+)`", layers, re.M))
    indicators = (DOCS / "reference" / "indicators.md").read_text(encoding="utf-8")
    declared = {row["code"] for row in _rows("gridcenter/statistics/data/indicators.csv")}
    assert declared == set(re.findall(r"^## `([a-z0-9_]+)`", indicators, re.M))


def test_settings_that_the_documents_name_exist() -> None:
    known = {setting.variable for setting in TABLE}
    for path in PAGES:
        for variable in re.findall(r"GRIDCENTER_[A-Z_]+", path.read_text(encoding="utf-8")):
            assert variable in known, f"{path.name} speaks of {variable}"


def _rows(path: str) -> list[dict[str, str]]:
    with (CHECKOUT / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- glossary ----------------------------------------------------------------------------------


def glossary() -> set[str]:
    """Every identifier of the glossary's tables."""
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?!中文|---)[^|]+\|([^|]+)\|", text, re.M)
    words = {word for row in rows for word in re.findall(r"[a-z][a-z_]+", row)}
    # States stand in the third column, beside the operation that leads to them.
    return words | set(re.findall(r"`([a-z_]+)`", text))


def words_of_the_house() -> Iterator[str]:
    """Tables, levels, clocks, posts, states, operations: what people and data share."""
    for room in sorted((CHECKOUT / "gridcenter").glob("*/models.py")):
        importlib.import_module(f"gridcenter.{room.parent.name}.models")
    importlib.import_module("importers.models")
    yield from Base.metadata.tables
    yield from (level.value for level in Level)
    yield from (unit.value for unit in ClockUnit)
    yield from (row["code"] for row in _rows("gridcenter/accounts/data/posts.csv"))
    text = sources()["gridcenter/casework/data/incident_procedure.json"]
    procedure: dict[str, Any] = json.loads(text)
    yield from (state["state"] for state in procedure["states"])
    yield from (move["operation"] for move in procedure["moves"])


def test_the_glossary_has_every_word_of_the_house() -> None:
    assert sorted(set(words_of_the_house()) - glossary()) == []


def test_the_glossary_has_no_word_that_the_code_lacks() -> None:
    code = "\n".join(
        text
        for name, text in sources().items()
        if name.endswith((".py", ".sql", ".json", ".csv"))
        and not name.startswith(("docs", "tests"))
    )
    used = set(re.findall(r"[a-z][a-z_]+", code))
    assert sorted(glossary() - used) == []


# --- decisions ---------------------------------------------------------------------------------


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_four_parts_on_one_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.name[:4]} ")
    assert re.search(r"^状态 Status: (accepted|superseded)", text, re.M)
    assert re.findall(r"^## (\w+)$", text, re.M) == ["Context", "Decision", "Consequences"]
    assert len(text.splitlines()) <= 60


def test_decisions_that_the_code_names_exist() -> None:
    named = {
        found
        for text in sources().values()
        for found in re.findall(r"docs/decisions/(\d{4}-[a-z0-9-]+\.md)", text)
    }
    assert named
    assert named <= {path.name for path in DECISIONS}


# --- links, pictures, commands -----------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    for target in targets:
        if not target.startswith(("http://", "https://", "#")):
            assert (path.parent / target.partition("#")[0]).exists(), target


def test_files_that_the_readme_names_exist() -> None:
    names = set(re.findall(r"`([\w/.-]+\.(?:py|js|sql|json|md))`", sources()["README.md"]))
    tracked = list(sources())
    assert len(names) > 30
    for name in names:
        assert any(path == name or path.endswith("/" + name) for path in tracked), name


def test_documents_that_the_code_names_exist() -> None:
    for name, text in sources().items():
        for found in re.findall(r"\bdocs/[a-z-]+(?:/[a-z0-9-]+)*\.md\b", text):
            assert (CHECKOUT / found).exists(), f"{name} names {found}"


def test_pictures_are_small_and_shown() -> None:
    pictures = sorted((DOCS / "pictures").glob("*.png"))
    assert len(pictures) >= 8
    for path in pictures:
        assert path.stat().st_size <= 300_000, path.name
        assert f"docs/pictures/{path.name}" in sources()["README.md"]
        with Image.open(path) as picture:
            assert picture.mode == "P", path.name


def test_commands_in_the_documents_exist() -> None:
    seen = 0
    up = sources()["bin/up"]
    for path in PAGES:
        for line in re.findall(r"bin/(?:gridcenter|up)\b[^`\n#（。；]*", path.read_text("utf-8")):
            program, *words = line.split()
            seen += 1
            options = [word.partition("=")[0] for word in words if word.startswith("--")]
            if program == "bin/up":
                assert all(f" {option})" in up for option in options), line
                continue
            known = _command(words)
            assert known, f"{path.name}: {line}"
            assert set(options) <= commands()[known] | {"--help"}, f"{path.name}: {line}"
    assert seen > 30


def _command(words: list[str]) -> str | None:
    """The longest beginning of `words` that is a command; None when it is not a whole one."""
    plain = [word for word in words if not word.startswith("-")]
    for length in range(len(plain), 0, -1):
        name = " ".join(["gridcenter", *plain[:length]])
        if name in commands():
            return name
    return "gridcenter" if not plain or not re.fullmatch("[a-z-]+", plain[0]) else None


# --- nothing of the outside ----------------------------------------------------------------------

# Names of namespaces and of sources that are only written down; nothing is fetched from them.
WRITTEN_DOWN = {
    "www.w3.org": (".js", ".svg", ".py"),
    "www.apache.org": ("LICENSE",),
    "www.opengis.net": (".py",),
    "github.com": ("samples/gusu/README.md", "package-lock.json"),
    "t0.tianditu.gov.cn": ("docs/how-to/base-map.md",),
}
RESERVED = (".example", ".example.org", ".example.com", ".test", ".invalid")


def test_no_foreign_host_is_named() -> None:
    for name, text in sources().items():
        for host in set(re.findall(r"\b(?:https?|wss?|git)://([A-Za-z0-9][A-Za-z0-9.-]*)", text)):
            if host.startswith("127.") or "." not in host or host.endswith(RESERVED):
                continue
            assert name.endswith(WRITTEN_DOWN.get(host, ())), f"{name} names {host}"


def test_no_path_of_one_machine_is_named() -> None:
    machine = re.compile(r"(?<![\w.\])}-])/(?:work|root|Users)/|(?<![\w.])/home/[a-z]+/|/tmp/[a-z]")
    for name, text in sources().items():
        found = [line for line in text.splitlines() if machine.search(line)]
        assert found == [], name
