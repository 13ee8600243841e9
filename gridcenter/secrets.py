"""What nobody may know: passwords of the database roles and the key that signs sessions.

Made at random at first start; nothing secret has a default.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path


@dataclass(frozen=True)
class Secrets:
    """The secrets of one installation; never printed by repr."""

    admin_password: str = field(repr=False)
    owner_password: str = field(repr=False)
    web_password: str = field(repr=False)
    worker_password: str = field(repr=False)
    session_key: str = field(repr=False)

    def password(self, role: str) -> str:
        """The password of the database role ``gridcenter_<role>``."""
        return str(getattr(self, f"{role}_password"))

    @classmethod
    def load(cls, path: Path) -> Secrets:
        """The secrets in `path`, which is made with random values (mode 0600) when absent.

        Two processes that start together agree: the file appears whole or not at all, and the
        first one wins. A key that a later version added is filled in.
        """
        known = json.loads(path.read_text()) if path.exists() else {}
        names = [item.name for item in fields(cls)]
        if any(name not in known for name in names):
            known = {name: known.get(name) or secrets.token_urlsafe(32) for name in names}
            _write(path, json.dumps(known, indent=2), replace=path.exists())
            known = json.loads(path.read_text())
        return cls(**{name: known[name] for name in names})

    def as_dict(self) -> dict[str, str]:
        """Every secret by name, for the redaction of logs."""
        return asdict(self)


def _write(path: Path, text: str, *, replace: bool) -> None:
    """Put `text` at `path` in one step, readable by its owner alone."""
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)  # others may pass, not look
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        if replace:
            Path(name).replace(path)
        else:
            with suppress(FileExistsError):  # another process was first: its values count
                os.link(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
