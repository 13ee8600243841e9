"""A path becomes one plain file that can be opened: archives are unpacked, .gz is unzipped, both
within limits, into a folder that lives as long as the reading does."""

from __future__ import annotations

import contextlib
import gzip
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from importers.findings import Findings

LARGEST_BYTES = 4_000_000_000
_MOST_MEMBERS = 2_000
_READABLE = (
    ".shp", ".gpkg", ".fgb", ".kml", ".kmz", ".gpx", ".dxf", ".geojson", ".json", ".csv", ".tsv",
    ".txt", ".xlsx", ".dbf",
)  # fmt: skip


def find_source(path: Path, scratch: Path, findings: Findings, layer: str | None) -> Path | None:
    """The one file to open for `path` (file, folder of parts, archive), or None after a finding.

    `layer` chooses among several shapefiles of a folder or archive by their names.
    """
    if not path.exists():
        findings.add("file.missing", value=path.name)
        return None
    if path.is_dir():
        return _choose(path.name, list(path.iterdir()), findings, layer)
    if path.stat().st_size > LARGEST_BYTES:
        findings.add("file.too_large", value=path.name, limit="4 GB")
        return None
    if path.suffix.lower() == ".gz":
        return _gunzip(path, scratch, findings)
    if path.suffix.lower() == ".zip":
        folder = scratch / "unpacked"
        if not _unzip(path, folder, findings):
            return None
        return _choose(path.name, list(folder.rglob("*")), findings, layer)
    if path.suffix.lower() == ".dbf" or path.suffix.lower() in {".shx", ".prj", ".cpg"}:
        return _main_part(path, findings)
    return path


def _main_part(path: Path, findings: Findings) -> Path | None:
    """The .shp that a part belongs to."""
    for name in (path.with_suffix(".shp"), path.with_suffix(".SHP")):
        if name.exists():
            return name
    findings.add("shp.missing", value=path.name)
    return None


def _gunzip(path: Path, scratch: Path, findings: Findings) -> Path | None:
    target = scratch / path.stem
    try:
        with gzip.open(path) as packed, target.open("wb") as plain:
            while block := packed.read(1 << 20):
                plain.write(block)
                if plain.tell() > LARGEST_BYTES:
                    findings.add("archive.unsafe", value="> 4 GB")
                    return None
    except (OSError, EOFError, zlib.error) as error:
        findings.add("file.unreadable", value=str(error))
        return None
    return target


def _unzip(path: Path, folder: Path, findings: Findings) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) > _MOST_MEMBERS or sum(m.file_size for m in members) > LARGEST_BYTES:
                findings.add("archive.unsafe", value=f"{len(members)}")
                return False
            for member in members:
                if not _unpack(archive, member, folder):
                    findings.add("archive.unsafe", value=member.filename)
                    return False
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error) as error:
        findings.add("file.unreadable", value=str(error))
        return False
    folder.mkdir(exist_ok=True)
    return True


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> bool:
    """False when the member's path would leave the folder."""
    name = member.filename
    if not member.flag_bits & 0x800:  # no UTF-8 mark: Windows in China writes GBK names
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("gb18030")
    inner = PurePosixPath(name.replace("\\", "/"))
    if inner.is_absolute() or ".." in inner.parts or ":" in inner.parts[0]:
        return False
    target = folder.joinpath(*inner.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as packed, target.open("wb") as plain:
        shutil.copyfileobj(packed, plain, 1 << 20)
    return target.stat().st_size == member.file_size


def _choose(name: str, found: list[Path], findings: Findings, layer: str | None) -> Path | None:
    files = sorted(
        p for p in found
        if p.suffix.lower() in _READABLE and not p.name.startswith((".", "._"))
        and "__MACOSX" not in p.parts
    )  # fmt: skip
    shapes = {p.with_suffix("") for p in files if p.suffix.lower() == ".shp"}
    lonely = [p for p in files if p.suffix.lower() == ".dbf" and p.with_suffix("") not in shapes]
    sources = [p for p in files if p.suffix.lower() != ".dbf"]
    if layer and len(sources) > 1:
        sources = [p for p in sources if p.stem == layer] or sources
    if len(sources) == 1:
        return sources[0]
    if sources:
        names = ", ".join(p.stem for p in sources)
        findings.add("layer.choose", value=names)
    elif lonely:
        findings.add("shp.missing", value=lonely[0].name)
    else:
        findings.add("archive.empty", value=name)
    return None
