"""Settings: read once, refused by name, never a secret with a default."""

import os
import stat
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from gridcenter.errors import SettingInvalid
from gridcenter.settings import CHECKOUT, TABLE, Settings, language_of, reference_page


def settings(home: Path, **env: str) -> Settings:
    return Settings.from_environment({"GRIDCENTER_HOME": str(home), **env})


def test_an_empty_environment_is_enough() -> None:
    found = Settings.from_environment({})
    assert found.home == CHECKOUT / ".gridcenter"
    assert (found.host, found.port, found.stream_port) == ("127.0.0.1", 8000, 8001)
    assert (found.web_workers, found.web_threads) == (2, 8)
    assert found.embedded
    assert found.attachments_dir == found.home / "attachments"
    assert found.max_photo_bytes == 20_000_000


def test_the_stream_follows_the_port() -> None:
    assert Settings.from_environment({"GRIDCENTER_PORT": "9100"}).stream_port == 9101


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GRIDCENTER_PORT", "0"),
        ("GRIDCENTER_PORT", "70000"),
        ("GRIDCENTER_PORT", "８０００"),
        ("GRIDCENTER_WEB_THREADS", "-1"),
        ("GRIDCENTER_TIMEZONE", "Asia/Nowhere"),
        ("GRIDCENTER_TIMEZONE", "../../etc/passwd"),
        ("GRIDCENTER_LOCALE", "de"),
        ("GRIDCENTER_SECURE_COOKIES", "maybe"),
        ("GRIDCENTER_LOG_LEVEL", "loud"),
        ("GRIDCENTER_DATABASE_URL", "mysql://u:hidden@h/d"),
        ("GRIDCENTER_BASE_MAP", "https://maps.example/{z}/{x}.png"),
        ("GRIDCENTER_BASE_MAP", "file:///maps/{z}/{x}/{y}.png"),
        ("GRIDCENTER_BASE_MAP", "https://{z}.example/{x}/{y}.png"),
    ],
)
def test_an_unusable_value_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(SettingInvalid) as refused:
        Settings.from_environment({variable: value})
    assert variable in refused.value.detail("zh")
    assert variable in refused.value.detail("en")
    assert "hidden" not in str(refused.value)


def test_a_base_map_speaks_xyz_or_wmts_and_names_its_approval() -> None:
    assert Settings.from_environment({}).base_map_origin == ""
    given = {
        "GRIDCENTER_BASE_MAP": "https://maps.example:8443/{TileMatrix}/{TileRow}/{TileCol}?tk=1",
        "GRIDCENTER_BASE_MAP_NOTICE": "GS(2026)1",
    }
    found = Settings.from_environment(given)
    assert found.base_map == "https://maps.example:8443/{z}/{y}/{x}?tk=1"
    assert found.base_map_origin == "https://maps.example:8443"
    del given["GRIDCENTER_BASE_MAP_NOTICE"]
    with pytest.raises(SettingInvalid, match="GRIDCENTER_BASE_MAP_NOTICE"):
        Settings.from_environment(given)


@pytest.mark.parametrize(
    ("env", "language"),
    [
        ({}, "zh"),
        ({"LANG": "C.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "GRIDCENTER_LANGUAGE": "en"}, "en"),
    ],
)
def test_language_of_the_session(env: dict[str, str], language: str) -> None:
    assert language_of(env) == language


def test_secrets_are_random_kept_and_closed(tmp_path: Path) -> None:
    first, second = settings(tmp_path / "a").secrets, settings(tmp_path / "b").secrets
    values = [*first.as_dict().values(), *second.as_dict().values()]
    assert len(set(values)) == len(values)
    assert all(len(value) >= 40 for value in values)
    assert settings(tmp_path / "a").secrets == first
    path = tmp_path / "a" / "secrets.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not stat.S_IMODE(path.parent.stat().st_mode) & 0o044
    assert first.session_key not in repr(first)
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["secrets.json"]


def test_a_later_versions_secret_is_added_and_the_others_stay(tmp_path: Path) -> None:
    first = settings(tmp_path).secrets
    path = tmp_path / "secrets.json"
    path.write_text(path.read_text().replace('"session_key"', '"former_key"'))
    later = settings(tmp_path).secrets
    assert later.web_password == first.web_password
    assert later.session_key != first.session_key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_urls_of_the_embedded_cluster(tmp_path: Path) -> None:
    found = settings(tmp_path)
    url = urlsplit(found.url("web"))
    assert url.username == "gridcenter_web"
    assert url.password == found.secrets.web_password
    assert url.path == "/gridcenter"
    assert parse_qs(url.query)["host"] == [str(found.socket_dir)]
    assert urlsplit(found.url("admin", "other")).path == "/other"


def test_urls_of_an_existing_server(tmp_path: Path) -> None:
    given = "postgresql://boss:p%40ss@db.example:5433/grid?sslmode=require"
    found = settings(tmp_path, GRIDCENTER_DATABASE_URL=given)
    local = "options=-c%20timezone%3DAsia%2FShanghai"
    assert found.url("admin") == f"{given}&{local}"
    url = urlsplit(found.url("worker", "test 1"))
    assert (url.hostname, url.port) == ("db.example", 5433)
    assert url.query == f"sslmode=require&{local}"
    assert unquote(url.path) == "/test 1"
    assert "p%40ss" not in found.url("web")


def test_options_that_a_url_has_already_stay_and_the_zone_stands_there_once(tmp_path: Path) -> None:
    given = "postgresql://boss@db/grid?options=-c%20work_mem%3D64MB"
    url = settings(tmp_path, GRIDCENTER_DATABASE_URL=given).url("web")
    again = settings(tmp_path, GRIDCENTER_DATABASE_URL=url).url("web")
    wanted = ["-c work_mem=64MB -c timezone=Asia/Shanghai"]
    assert parse_qs(urlsplit(url).query)["options"] == wanted
    assert parse_qs(urlsplit(again).query)["options"] == wanted


def test_a_deep_folder_gets_a_short_socket_path(tmp_path: Path) -> None:
    deep = settings(tmp_path / ("x" * 120))
    assert len(os.fsencode(deep.socket_dir / ".s.PGSQL.54317")) <= 107
    assert deep.socket_dir == settings(tmp_path / ("x" * 120)).socket_dir
    assert deep.socket_dir != settings(tmp_path / ("y" * 120)).socket_dir


def test_every_setting_is_documented() -> None:
    page = CHECKOUT / "docs" / "reference" / "settings.md"
    assert page.read_text(encoding="utf-8") == reference_page()
    assert len({setting.variable for setting in TABLE}) == len(TABLE)


def test_nobody_else_reads_the_environment() -> None:
    readers = [
        path.relative_to(CHECKOUT).as_posix()
        for package in ("gridcenter", "layers", "importers", "dashboards")
        for path in (CHECKOUT / package).rglob("*.py")
        if "os.environ" in (text := path.read_text(encoding="utf-8")) or "getenv(" in text
    ]
    assert readers == ["gridcenter/settings.py"]
