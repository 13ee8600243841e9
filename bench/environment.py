"""Peers written in Python run in environments of their own: what they need never touches the product's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rich.console import Console

from gridcenter.settings import Settings

_say = Console(stderr=True)


def environment(settings: Settings, name: str, packages: tuple[str, ...]) -> Path:
    """The interpreter of the environment `name` with these packages, made on the first run."""
    folder = settings.home / "bench" / name
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if ready.is_file() and ready.read_text().split() == list(packages):
        return python
    _say.print(f"  installing for this benchmark alone: {', '.join(packages)}", markup=False)
    uv = [sys.executable, "-m", "uv"]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    subprocess.run([*uv, "venv", "-q", "--clear", "--python", version, folder], check=True)
    subprocess.run([*uv, "pip", "install", "-q", "--python", python, *packages], check=True)
    ready.write_text("\n".join(packages))
    return python
