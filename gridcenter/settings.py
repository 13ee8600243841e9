"""Everything an operator may set, read from the environment once and passed down.

TABLE is the one list of settings: the reader below and docs/reference/settings.md follow it.
Nobody else reads ``os.environ``. Secrets are not settings: they are made at random at first start
and kept in ``<home>/secrets.json``, which only its owner may read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gridcenter.errors import SettingInvalid
from gridcenter.secrets import Secrets

CHECKOUT = Path(__file__).resolve().parent.parent
Role = Literal["owner", "web", "worker", "admin"]

ADMIN_ROLE = "gridcenter_admin"
# A socket of the embedded cluster bears this number, so that it never meets Debian's own cluster.
EMBEDDED_PORT = 54317


@dataclass(frozen=True)
class Setting:
    """One row of the reference: environment variable, what happens without it, what it does."""

    variable: str
    default: str
    meaning: str
    meaning_en: str


TABLE: tuple[Setting, ...] = (
    Setting(
        "GRIDCENTER_HOME",
        "<checkout>/.gridcenter",
        "运行数据目录：内置数据库、附件、密钥、日志",
        "Folder of everything that runs: embedded database, attachments, secrets, logs",
    ),
    Setting(
        "GRIDCENTER_DATABASE_URL",
        "",
        "已有 PostgreSQL 服务器的管理员连接 postgresql://用户:密码@主机/库；留空则使用内置数据库",
        "Administrator URL of an existing server, postgresql://user:password@host/database; the"
        " database is made if absent; empty: the embedded cluster is used",
    ),
    Setting("GRIDCENTER_HOST", "127.0.0.1", "监听地址", "Address the web server listens on"),
    Setting("GRIDCENTER_PORT", "8000", "网页与接口端口", "Port of pages and API"),
    Setting(
        "GRIDCENTER_STREAM_PORT",
        "GRIDCENTER_PORT + 1",
        "实时推送端口",
        "Port of the live stream (server-sent events)",
    ),
    Setting(
        "GRIDCENTER_STREAM_URL",
        "",
        "浏览器访问实时推送的地址；留空表示与网页同一主机、使用推送端口",
        "Origin at which browsers reach the live stream; empty: the page's own host at the stream"
        " port; behind a reverse proxy that joins both: the origin of the pages",
    ),
    Setting("GRIDCENTER_WEB_WORKERS", "2", "网页进程数", "Web processes"),
    Setting("GRIDCENTER_WEB_THREADS", "8", "每个网页进程的线程数", "Threads in each web process"),
    Setting(
        "GRIDCENTER_TRUSTED_PROXIES",
        "0",
        "前置反向代理层数，决定信任几层 X-Forwarded-*",
        "Reverse proxies in front, that is how many X-Forwarded-* entries are believed",
    ),
    Setting(
        "GRIDCENTER_SECURE_COOKIES",
        "no",
        "仅经 HTTPS 发送会话 Cookie；启用 HTTPS 后应设为 yes",
        "Send session cookies over HTTPS alone; set to yes once pages are served over HTTPS",
    ),
    Setting(
        "GRIDCENTER_TIMEZONE",
        "Asia/Shanghai",
        "本地时区：责任、任职、统计、编号的“今天”和页面上的时间都按它",
        "Time zone of the place: duties, postings, statistics, numbers and the times on pages have its days",
    ),
    Setting(
        "GRIDCENTER_LOCALE",
        "zh",
        "页面默认语言：zh 或 en",
        "Language of pages for a reader who chose none: zh or en",
    ),
    Setting(
        "GRIDCENTER_LANGUAGE",
        "LC_ALL, LC_MESSAGES, LANG",
        "命令行语言：zh 或 en",
        "Language of the command line: zh or en",
    ),
    Setting(
        "GRIDCENTER_ATTACHMENTS_DIR",
        "<home>/attachments",
        "附件（照片）目录",
        "Folder of attachments (photos)",
    ),
    Setting(
        "GRIDCENTER_MAX_UPLOAD_MB",
        "256",
        "单个上传文件上限（MB）",
        "Largest uploaded file in MB (10^6 bytes)",
    ),
    Setting(
        "GRIDCENTER_MAX_PHOTO_MB",
        "20",
        "单张照片上限（MB）",
        "Largest single photo in MB (10^6 bytes)",
    ),
    Setting(
        "GRIDCENTER_MAP_APPROVAL",
        "",
        "地图上的审图号，如 苏S(2026)001号；示例边界始终标明示例",
        "Approval number (审图号) written on maps; the sample's always say that they are examples",
    ),
    Setting(
        "GRIDCENTER_BASE_MAP",
        "",
        "外部底图瓦片地址（可选，默认不用）：XYZ 或 WMTS（Web 墨卡托，CGCS2000/WGS 84，非 GCJ-02），含 {z}{x}{y} 或"
        " {TileMatrix}{TileCol}{TileRow}；见 docs/how-to/base-map.md",
        "Address of an outside base map's tiles (optional, none by default): XYZ or WMTS in Web Mercator on"
        " CGCS2000/WGS 84, not GCJ-02, with {z}{x}{y} or {TileMatrix}{TileCol}{TileRow}; see docs/how-to/base-map.md",
    ),
    Setting(
        "GRIDCENTER_BASE_MAP_NOTICE",
        "",
        "外部底图的来源和审图号，随底图必填",
        "Source and approval number of the outside base map; needed with it",
    ),
    Setting(
        "GRIDCENTER_LOG_LEVEL",
        "info",
        "日志级别：debug、info、warning、error",
        "Least severe log line that is written: debug, info, warning, error",
    ),
)
_DEFAULTS = {setting.variable: setting.default for setting in TABLE}


@dataclass(frozen=True)
class Settings:
    """The settings of one process. Sizes are bytes, folders absolute, ports TCP."""

    home: Path
    database_url: str
    host: str
    port: int
    stream_port: int
    stream_url: str
    web_workers: int
    web_threads: int
    trusted_proxies: int
    secure_cookies: bool
    timezone: ZoneInfo
    locale: str
    language: str
    attachments_dir: Path
    max_upload_bytes: int
    max_photo_bytes: int
    map_approval: str
    base_map: str
    base_map_notice: str
    log_level: str

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> Settings:
        """The settings in `env` (default: this process's environment).

        Raises SettingInvalid, naming the variable, for an unusable value. Touches no file.
        """
        read = _Reader(os.environ if env is None else env)
        home = read.folder("GRIDCENTER_HOME", CHECKOUT / ".gridcenter")
        port = read.number("GRIDCENTER_PORT", 1, 65534)
        return cls(
            home=home,
            database_url=read.database_url("GRIDCENTER_DATABASE_URL"),
            host=read.text("GRIDCENTER_HOST"),
            port=port,
            stream_port=read.number("GRIDCENTER_STREAM_PORT", 1, 65535, default=port + 1),
            stream_url=read.text("GRIDCENTER_STREAM_URL").rstrip("/"),
            web_workers=read.number("GRIDCENTER_WEB_WORKERS", 1, 64),
            web_threads=read.number("GRIDCENTER_WEB_THREADS", 1, 256),
            trusted_proxies=read.number("GRIDCENTER_TRUSTED_PROXIES", 0, 8),
            secure_cookies=read.choice("GRIDCENTER_SECURE_COOKIES", ("no", "yes")) == "yes",
            timezone=read.zone("GRIDCENTER_TIMEZONE"),
            locale=read.choice("GRIDCENTER_LOCALE", ("zh", "en")),
            language=language_of(env),
            attachments_dir=read.folder("GRIDCENTER_ATTACHMENTS_DIR", home / "attachments"),
            max_upload_bytes=read.number("GRIDCENTER_MAX_UPLOAD_MB", 1, 10_000) * 1_000_000,
            max_photo_bytes=read.number("GRIDCENTER_MAX_PHOTO_MB", 1, 200) * 1_000_000,
            map_approval=read.text("GRIDCENTER_MAP_APPROVAL"),
            base_map=read.tiles("GRIDCENTER_BASE_MAP"),
            base_map_notice=read.base_map_notice(),
            log_level=read.choice("GRIDCENTER_LOG_LEVEL", ("debug", "info", "warning", "error")),
        )

    @cached_property
    def secrets(self) -> Secrets:
        """This installation's secrets, made at random by whoever asks first."""
        return Secrets.load(self.home / "secrets.json")

    @property
    def base_map_origin(self) -> str:
        """Scheme and host of the outside base map, '' when there is none."""
        parts = urlsplit(self.base_map)
        return f"{parts.scheme}://{parts.netloc}" if self.base_map else ""

    @property
    def root(self) -> Path:
        """The folder that holds the product's packages, migrations and samples."""
        return CHECKOUT

    @property
    def embedded(self) -> bool:
        """Whether the database is our own cluster under `home`."""
        return not self.database_url

    @property
    def cluster_dir(self) -> Path:
        """Folder of the embedded cluster, with any symbolic link resolved."""
        return (self.home / "postgres").resolve()

    @property
    def socket_dir(self) -> Path:
        """Folder of the embedded cluster's socket.

        A socket's path may have 107 bytes (sockaddr_un). A cluster that lies deeper gets a folder
        with a short, repeatable name in the temporary area instead.
        """
        beside = self.cluster_dir / "socket"
        if len(os.fsencode(beside / f".s.PGSQL.{EMBEDDED_PORT}")) <= 107:
            return beside
        digest = sha256(os.fsencode(self.cluster_dir)).hexdigest()[:16]
        return Path("/tmp") / f"gridcenter-{digest}"  # noqa: S108 - owner is checked at each start

    @property
    def database(self) -> str:
        """The name of the product's database."""
        return unquote(urlsplit(self.database_url).path.lstrip("/")) or "gridcenter"

    def url(self, role: Role, database: str | None = None) -> str:
        """A libpq URL for one of the four database roles, with its password.

        Its sessions have the time zone of the place, so that CURRENT_DATE and every cast to a date
        mean the local day. `database` names another database of the same server (tests, maintenance).
        """
        where = urlencode({"host": str(self.socket_dir), "port": EMBEDDED_PORT})
        parts = urlsplit(self.database_url or f"postgresql://?{where}")
        if role != "admin" or self.embedded:
            user, password = f"gridcenter_{role}", self.secrets.password(role)
            host = parts.netloc.rpartition("@")[2]
            parts = parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}")
        name = quote(database or self.database, safe="")
        return urlunsplit(parts._replace(path=f"/{name}", query=self._in_local_time(parts.query)))

    def _in_local_time(self, query: str) -> str:
        """The query of a libpq URL with the time zone among its `options`, once."""
        given = dict(parse_qsl(query, keep_blank_values=True))
        zone = f"-c timezone={self.timezone.key}"
        options = f"{given.get('options', '').removesuffix(zone)} {zone}"
        # libpq reads %20 but not + as a space.
        return urlencode({**given, "options": " ".join(options.split())}, quote_via=quote)


