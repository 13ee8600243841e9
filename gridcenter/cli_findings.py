"""How the command line tells what an import found: the first findings on the screen, all in a report."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridcenter.cli_words import say, t
from gridcenter.errors import InvalidInput

if TYPE_CHECKING:
    from importers.findings import Finding

SHOWN = 20


def check_writable(report: Path) -> None:
    """Raise InvalidInput before anything is imported, when the report could not be written."""
    if report.is_dir() or not report.parent.is_dir():
        raise InvalidInput.of(
            "report",
            "bad_report",
            f"写不了 {report}：没有这个目录",
            f"{report} cannot be written: there is no such folder",
        )


def tell_findings(findings: Sequence[Finding]) -> None:
    """Say the first findings, then how many more there are."""
    for finding in findings[:SHOWN]:
        row = "" if finding.row is None else t(f" 第 {finding.row} 行", f" row {finding.row}")
        click.echo(f"{finding.file}{row}: {finding.code}: {t(finding.zh, finding.en)}")
    if (more := len(findings) - SHOWN) > 0:
        say(f"另有 {more} 条，用 --report 看全部", f"{more} more findings: see them with --report")


def write_report(path: Path, findings: Sequence[Finding]) -> None:
    """Write all findings as CSV (for Excel, with a byte order mark) or, for .json, as JSON."""
    rows = [
        {
            "file": finding.file,
            "row": finding.row,
            "field": finding.field,
            "code": finding.code,
            "severity": finding.severity.value,
            "reason": t(finding.zh, finding.en),
            "value": finding.value,
            "count": finding.count,
        }
        for finding in findings
    ]
    if path.suffix.lower() == ".json":
        path.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        return
    names = ["file", "row", "field", "code", "severity", "reason", "value", "count"]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        # A cell that begins like a formula is text: Excel would run it.
        writer.writerows({k: _harmless(v) for k, v in row.items()} for row in rows)


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(tuple("=+-@")) else value
