"""Which encoding a file's text is in, and on what evidence.

Chinese shapefiles mostly carry GBK without saying so; GDAL then silently shows ``ÇøÏØ``. Hence:
what is declared is believed if the bytes agree, else strict UTF-8, else GB 18030, else Latin-1.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass

# A .cpg or a language byte may say any of these; the value is Python's name.
_ALIASES = {
    "936": "gb18030", "cp936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030",
    "ansi 936": "gb18030", "gb18030": "gb18030", "950": "big5", "cp950": "big5", "big5": "big5",
    "65001": "utf-8", "utf8": "utf-8", "utf-8": "utf-8", "unicode": "utf-8",
    "88591": "iso-8859-1", "8859_1": "iso-8859-1", "iso88591": "iso-8859-1",
    "1252": "cp1252", "ansi 1252": "cp1252",
}  # fmt: skip
_LANGUAGE_BYTES = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5", 0x57: "cp1252",
                   0x03: "cp1252", 0x01: "cp437", 0x02: "cp850"}  # fmt: skip
# These two are written by default whatever the content is, so they prove nothing.
_HOLLOW_BYTES = {0x00, 0x57, 0x03}


@dataclass(frozen=True)
class TextEncoding:
    """Python's name of the encoding, why, and whether that is certain; `declared` by the file."""

    name: str
    basis_zh: str
    basis_en: str
    sure: bool
    declared: str | None = None
    contradicted: bool = False


def canonical(name: str) -> str | None:
    """Python's name for an encoding as people and .cpg files write it; None when unknown."""
    plain = name.strip().strip("\ufeff\x00").lower()
    if plain in _ALIASES:
        return _ALIASES[plain]
    try:
        return codecs.lookup(plain).name
    except LookupError:
        return None


def from_language_byte(byte: int) -> str | None:
    """The encoding a .dbf language byte stands for, None when the byte proves nothing."""
    return None if byte in _HOLLOW_BYTES else _LANGUAGE_BYTES.get(byte)


def decodes(samples: Iterable[bytes], encoding: str) -> bool:
    """True when every sample reads as `encoding`; a character cut off at the very end is forgiven,

    because .dbf fields have a fixed width and writers cut characters in two.
    """
    for sample in samples:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        try:
            decoder.decode(sample, final=False)
        except UnicodeDecodeError:
            return False
    return True


def looks_chinese(samples: Iterable[bytes]) -> bool:
    """True when the bytes, read as GB 18030, are mostly characters of everyday GB 2312.

    Latin-1 words also "decode" as GB 18030 now and then, but into rare characters.
    """
    common = rare = 0
    for sample in samples:
        for character in sample.decode("gb18030", errors="ignore"):
            if ord(character) < 0x80:
                continue
            try:
                character.encode("gb2312")
                common += 1
            except UnicodeEncodeError:
                rare += 1
    return common > 0 and common >= 3 * rare


def recognise(
    samples: list[bytes], declared: str | None = None, example: bytes = b""
) -> TextEncoding:
    """The encoding of `samples` (distinct raw values and column names).

    `declared` is what the file says (.cpg, language byte), `example` a value to show as evidence.
    """
    told = [sample for sample in samples if any(byte > 0x7F for byte in sample)]
    stated = canonical(declared) if declared else None
    if stated and decodes(told, stated):
        return TextEncoding(stated, f"文件声明 {declared}", f"declared {declared}", True, declared)
    if not told:
        return TextEncoding("utf-8", "全部是 ASCII", "all ASCII", True, declared)
    found = _by_content(told)
    shown = (example or max(told, key=len)).decode(found, errors="replace").strip()[:24]
    return TextEncoding(
        found,
        f"没有可用的声明；“{shown}”按 {found} 读得通",
        f"nothing usable declared; {shown!r} reads as {found}",
        False,
        declared,
        contradicted=stated is not None,
    )


def _by_content(samples: list[bytes]) -> str:
    if decodes(samples, "utf-8"):
        return "utf-8"
    if decodes(samples, "gb18030") and looks_chinese(samples):
        return "gb18030"
    return "iso-8859-1"
