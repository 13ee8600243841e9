"""Columns of text or WKB as Arrow packs them: all bytes in a row, and where each value begins.

A million values stay three arrays instead of a million Python objects; values of the same length
are handled as one block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

# First and last bytes of what `str.strip` takes away, ASCII and in UTF-8 (U+0085, U+00A0, U+1680,
# U+2000 to U+205F, U+3000), and of characters that only look so: whoever has one is read one by one.
_BLANK = np.zeros(256, dtype=bool)
_BLANK[[*range(0x21), 0xC2, 0xE1, 0xE2, 0xE3]] = True
_BLANK_END = np.zeros(256, dtype=bool)
_BLANK_END[[*range(0x21)]] = True
_ENDS = {b"\xc2\x85", b"\xc2\xa0", b"\xe1\x9a\x80", b"\xe3\x80\x80"}
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Packed:
    """Byte strings: the bytes of value n are ``data[start[n] : start[n] + length[n]]``.

    `length` is -1 where the value is missing.
    """

    data: Bytes
    start: Integers
    length: Integers

    @classmethod
    def of(cls, values: Sequence[bytes | None]) -> Packed:
        """Packed from separate values."""
        length = np.array([-1 if v is None else len(v) for v in values], dtype=np.int64)
        ends = np.cumsum(np.maximum(length, 0))
        data = np.frombuffer(b"".join(v for v in values if v), dtype=np.uint8)
        return cls(data, ends - np.maximum(length, 0), length)

    @classmethod
    def of_text(cls, values: Sequence[str | None]) -> Packed:
        """Packed from text, in UTF-8."""
        return cls.of([None if v is None else v.encode("utf-8", "replace") for v in values])

    def __len__(self) -> int:
        return len(self.length)

    @property
    def missing(self) -> Mask:
        """Mask of the values that are missing."""
        return np.asarray(self.length < 0)

    def chosen(self, places: Any) -> Packed:
        """The values at these places (positions or a mask); the bytes are shared."""
        return Packed(self.data, self.start[places], self.length[places])

    def replaced(self, places: Integers, values: Sequence[bytes | None]) -> Packed:
        """The same with other values at these places."""
        if not len(places):
            return self
        fresh = Packed.of(values)
        start, length = self.start.copy(), self.length.copy()
        start[places], length[places] = fresh.start + len(self.data), fresh.length
        return Packed(np.concatenate([self.data, fresh.data]), start, length)

    def values(self) -> np.ndarray[Any, np.dtype[np.object_]]:
        """One bytes object per value, None where missing."""
        result = np.empty(len(self), dtype=object)
        data = self.data.tobytes()
        ends = (self.start + self.length).tolist()
        result[:] = [data[a:z] for a, z in zip(self.start.tolist(), ends, strict=True)]
        result[self.missing] = None
        return result

    def text(self) -> np.ndarray[Any, np.dtype[np.object_]]:
        """One str per value, None where missing."""
        result = np.empty(len(self), dtype=object)
        result[:] = [None if v is None else v.decode("utf-8", "replace") for v in self.values()]
        return result

    def blocks(self, places: Integers | None = None) -> Iterator[tuple[Integers, Bytes]]:
        """Values of one length at a time: their positions, and their bytes as rows of a block."""
        of = np.arange(len(self)) if places is None else places
        length = self.length[of]
        order = np.argsort(length, kind="stable")
        marks = np.flatnonzero(np.diff(length[order])) + 1
        for a, z in pairwise([0, *marks.tolist(), len(order)]):
            if z > a and (size := int(length[order[a]])) >= 0:
                chosen = of[order[a:z]]
                yield chosen, windows(self.data, size)[self.start[chosen]]

    def hashes(self) -> np.ndarray[Any, np.dtype[np.uint64]]:
        """A 64-bit hash of each value, 0 where missing; equal values hash alike in every batch."""
        result = np.zeros(len(self), dtype=np.uint64)
        for places, block in self.blocks():
            size = block.shape[1]
            lanes = np.zeros((len(block), -(-size // 8) * 8), dtype=np.uint8)
            lanes[:, :size] = block
            mixed = np.full(len(block), size + 1, dtype=np.uint64) * _MIX
            for lane in lanes.view(np.uint64).T:
                mixed = (mixed ^ lane) * _MIX
                mixed ^= mixed >> np.uint64(29)
            result[places] = np.maximum(mixed, np.uint64(1))
        return result

    def needs_no_trimming(self) -> bool:
        """True when surely no value is empty, holds NUL or begins or ends with a blank."""
        there = ~self.missing
        if not there.any():
            return True
        start, length = self.start[there], self.length[there]
        if (length == 0).any() or not self.data.all():
            return False
        last = self.data[start + length - 1]
        # Continuation bytes that end a blank of two or three bytes.
        return not (_BLANK[self.data[start]].any() or _BLANK_END[last].any()
                    or self._ends_with_blank(start, length))  # fmt: skip

    def _ends_with_blank(self, start: Integers, length: Integers) -> bool:
        for size in (2, 3):
            long = length >= size
            tail = windows(self.data, size)[(start + length)[long] - size]
            for end in _ENDS:
                if len(end) == size and (tail == np.frombuffer(end, np.uint8)).all(axis=1).any():
                    return True
            if size == 3 and ((tail[:, 0] == 0xE2) & np.isin(tail[:, 1], (0x80, 0x81))).any():
                return True
        return False


def windows(data: Bytes, size: int) -> Bytes:
    """A view of `data` whose row n is ``data[n : n + size]``."""
    if len(data) < size:
        return np.empty((0, size), dtype=np.uint8)
    return as_strided(data, (len(data) - size + 1, size), (1, 1))
