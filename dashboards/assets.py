"""Browser libraries: listed files of npm packages, copied into ``static/vendor``.

There is no build step: `npm ci` fetches exactly the locked packages, `build` copies what is listed
here into ``static/vendor/<name>@<version>/`` and writes ``manifest.json``, from which pages render
their import map. The folder is not committed; an installation package is made after this step, so
that a closed network needs neither npm nor a connection.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from gridcenter.errors import GridcenterError

STATIC = Path(__file__).resolve().parent / "static"
MANIFEST = STATIC / "vendor" / "manifest.json"
# terra-draw publishes its packages without the licence file of its repository.
TERRA_DRAW_LICENCE = STATIC.parent / "licences" / "terra-draw.txt"


class AssetMissing(GridcenterError):
    """A browser library was not installed, or lacks a listed file."""

    code = "asset_missing"
    zh = "缺少前端库文件 {path}；请运行 npm ci --ignore-scripts"
    en = "Browser library file {path} is missing; run npm ci --ignore-scripts"
    machine_at_fault = True


@dataclass(frozen=True)
class Library:
    """One npm package: the files we serve, patterns relative to the package.

    `module` is the file that the bare import of the package's name means, None for the classic
    scripts that folium's saved maps load by address. `licence` is written where the package's own
    description leaves it out; `licence_text` is a Path of ours where the package lacks the file.
    """

    name: str
    files: tuple[str, ...]
    licence_text: str | Path
    module: str | None = None
    licence: str | None = None


LIBRARIES = (
    # The worker is found beside the main file, and loads the shared one: one folder, all three.
    Library(
        "maplibre-gl",
        (
            "dist/maplibre-gl.mjs",
            "dist/maplibre-gl-worker.mjs",
            "dist/maplibre-gl-shared.mjs",
            "dist/maplibre-gl.css",
        ),
        "LICENSE.txt",
        module="dist/maplibre-gl.mjs",
    ),
    Library("echarts", ("dist/echarts.esm.min.mjs",), "LICENSE", "dist/echarts.esm.min.mjs"),
    Library("idb", ("build/index.js",), "LICENSE", "build/index.js"),
    Library(
        "terra-draw",
        ("dist/terra-draw.modern.js",),
        TERRA_DRAW_LICENCE,
        "dist/terra-draw.modern.js",
    ),
    Library(
        "terra-draw-maplibre-gl-adapter",
        ("dist/terra-draw-maplibre-gl-adapter.modern.js",),
        TERRA_DRAW_LICENCE,
        "dist/terra-draw-maplibre-gl-adapter.modern.js",
    ),
    Library("leaflet", ("dist/leaflet.js", "dist/leaflet.css", "dist/images/*.png"), "LICENSE"),
    Library(
        "leaflet.markercluster",
        ("dist/leaflet.markercluster.js", "dist/*.css"),
        "MIT-LICENCE.txt",
    ),
    # Its package.json names no licence; the file LICENSE is the two-clause BSD text.
    Library("leaflet.heat", ("dist/leaflet-heat.js",), "LICENSE", licence="BSD-2-Clause"),
    Library("jquery", ("dist/jquery.min.js",), "LICENSE.txt"),
)


def build(packages: Path, vendor: Path = MANIFEST.parent) -> dict[str, Any]:
    """Copy every listed file from `packages` (node_modules) and return the manifest written.

    ``{"imports": {name: path}, "libraries": [{name, version, licence, licence_text, files:
    [{path, sha256}]}]}``; paths are relative to ``static/``. The folder is replaced as a whole.
    Raises AssetMissing.
    """
    fresh = vendor.with_name(vendor.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    libraries = [_copy(library, packages / library.name, fresh) for library in LIBRARIES]
    imports = {
        library.name: _served(library, entry["version"], library.module)
        for library, entry in zip(LIBRARIES, libraries, strict=True)
        if library.module
    }
    manifest = {"imports": imports, "libraries": libraries}
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    shutil.rmtree(vendor, ignore_errors=True)
    fresh.rename(vendor)
    return manifest


def manifest(path: Path = MANIFEST) -> dict[str, Any]:
    """What `build` wrote. Raises AssetMissing when it has not run."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise AssetMissing(path=path) from error
    return found


def _served(library: Library, version: str, file: str) -> str:
    """Where a package's file is served, relative to ``static/``; its top folder falls away."""
    return f"vendor/{library.name}@{version}/{file.split('/', 1)[1]}"


def _copy(library: Library, package: Path, vendor: Path) -> dict[str, Any]:
    """Copy one library and return its entry in the manifest."""
    description = package / "package.json"
    if not description.exists():
        raise AssetMissing(path=package)
    about = json.loads(description.read_text())
    version = about["version"]
    served = {}
    for pattern in library.files:
        found = sorted(package.glob(pattern))
        if not found:
            raise AssetMissing(path=package / pattern)
        for file in found:
            served[_served(library, version, file.relative_to(package).as_posix())] = file
    text = f"vendor/{library.name}@{version}/LICENSE.txt"
    sums = {path: _place(file, vendor, path) for path, file in served.items()}
    _place(package / library.licence_text, vendor, text)
    if (package / "NOTICE").exists():  # Apache-2.0, section 4 (d)
        _place(package / "NOTICE", vendor, text.replace("LICENSE.txt", "NOTICE.txt"))
    return {
        "name": library.name,
        "version": version,
        "licence": library.licence or about["license"],
        "licence_text": text,
        "files": [{"path": path, "sha256": digest} for path, digest in sums.items()],
    }


def _place(source: Path, vendor: Path, path: str) -> str:
    """Copy `source` to the served `path` inside the new vendor folder; its sha256 comes back."""
    content = source.read_bytes()
    # A source map is not served; without this line browsers ask for it and log an error.
    if source.suffix in (".js", ".mjs", ".css"):
        lines = content.rstrip().rsplit(b"\n", 1)
        if lines[-1].lstrip().startswith((b"//# sourceMappingURL=", b"/*# sourceMappingURL=")):
            content = lines[0] + b"\n"
    target = vendor / Path(path).relative_to("vendor")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return sha256(content).hexdigest()


def compile_translations(folder: Path = STATIC.parent / "translations") -> int:
    """The number of message catalogues (.po) compiled to .mo beside them."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    sources = sorted(folder.glob("*/LC_MESSAGES/*.po"))
    for source in sources:
        with source.open("rb") as file:
            catalogue = read_po(file)
        fresh = source.with_suffix(".mo.new")
        with fresh.open("wb") as out:
            write_mo(out, catalogue)
        fresh.replace(source.with_suffix(".mo"))
    return len(sources)
