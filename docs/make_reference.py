"""Writes the pages of docs/reference/ that follow from the code: cli, api, errors, layers, indicators.

    .venv/bin/python docs/make_reference.py          write them
    .venv/bin/python docs/make_reference.py --check  say which are not current, exit 1

Everything above a page's MARK is written by hand and stays.
"""

from __future__ import annotations

import ast
import csv
import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
REFERENCE = ROOT / "docs" / "reference"
MARK = "<!-- 以下由 docs/make_reference.py 生成 · below: made by docs/make_reference.py -->"
# Functions of a module that make an InvalidInput from (…, code, zh, en).
SHORT_FORMS = ("_refused",)
PACKAGES = ("gridcenter", "layers", "importers", "dashboards")


def row(*cells: object) -> str:
    """One line of a table; bars and line breaks inside a cell are made harmless."""
    return "| " + " | ".join(str(c).replace("|", "\\|").replace("\n", " ") for c in cells) + " |"


def head(*names: str) -> list[str]:
    """The first two lines of a table."""
    return [row(*names), "|" + "---|" * len(names)]


# --- command line ------------------------------------------------------------------------------

_DUMP = """
import json, click
from gridcenter.cli import cli
def walk(command, path):
    shown = [{"name": ", ".join(p.opts) if p.param_type_name == "option" else p.human_readable_name,
              "metavar": "" if getattr(p, "is_flag", False) or p.param_type_name == "argument"
                         else p.make_metavar(click.Context(command)),
              "required": p.required, "help": getattr(p, "help", None) or ""}
             for p in command.params if p.name != "help"]
    yield {"path": path, "help": command.help or "", "params": shown,
           "group": isinstance(command, click.Group)}
    for name in getattr(command, "commands", {}):
        yield from walk(command.commands[name], f"{path} {name}")
print(json.dumps(list(walk(cli, "gridcenter"))))
"""


