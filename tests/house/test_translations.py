"""Every word that pages and answers say has its English; English texts keep their placeholders."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from dashboards.assets import compile_translations
from dashboards.language import messages_json

DASHBOARDS = Path(__file__).resolve().parents[2] / "dashboards"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2"), ("static/js/**.js", "javascript")]
KEYWORDS = {"_": None, "gettext": None, "t": None, "tn": None}
HAN = re.compile(r"[\u4e00-\u9fff]")


@lru_cache(maxsize=1)
def english() -> Catalog:
    """The English catalogue."""
    with (DASHBOARDS / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="en")


def said() -> set[str]:
    """Every text marked for translation in views, templates and modules."""
    found = extract_from_dir(str(DASHBOARDS), method_map=METHODS, keywords=KEYWORDS)
    texts = {
        message if isinstance(message, str) else message[0]
        for file, _, message, *_ in found
        if "vendor" not in file
    }
    return {text for text in texts if text}


def test_everything_said_has_english() -> None:
    texts = said()
    assert len(texts) > 800
    missing = sorted(text for text in texts if text not in english() or not english()[text].string)
    assert missing == []


def test_english_is_english_and_keeps_its_placeholders() -> None:
    for message in english():
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        for text in texts:
            assert text == "中文" or not HAN.search(text), f"{ids[0]}: {text}"
            assert set(re.findall(r"%\((\w+)\)", text)) <= set(re.findall(r"%\((\w+)\)", ids[0]))


def test_scripts_are_given_the_singular_of_counted_things() -> None:
    compile_translations()
    messages_json.cache_clear()
    words = json.loads(messages_json("en"))
    assert words["欠照片 %(n)s 张"] == ["%(n)s photo owed", "%(n)s photos owed"]
    assert words["今日 %(n)s 件"] == "Today: %(n)s"
