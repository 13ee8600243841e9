"""Browser libraries: only listed files, with true sums, whole or not at all."""

import json
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from dashboards.assets import LIBRARIES, MANIFEST, AssetMissing, build, compile_translations
from gridcenter.settings import CHECKOUT


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A node_modules with every listed library, and files that nobody lists."""
    root = tmp_path / "node_modules"
    for library in LIBRARIES:
        package = root / library.name
        package.mkdir(parents=True)
        about = {"version": "1.2.3", "license": "MIT"}
        if library.licence:
            del about["license"]
        (package / "package.json").write_text(json.dumps(about))
        if isinstance(library.licence_text, str):  # a Path is a text that we keep ourselves
            (package / library.licence_text).write_text("the licence")
        for pattern in library.files:
            file = package / pattern.replace("*", "one")
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.suffix == ".png":
                file.write_bytes(b"\x89PNG\n")
                continue
            file.write_text("export {};\n//# sourceMappingURL=one.map\n")
        (package / "unlisted.js").write_text("no")
    return root


def test_build_copies_what_is_listed_with_sums_and_licences(packages: Path) -> None:
    vendor = packages.parent / "static" / "vendor"
    vendor.parent.mkdir()
    made = build(packages, vendor)
    assert json.loads((vendor / "manifest.json").read_text()) == made
    assert [entry["name"] for entry in made["libraries"]] == [lib.name for lib in LIBRARIES]
    for entry in made["libraries"]:
        assert entry["licence"]
        text = (vendor.parent / entry["licence_text"]).read_text()
        assert text == "the licence" or "Permission is hereby granted" in text
        for file in entry["files"]:
            content = (vendor.parent / file["path"]).read_bytes()
            assert sha256(content).hexdigest() == file["sha256"]
            assert b"sourceMappingURL" not in content
    assert not list(vendor.rglob("unlisted.js"))
    for path in made["imports"].values():
        assert (vendor.parent / path).is_file()


def test_a_missing_file_is_named_and_the_old_folder_stays(packages: Path) -> None:
    vendor = packages.parent / "static" / "vendor"
    vendor.parent.mkdir()
    before = build(packages, vendor)
    (packages / "idb" / "build" / "index.js").unlink()
    with pytest.raises(AssetMissing, match=r"idb/build/index\.js.*npm ci"):
        build(packages, vendor)
    assert json.loads((vendor / "manifest.json").read_text()) == before


def test_the_lock_names_every_library_exactly_and_no_host() -> None:
    wanted = json.loads((CHECKOUT / "package.json").read_text())["dependencies"]
    assert set(wanted) == {library.name for library in LIBRARIES}
    assert all(version[0].isdigit() for version in wanted.values())
    lock = json.loads((CHECKOUT / "package-lock.json").read_text())["packages"]
    assert {name: lock[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all("resolved" not in entry for entry in lock.values())


def test_translations_are_compiled(tmp_path: Path) -> None:
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (folder / "messages.po").write_text(header + 'msgid "事件"\nmsgstr "Incident"\n')
    assert compile_translations(tmp_path) == 1
    assert b"Incident" in (folder / "messages.mo").read_bytes()
    assert [file.name for file in folder.iterdir() if file.suffix == ".new"] == []


BAD = {
    "dashboards/static/js/a.js": "document.body.innerHTML = 'x';\n",
    "dashboards/static/js/b.js": "import { x } from './absent.js';\nimport 'unknown-library';\n",
    "dashboards/static/js/c.js": "const url = 'https://tiles.example.org/';\n",
    "dashboards/static/js/d.js": "let = = 1;\n",
    "dashboards/templates/a.html": "<b onclick='x()'>\n<p style='top: 0'>\n<script>1</script>\n",
}


def test_the_javascript_check_finds_what_the_policy_refuses(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "check.mjs").write_text((CHECKOUT / "bin" / "check.mjs").read_text())
    # Older versions of Node take a file for a module only where this says so.
    (tmp_path / "package.json").write_text((CHECKOUT / "package.json").read_text())
    manifest = tmp_path / MANIFEST.relative_to(CHECKOUT)
    manifest.parent.mkdir(parents=True)
    manifest.write_text('{"imports": {"idb": "vendor/idb/index.js"}}')
    good = tmp_path / "dashboards/static/js/good.js"
    good.parent.mkdir()
    good.write_text("// innerHTML is not used here\nimport { openDB } from 'idb';\nopenDB();\n")

    def check() -> subprocess.CompletedProcess[str]:
        command = ["node", str(tmp_path / "bin" / "check.mjs")]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    clean = check()
    assert (clean.returncode, clean.stderr) == (0, "")
    for name, text in BAD.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    found = check()
    assert found.returncode == 1
    lines = found.stderr.splitlines()
    places = "a.js:1 b.js:1 b.js:2 c.js:1 d.js a.html:1 a.html:2 a.html:3"
    for place in places.split():
        assert any(place in line for line in lines), place
    assert not any("good.js" in line for line in lines)