def commands(language: str) -> list[dict[str, Any]]:
    """Every command of the command line with its options, worded in `language` (zh, en)."""
    done = subprocess.run(
        [sys.executable, "-c", _DUMP],
        env={**os.environ, "GRIDCENTER_LANGUAGE": language, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def cli_page() -> Iterator[str]:
    """One section per command, in the order of the help."""
    for zh, en in zip(commands("zh"), commands("en"), strict=True):
        if zh["group"] and zh["path"] != "gridcenter":
            continue
        words = " ".join(
            p["name"] if p["required"] else f"[{p['name']}]"
            for p in zh["params"]
            if not p["name"].startswith("-")
        )
        yield from ["", f"## `{zh['path']}{' ' + words if words else ''}`", ""]
        yield f"{zh['help']} · {en['help']}"
        options = [
            (p, q)
            for p, q in zip(zh["params"], en["params"], strict=True)
            if p["name"].startswith("-")
        ]
        if options:
            yield ""
            yield from head("选项 option", "说明", "meaning")
        for p, q in options:
            needed = ("（必填）", " (required)") if p["required"] else ("", "")
            name = f"`{p['name']}{' ' + p['metavar'] if p['metavar'] else ''}`"
            yield row(name, p["help"] + needed[0], q["help"] + needed[1])


# --- API ---------------------------------------------------------------------------------------

TAGS = {
    "sessions": "登录与会话",
    "areas": "区域与定位",
    "catalogue": "事项目录",
    "incidents": "事件",
    "journal": "变更流与实时推送",
    "statistics": "统计",
    "registry": "楼栋",
    "layers": "图层与瓦片",
    "features": "OGC API - Features",
    "imports": "导入",
    "admin": "管理",
    "health": "运行状态",
}


def openapi() -> dict[str, Any]:
    """The document that /api/v1/openapi.json serves, without a database."""
    from dashboards.app import create_app
    from gridcenter.settings import Settings

    with tempfile.TemporaryDirectory() as home:
        app = create_app(Settings.from_environment({"GRIDCENTER_HOME": home}))
        with app.app_context():
            found: dict[str, Any] = app.spec  # type: ignore[attr-defined]
    return found


def api_page() -> Iterator[str]:
    """One table of what there is, then one section per address, by tag."""
    document = openapi()
    by_tag: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, verbs in document["paths"].items():
        for verb, what in verbs.items():
            by_tag.setdefault((what.get("tags") or ["health"])[0], []).append((path, verb, what))
    order = {tag: place for place, tag in enumerate(TAGS)}
    for tag in sorted(by_tag, key=lambda each: (order.get(each, 99), each)):
        yield from ["", f"## {TAGS.get(tag, tag)} · {tag}"]
        for path, verb, what in sorted(by_tag[tag], key=lambda each: each[:2]):
            yield from ["", f"### `{verb.upper()} {path}`", ""]
            yield f"{what.get('summary') or ''}."
            if what.get("description"):
                yield from ["", what["description"]]
            fields = list(_fields(what, document))
            if fields:
                yield ""
                yield from head("field", "in", "type", "required, default")
                yield from fields
            answers = ", ".join(
                f"{code} {answer['description']}"
                for code, answer in sorted(what["responses"].items())
                if not (code == "422" and answer["description"] == "Validation error")
            )
            yield from ["", f"→ {answers}"]


def _fields(what: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    for given in what.get("parameters", ()):
        schema = given["schema"]
        needed = "required" if given.get("required") else _default(schema)
        yield row(f"`{given['name']}`", given["in"], _type(schema, document), needed)
    for content in what.get("requestBody", {}).get("content", {}).values():
        schema = _resolved(content["schema"], document)
        required = set(schema.get("required", ()))
        for name, part in schema.get("properties", {}).items():
            needed = "required" if name in required else _default(part)
            yield row(f"`{name}`", "body", _type(part, document), needed)


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _default(schema: dict[str, Any]) -> str:
    return "" if schema.get("default") in (None, "") else f"default {schema['default']}"


def _type(schema: dict[str, Any], document: dict[str, Any]) -> str:
    schema = _resolved(schema, document)
    if "anyOf" in schema:
        return " or ".join(
            _type(part, document) for part in schema["anyOf"] if part.get("type") != "null"
        )
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    words = [schema.get("format") or schema.get("type") or "any"]
    for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤")):
        if key in schema:
            words.append(f"{sign} {schema[key]:g}")
    if "maxLength" in schema:
        words.append(f"at most {schema['maxLength']} characters")
    return ", ".join(words)


# --- errors ------------------------------------------------------------------------------------


def errors_page() -> Iterator[str]:
    """The tree of errors with their statuses, the codes of the edge, the codes of fields."""
    from dashboards.problems import status_of
    from gridcenter.errors import GridcenterError

    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module.name)
    yield from ["", "## 错误 · Errors", ""]
    yield from head("code", "HTTP", "中文", "English", "meaning")
    for error in sorted(_tree(GridcenterError), key=lambda each: each.code):
        status = status_of(error.__new__(error))
        shown = "" if getattr(error, "machine_at_fault", False) else status
        meaning = (error.__doc__ or "").split("\n\n")[0]
        yield row(f"`{error.code}`", shown, f"{error.zh}", f"{error.en}", " ".join(meaning.split()))
    yield from ["", "## 字段 · Fields", ""]
    yield from head("code", "字段 field", "中文", "English")
    for code, field, zh, en in sorted(field_codes()):
        yield row(f"`{code}`", field, zh, en)


def _tree(root: type) -> Iterator[Any]:
    """`root` and what the product derives from it; tests and benchmarks may have errors of their own."""
    if root.__module__.partition(".")[0] in PACKAGES:
        yield root
    for child in root.__subclasses__():
        yield from _tree(child)


def field_codes() -> set[tuple[str, str, str, str]]:
    """(code, field, zh, en) of every wrong field that the code can name, read from the source.

    Seen are FieldError, InvalidInput.of, and short forms of them that end in (code, zh, en).
    """
    found = set()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _names_field(node.func):
                    *field, code, zh, en = ["", "", "", *map(_words, node.args)]
                    if re.fullmatch("[a-z]+[a-z_…]*", code) and re.search("[\u4e00-\u9fff]", zh):
                        found.add((code, field[-1].replace("…", ""), zh, en))
    return found


def _names_field(func: ast.expr) -> bool:
    if isinstance(func, ast.Attribute):
        return func.attr == "of" and ast.unparse(func.value) == "InvalidInput"
    return isinstance(func, ast.Name) and func.id in ("FieldError", "InvalidInput", *SHORT_FORMS)


def _words(node: ast.expr) -> str:
    """The text of a literal; what is filled in at run time becomes …."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    return "…"


# --- layers, indicators ------------------------------------------------------------------------


def layers_page() -> Iterator[str]:
    """One section per layer."""
    from layers.catalog import LAYERS

    for layer in LAYERS.values():
        yield from ["", f"## `{layer.name}` · {layer.title} · {layer.title_en}", ""]
        yield f"- 几何 geometry: {layer.geometry}, zoom {layer.min_zoom}-{layer.max_zoom}"
        yield f"- 属性 attributes: {', '.join(f'`{name}`' for name in layer.attributes)}"
        yield from _kept_to_posts(layer)
        yield f"- 岗位 posts: {', '.join(sorted(layer.posts))}"
        changes = "incidents and imports" if layer.moves else "imports only"
        yield f"- 随之更新 changed by: {changes}"
        legend = "; ".join(f"{line.name} {line.name_en} ({line.shape})" for line in layer.legend)
        yield f"- 图例 legend: {legend}"
        if layer.exported:
            yield f"- 可导出的岗位 exported by: {', '.join(sorted(layer.exported))}"


def _kept_to_posts(layer: Any) -> Iterator[str]:
    by_posts: dict[str, list[str]] = {}
    for field in layer.fields:
        if field.posts is not None:
            by_posts.setdefault(", ".join(sorted(field.posts)), []).append(f"`{field.name}`")
    for posts, names in by_posts.items():
        yield f"- 其中仅限岗位 of these for posts only: {', '.join(names)} → {posts}"


def indicators_page() -> Iterator[str]:
    """One section per indicator: definition, numerator, denominator, source."""
    path = ROOT / "gridcenter" / "statistics" / "data" / "indicators.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for each in rows:
        yield from ["", f"## `{each['code']}` · {each['name']} · {each['name_en']}", ""]
        for label, key in (("分子 numerator", "numerator"), ("分母 denominator", "denominator")):
            if each[key]:
                yield f"- {label}: {each[key]}. {each[key + '_en']}."
        if each["excluded"]:
            yield f"- 不计入 excluded: {each['excluded']}. {each['excluded_en']}."
        target = f", 目标 target {each['target']}" if each["target"] else ""
        yield f"- 单位 unit: {each['unit']}{target}; 依据 source: {each['source']}"


PAGES = {
    "cli": cli_page,
    "api": api_page,
    "errors": errors_page,
    "layers": layers_page,
    "indicators": indicators_page,
}


def fresh(name: str) -> tuple[Path, str]:
    """The page's path and what it should hold now."""
    path = REFERENCE / f"{name}.md"
    by_hand = path.read_text(encoding="utf-8").partition(MARK)[0].rstrip()
    return path, "\n".join([by_hand, "", MARK, *PAGES[name]()]).rstrip() + "\n"


def main() -> int:
    """Write the pages, or with --check name those that are not current."""
    stale = [(path, text) for path, text in map(fresh, PAGES) if path.read_text("utf-8") != text]
    for path, text in stale:
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    raise SystemExit(main())
