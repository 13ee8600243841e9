"""What a photo of a case can show, in words."""

from __future__ import annotations

from gridcenter.errors import Words

PHOTO_KINDS = {
    "near": Words("近景", "near"),
    "far": Words("远景", "far"),
    "reference": Words("参照物", "reference"),
    "before": Words("处置前", "before"),
    "after": Words("处置后", "after"),
    "check": Words("核查", "check"),
}
