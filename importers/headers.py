"""Column headers as people write them, brought to one plain form."""

from __future__ import annotations

import re
import unicodedata

_NOISE = re.compile(r"[\s_\-./\\()\[\]{}:：,，、*#]+")


def plain_header(name: str) -> str:
    """`name` in half width and lower case, without blanks, underscores, brackets and the like."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", name)).lower()
