"""The lock files: everything pinned and hashed, no host named, the two agree."""

import re
import tomllib

import pytest

from gridcenter.settings import CHECKOUT

PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==([^\s;]+)", re.MULTILINE)


def pins(name: str) -> set[tuple[str, str]]:
    return set(PIN.findall((CHECKOUT / name).read_text()))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_everything_is_pinned_and_hashed_and_no_host_is_named(name: str) -> None:
    text = (CHECKOUT / name).read_text()
    entries = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(entries) > 50
    assert all(PIN.match(entry) and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "--index" not in text


def test_tests_run_on_what_is_shipped() -> None:
    assert pins("requirements.txt") < pins("requirements-dev.txt")


def test_every_declared_dependency_is_locked() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    for names, lock in (
        (project["dependencies"], "requirements.txt"),
        (project["optional-dependencies"]["dev"], "requirements-dev.txt"),
    ):
        locked = {name for name, _ in pins(lock)}
        wanted = {re.split(r"[\[<>=!~ ]", name)[0] for name in names}
        assert wanted <= locked
