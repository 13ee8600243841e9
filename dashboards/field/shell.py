"""The shell of the phone's page: which files it needs to open without a network, and their version."""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from dashboards.assets import STATIC, manifest

# What the page imports beside its own folder; the browser test opens the page without a network,
# so a missing one is found.
LIBRARIES = ("maplibre-gl", "idb")
FOLDERS = ("css/*.css", "js/*.js", "js/field/*.js", "icons/*", "manifest-field.webmanifest")
WORKER = STATIC / "js" / "field" / "sw.js"
VERSION_LENGTH = 16


def files() -> list[Path]:
    """Every file of the shell that is there, in the order of its path."""
    own = {path for pattern in FOLDERS for path in STATIC.glob(pattern) if path != WORKER}
    vendor = {
        STATIC / file["path"]
        for library in manifest()["libraries"]
        if library["name"] in LIBRARIES
        for file in library["files"]
    }
    return sorted(own | vendor)


def worker() -> str:
    """The service worker's script: its version, its list of addresses, then its code."""
    marks = tuple(
        (path, path.stat().st_size, path.stat().st_mtime_ns) for path in [*files(), WORKER]
    )
    return _worker(marks)


@lru_cache(maxsize=1)
def _worker(marks: tuple[tuple[Path, int, int], ...]) -> str:
    """Read once per state of the files: the version is the hash of all contents."""
    digest = sha256()
    for path, _, _ in marks:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    addresses = [f"/static/{path.relative_to(STATIC)}" for path, _, _ in marks if path != WORKER]
    version = digest.hexdigest()[:VERSION_LENGTH]
    return (
        f"const VERSION = {json.dumps(version)};\n"
        f"const SHELL = {json.dumps(addresses)};\n{WORKER.read_text(encoding='utf-8')}"
    )
