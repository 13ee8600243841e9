"""What a kind of finding is: how bad, its title, its sentence, and what happens with the row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad: a refused row (or file) is not stored, a warned one is, inform needs no act."""

    REFUSE = "refuse"
    WARN = "warn"
    INFORM = "inform"


@dataclass(frozen=True)
class Code:
    """One kind of finding: sentences with ``{value}`` and details, and what is done about it.

    `title` (Chinese, English) stands over all findings of the kind, so it names no value; a
    sentence without values is its own title.
    """

    severity: Severity
    zh: str
    en: str
    then_zh: str
    then_en: str
    title: tuple[str, str] | None = None

    @property
    def title_zh(self) -> str:
        """The Chinese title."""
        return self.title[0] if self.title else self.zh

    @property
    def title_en(self) -> str:
        """The English title."""
        return self.title[1] if self.title else self.en


R, W, I = Severity.REFUSE, Severity.WARN, Severity.INFORM  # noqa: E741 - a table reads better short
NOT_WRITTEN = ("不写入", "not stored")
FILE_REFUSED = ("整份文件不导入", "nothing of the file is stored")
STORED = ("照常写入", "stored")
KEEPS_OUT = (
    "新出现的会使整份文件写不进去：请改正，或用它编制调整方案",
    "a new one keeps the whole file out: correct it, or make a redraw plan of it",
)
STORED_CHECK = ("照常写入，请核对", "stored, please check")
