"""Files that came with an import, kept under <home>/uploads while their batch waits for a decision.

One folder per batch. A batch that is written, dropped or read anew loses its folder; folders whose
batch no longer waits are swept when the next upload comes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from uuid import UUID, uuid4

from werkzeug.datastructures import FileStorage

from gridcenter.errors import InvalidInput
from gridcenter.settings import Settings

MOST_FILES = 40
# The ending of folders of uploads under way, which have their own time (pieces).
COMING = ".coming"
_MAIN = (
    ".shp", ".gpkg", ".fgb", ".kml", ".kmz", ".gpx", ".dxf", ".geojson", ".json", ".csv", ".tsv",
    ".txt", ".xlsx", ".zip", ".gz",
)  # fmt: skip


def folder_of(settings: Settings, batch: UUID) -> Path:
    """Where the files of a batch lie."""
    return settings.home / "uploads" / str(batch)


def names_for(given: Sequence[str]) -> list[str]:
    """The names under which files that come at once lie side by side in one folder, in their order.

    Raises InvalidInput for no file, for too many, and for two whose names a folder cannot hold apart.
    """
    _refuse_number(len(given))
    names = [plain_name(name, number) for number, name in enumerate(given)]
    if len({name.lower() for name in names}) < len(names):
        raise InvalidInput.of(
            "file", "twice", "有两个文件同名", "Two of the files have the same name"
        )
    return names


def _refuse_number(files: int) -> None:
    if not files:
        raise InvalidInput.of("file", "required", "选一个文件", "Choose a file")
    if files > MOST_FILES:
        raise InvalidInput.of(
            "file",
            "too_many",
            f"一次最多 {MOST_FILES} 个文件，多的打成 zip",
            f"At most {MOST_FILES} files at once; zip more of them",
        )


def keep(settings: Settings, files: Iterable[FileStorage]) -> Path:
    """The new folder with the uploaded files. Raises InvalidInput as `names_for` does."""
    given = [file for file in files if file.filename]
    names = names_for([file.filename or "" for file in given])
    folder = folder_of(settings, uuid4())
    folder.mkdir(parents=True, mode=0o700)
    for name, file in zip(names, given, strict=True):
        file.save(folder / name)
        file.close()
    return folder


def plain_name(name: str, number: int) -> str:
    """A file's name for our folder: the last part of the name, without what a file system or a shell could misread."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(c for c in last if c.isprintable() and c not in '/\\:*?"<>|').strip(". ")
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[:100]}{dot}{ending[:12]}" if stem else f"file{number}.{ending[:12] or 'bin'}"


def source_in(folder: Path) -> Path:
    """What an import reads: the one file, or the folder when a shapefile came in parts."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return files[0] if len(files) == 1 else folder


def shown_name(folder: Path) -> str:
    """The name people see: that of the main file."""
    files = sorted(path.name for path in folder.iterdir() if path.is_file())
    main = [name for name in files if Path(name).suffix.lower() in _MAIN]
    return (main or files or [folder.name])[0]


def belong_to(settings: Settings, folder: Path, batch: UUID) -> None:
    """Give the folder to its batch."""
    folder.rename(folder_of(settings, batch))


def forget(settings: Settings, batch: UUID) -> None:
    """Delete the files of a batch; nothing happens when they are gone already."""
    shutil.rmtree(folder_of(settings, batch), ignore_errors=True)


def discard_folder(folder: Path) -> None:
    """Delete a folder that found no batch."""
    shutil.rmtree(folder, ignore_errors=True)


def sweep(settings: Settings, waiting: set[UUID], older_than: float) -> None:
    """Delete folders that belong to no waiting batch and were last changed before `older_than` (epoch)."""
    root = settings.home / "uploads"
    names = {str(batch) for batch in waiting}
    for folder in root.iterdir() if root.is_dir() else ():
        done = folder.suffix != COMING and folder.name not in names
        if done and folder.stat().st_mtime < older_than:
            shutil.rmtree(folder, ignore_errors=True)