class _Reader:
    """Turns texts of the environment into values, or raises SettingInvalid with the name."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def text(self, variable: str) -> str:
        return self._env.get(variable, "").strip() or _DEFAULTS[variable]

    def number(self, variable: str, least: int, most: int, default: int | None = None) -> int:
        given = self._env.get(variable, "").strip()
        if not given and default is not None:
            return default
        text = given or _DEFAULTS[variable]
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise SettingInvalid(variable, text, f"{least}–{most}")
        return int(text)

    def choice(self, variable: str, allowed: tuple[str, ...]) -> str:
        text = self.text(variable).lower()
        if text not in allowed:
            raise SettingInvalid(variable, text, " | ".join(allowed))
        return text

    def folder(self, variable: str, default: Path) -> Path:
        given = self._env.get(variable, "").strip()
        return Path(given).expanduser().absolute() if given else default

    def zone(self, variable: str) -> ZoneInfo:
        text = self.text(variable)
        try:
            return ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise SettingInvalid(variable, text, "Asia/Shanghai, Asia/Urumqi, …") from error

    def tiles(self, variable: str) -> str:
        """A tile address with {z}, {x}, {y}; WMTS's own names are taken too."""
        text = self.text(variable)
        for wmts, short in (("{TileMatrix}", "{z}"), ("{TileCol}", "{x}"), ("{TileRow}", "{y}")):
            text = text.replace(wmts, short)
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and "{" not in parts.netloc and parts.hostname
        if text and not (whole and all(axis in text for axis in ("{z}", "{x}", "{y}"))):
            raise SettingInvalid(variable, text, "https://host/…{z}…{x}…{y}")
        return text

    def base_map_notice(self) -> str:
        """What a base map must say of itself; maps without their approval may not be shown."""
        text = self.text("GRIDCENTER_BASE_MAP_NOTICE")
        if self.text("GRIDCENTER_BASE_MAP") and not text:
            raise SettingInvalid("GRIDCENTER_BASE_MAP_NOTICE", "", "天地图 GS(…)…号")
        return text

    def database_url(self, variable: str) -> str:
        text = self.text(variable)
        if text and urlsplit(text).scheme not in ("postgresql", "postgres"):
            raise SettingInvalid(variable, "…", "postgresql://user:password@host:port/database")
        return text


def language_of(env: Mapping[str, str] | None = None) -> str:
    """zh or en: as set, else as the session's locale says; Chinese when neither does."""
    env = os.environ if env is None else env
    for name in ("GRIDCENTER_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        tongue = env.get(name, "").strip().split("_")[0].split(".")[0].lower()
        if tongue and tongue not in ("c", "posix"):
            return "zh" if tongue == "zh" else "en"
    return "zh"


def reference_page() -> str:
    """The text of docs/reference/settings.md, made from TABLE."""
    lines = [
        "# 设置 Settings",
        "",
        "环境变量，启动时读取一次。密钥不是设置：首次启动随机生成，存于 `<home>/secrets.json`（0600）。",
        "",
        "Environment variables, read once at start. Secrets are no settings: they are made at random"
        " at first start and kept in `<home>/secrets.json` (mode 0600).",
        "",
        "| 变量 Variable | 默认 Default | 说明 | Meaning |",
        "|---|---|---|---|",
    ]
    for setting in TABLE:
        default = f"`{setting.default}`" if setting.default else "—"
        lines.append(
            f"| `{setting.variable}` | {default} | {setting.meaning} | {setting.meaning_en} |"
        )
    return "\n".join(lines) + "\n"
