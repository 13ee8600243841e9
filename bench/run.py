"""``gridcenter bench``: run one benchmark or all of them and print both sides with their bound."""

from __future__ import annotations

import json
import os
import platform
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import place, site
from bench.figures import Figure
from bench.peers import pgbench_version
from gridcenter.errors import InvalidInput
from gridcenter.settings import Settings

# Name on the command line → module with measure(site) -> list[Figure].
BENCHMARKS = {
    "incidents": "bench.create",
    "list": "bench.lists",
    "tiles": "bench.tiles",
    "tipg": "bench.tile_server",
    "live": "bench.live",
    "rights": "bench.rights",
    "memory": "bench.machine",
    "import": "bench.imports",
}

# Those that need no such place: module with measure(settings, rounds). They are not part of ``all``.
WITHOUT_PLACE = {
    "division": "bench.division",
    "topology": "bench.topology",
    "locate": "bench.locate",
}

Effort = site.Effort
FULL = Effort()


def run(
    settings: Settings,
    name: str | None,
    *,
    as_json: bool = False,
    scale: float = 1.0,
    keep: bool = False,
    effort: Effort = FULL,
) -> None:
    """Print the figures of benchmark `name` (None or ``all``: of all) and end with 1 if one is missed.

    Raises InvalidInput for a name that is none of ours.
    """
    if name in WITHOUT_PLACE:
        found = import_module(WITHOUT_PLACE[name]).measure(settings, effort.rounds)
        _give(found, {"python": platform.python_version(), "cores": os.cpu_count()}, as_json)
        return
    chosen = _chosen(name)
    # Asked to end, we still take our servers along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    say = Console(stderr=True)
    figures: list[Figure] = []
    with site.made(settings, place.Size.of(scale), effort, keep=keep) as here:
        about = {**_machine(here), "scale": scale}
        for each in chosen:
            say.print(f"· {each}")
            measure: Callable[[site.Site], list[Figure]] = import_module(BENCHMARKS[each]).measure
            found = measure(here)
            figures += found
            if not as_json:
                print_figures(Console(), found)
    _give(figures, about, as_json, printed=True)


def _give(
    figures: list[Figure], about: dict[str, Any], as_json: bool, *, printed: bool = False
) -> None:
    """Print the figures (unless `printed` one by one) and end with 1 when one is missed."""
    if not as_json and not printed:
        print_figures(Console(), figures)
    if as_json:
        document = {"about": about, "figures": [figure.as_dict() for figure in figures]}
        print(json.dumps(document, ensure_ascii=False, indent=2))  # noqa: T201
    else:
        Console().print_json(data=about)
    if not all(figure.passed for figure in figures):
        raise SystemExit(1)


def _chosen(name: str | None) -> list[str]:
    if name in (None, "all"):
        return list(BENCHMARKS)
    if name not in BENCHMARKS:
        known = "、".join([*BENCHMARKS, *WITHOUT_PLACE, "all"])
        raise InvalidInput.of(
            "name",
            "unknown_benchmark",
            f"没有测量 {name}；可选：{known}",
            f"There is no benchmark {name};"
            f" there are: {', '.join([*BENCHMARKS, *WITHOUT_PLACE, 'all'])}",
        )
    return [name]


def print_figures(console: Console, figures: list[Figure]) -> None:
    """The figures as a table: both medians, the ratio, the bound, and every round below."""
    table = Table(show_edge=False)
    for title in ("", "unit", "peer", "ours", "ratio", "bound", ""):
        table.add_column(title, justify="left" if title in ("", "unit") else "right")
    for each in figures:
        table.add_row(
            each.words.en,
            each.unit,
            f"{median(each.peer):,.3g}" if each.peer else "–",
            f"{median(each.ours):,.4g}" if each.ours else "–",
            f"{each.figure:.3g}" if each.peer else "",
            str(each.bound) if each.bound else "–",
            "" if each.bound is None else "pass" if each.passed else "MISSED",
        )
    console.print(table)
    for each in figures:
        rounds = " ".join(f"{value:.4g}" for value in each.ours)
        others = " ".join(f"{value:.4g}" for value in each.peer)
        console.print(
            f"  {each.name}: peer [{others}] ours [{rounds}] {each.remarks}", markup=False
        )


def _machine(here: site.Site) -> dict[str, Any]:
    with here.connect("admin") as connection:
        row = connection.execute(
            "SELECT current_setting('server_version') AS postgresql, postgis_lib_version() AS postgis,"
            " current_setting('shared_buffers') AS shared_buffers,"
            " current_setting('fsync') AS fsync,"
            " current_setting('synchronous_commit') AS synchronous_commit"
        ).fetchone()
    packages = ("flask", "apiflask", "gunicorn", "gevent", "psycopg", "pydantic")
    return {
        "sizes": here.counts,
        "database": row,
        "pgbench": pgbench_version(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in packages},
        "cores": os.cpu_count(),
        "load_average_at_start": round(os.getloadavg()[0], 2),
        "rounds": here.effort.rounds,
        "seconds_per_round": here.effort.seconds,
    }
