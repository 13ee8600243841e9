"""Commands that take map layers out of the house: files for other programs, tiles in one file."""

from __future__ import annotations

from pathlib import Path

import click

from gridcenter.cli_database import transaction
from gridcenter.cli_words import as_json, give_json, say, t
from gridcenter.settings import Settings


@click.command("export", help=t("把图层导出为文件", "Write a layer to a file."))
@click.argument("layer")
@click.option(
    "--format",
    "form",
    type=click.Choice(["gpkg", "shapefile", "geojson", "xlsx", "dxf"]),
    required=True,
    help=t("格式（shapefile 为 GBK 编码的 zip）", "format (shapefile: a zip, texts in GBK)"),
)
@click.option(
    "--crs",
    default="4490",
    help=t(
        "坐标系：4326、4490、4549 等 3 度带，zone 为当地分带",
        "EPSG code: 4326, 4490, 4549 or another 3-degree zone; zone is that of the place",
    ),
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help=t("写入的文件", "file to write"),
)
@click.option("--area", help=t("只取此区域以内，区域代码", "only what lies in this area (code)"))
@as_json
@click.pass_obj
def export(
    settings: Settings,
    layer: str,
    form: str,
    crs: str,
    out: Path,
    area: str | None,
    as_json: bool,
) -> None:
    from gridcenter.actor import SYSTEM
    from layers.export import ExportLayer, Format, export_layer

    command = ExportLayer(layer, Format(form), crs, area)
    with transaction(settings) as tx:
        done = export_layer(tx, SYSTEM, command, out)
    if as_json:
        give_json({"layer": layer, "rows": done.rows, "srid": done.srid, "file": str(out)})
    say(f"{out}：{done.rows} 行，EPSG:{done.srid}", f"{out}: {done.rows} rows, EPSG:{done.srid}")


@click.group("layers", help=t("图层", "Map layers."))
def layers() -> None: ...


@layers.command(
    "pmtiles",
    help=t("把区域和楼栋写成一个 PMTiles 文件", "Write areas and buildings to one PMTiles file."),
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help=t("写入的文件", "file to write"),
)
@click.option(
    "--max-zoom",
    type=click.IntRange(0, 18),
    default=16,
    help=t("最大缩放级别，默认 16", "deepest zoom, 16 unless told"),
)
@as_json
@click.pass_obj
def pmtiles(settings: Settings, out: Path, max_zoom: int, as_json: bool) -> None:
    from gridcenter.cli_words import bars
    from layers.archive import write_archive

    step = t("瓦片", "tiles")
    with bars() as progress, transaction(settings, read_only=True) as tx:
        done = write_archive(tx, out, max_zoom, lambda n, total: progress(step, n, total))
    if as_json:
        give_json({"file": str(out), "tiles": done.tiles, "bytes": done.size})
    say(f"{out}：{done.tiles} 张瓦片", f"{out}: {done.tiles} tiles")


COMMANDS = (export, layers)
