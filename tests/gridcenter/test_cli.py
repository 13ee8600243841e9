"""The command line: one sentence and an exit code for whatever goes wrong, and a quick start."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gridcenter.settings import CHECKOUT


def gridcenter(
    *words: str, home: Path, stdin: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gridcenter.cli", *words],
        cwd=CHECKOUT,
        env={
            "PATH": os.environ["PATH"],
            "GRIDCENTER_HOME": str(home),
            "LANG": "zh_CN.UTF-8",
            **env,
        },
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "chinese", "english"),
    [
        (["fly"], "没有命令 fly", "No such command 'fly'"),
        (["db", "sideways"], "没有命令 sideways", "No such command 'sideways'"),
        (["db", "status", "--fast"], "没有选项 --fast", "No such option"),
        (["accounts", "create"], "缺少参数 USERNAME", "Missing argument 'USERNAME'"),
        (["accounts", "create", "ann"], "缺少选项 --post", "Missing option '--post'"),
        (["import", "areas", "absent.gpkg"], "没有这个文件", "does not exist"),
        (["import", "areas", "README.md", "--level", "moon"], "没有层级 moon", "no level moon"),
        (["import", "areas", "README.md", "--map", "x"], "字段=列名", "FIELD=COLUMN"),
        (
            ["import", "areas", "README.md", "--encoding", "klingon"],
            "没有文字编码 klingon",
            "no text encoding klingon",
        ),
        (["statistics", "close-day", "--day", "soon"], "--day 的值不可用", "soon"),
        (["accounts", "create", "a", "--post", "p"], "--password-stdin", "--password-stdin"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(
    tmp_path: Path, words: list[str], chinese: str, english: str
) -> None:
    here = {"README.md": str(CHECKOUT / "pyproject.toml")}
    words = [here.get(word, word) for word in words]
    for language, sentence in (("zh", chinese), ("en", english)):
        done = gridcenter("--lang", language, *words, home=tmp_path)
        assert done.returncode == 2
        assert sentence in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert "Traceback" not in done.stderr + done.stdout


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    done = gridcenter("db", "status", home=tmp_path, GRIDCENTER_PORT="eighty")
    assert done.returncode == 2
    assert "GRIDCENTER_PORT" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_machine_without_database_is_exit_code_1(tmp_path: Path) -> None:
    done = gridcenter("--lang", "en", "accounts", "list", home=tmp_path)
    assert done.returncode == 1
    assert "run bin/gridcenter db up" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_status_and_doctor_answer_programs_before_anything_is_set_up(tmp_path: Path) -> None:
    status = gridcenter("db", "status", "--json", home=tmp_path)
    assert status.returncode == 1
    assert json.loads(status.stdout)["running"] is False
    doctor = gridcenter("doctor", "--json", home=tmp_path)
    states = {check["name"]: check["state"] for check in json.loads(doctor.stdout)}
    assert doctor.returncode == 1
    assert states["server"] == "failed"
    assert states["python"] == "ok"


def test_debug_shows_where_an_error_came_from(tmp_path: Path) -> None:
    done = gridcenter("--debug", "db", "status", home=tmp_path, GRIDCENTER_PORT="eighty")
    assert "Traceback" in done.stderr


def test_the_language_follows_the_session(tmp_path: Path) -> None:
    assert "数据库" in gridcenter("--help", home=tmp_path).stdout
    assert "The database" in gridcenter("--help", home=tmp_path, LANG="en_GB.UTF-8").stdout


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    heavy = "{'sqlalchemy', 'psycopg', 'numpy', 'flask', 'shapely', 'rich'}"
    code = f"import gridcenter.cli, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_command_of_the_reference_is_there(tmp_path: Path) -> None:
    for words in (
        "db up", "db down", "db status", "db upgrade", "doctor", "serve", "worker", "up",
        "import areas", "import buildings", "import workers", "import incidents", "import calendar",
        "accounts create", "accounts list", "accounts disable", "accounts token", "accounts reset-password",
        "sample load", "statistics close-day", "assets build", "bench",
    ):  # fmt: skip
        done = gridcenter(*words.split(), "--help", home=tmp_path)
        assert done.returncode == 0, words
        assert words in done.stdout


def test_help_speaks_one_language(tmp_path: Path) -> None:
    chinese = gridcenter("--lang", "zh", "import", "undo", "--help", home=tmp_path).stdout
    assert "用法：gridcenter import undo [选项] BATCH" in chinese and "显示本帮助" in chinese
    assert not any(word in chinese for word in ("Usage", "Options", "Show this"))
    english = gridcenter("--lang", "en", "import", "undo", "--help", home=tmp_path).stdout
    assert "Usage: gridcenter import undo [OPTIONS] BATCH" in english and "Show this" in english
