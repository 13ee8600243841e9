"""``gridcenter import``: a file goes in, findings come out; wrong files store nothing."""

from __future__ import annotations

import click

from gridcenter.cli_words import t


@click.group("import", help=t("导入文件", "Import files."))
def import_command() -> None: ...
