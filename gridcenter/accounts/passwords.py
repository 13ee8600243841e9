"""Password hashes (argon2id) and the rule of what a password must be.

Hashing costs 64 MiB of memory, so one process does at most two at a time; others wait.
"""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from gridcenter.errors import InvalidInput

SHORTEST = 8
LEAST_CLASSES = 3

_hasher = PasswordHasher()
_gate = threading.BoundedSemaphore(2)
# Verified against when the name is unknown, so that an unknown name takes as long as a known one.
_NOBODY = _hasher.hash("nobody has this password")

# Letters and digits without 0 O o, 1 I l: one-time passwords are read from paper.
_LEGIBLE = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"


def hashed(password: str) -> str:
    """The argon2id hash of `password`, with its parameters and salt inside."""
    with _gate:
        return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """True when `password` belongs to `password_hash`; takes the same time when there is no hash."""
    with _gate:
        try:
            return _hasher.verify(password_hash or _NOBODY, password) and password_hash is not None
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False


def outdated(password_hash: str) -> bool:
    """True when the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def check_strength(password: str, username: str) -> None:
    """Refuse a password shorter than 8 characters, of fewer than 3 classes, or holding the name.

    Source: GB/T 22239-2019 8.1.4.1 a and the assessors' customary values. Raises InvalidInput.
    """
    classes = sum(
        (
            any(c.islower() for c in password),
            any(c.isupper() for c in password),
            any(c.isdigit() for c in password),
            any(not c.isalnum() for c in password),
        )
    )
    too_like_name = len(username) >= 4 and username.lower() in password.lower()
    if len(password) < SHORTEST or classes < LEAST_CLASSES or too_like_name:
        raise InvalidInput.of(
            "password",
            "weak_password",
            "密码至少 8 位，含大写、小写、数字、符号中的 3 类，且不含账号名",
            "The password needs at least 8 characters of 3 classes (upper, lower, digit, symbol) "
            "and must not hold the user name",
        )
    if len(password) > 200:
        raise InvalidInput.of("password", "long_password", "密码过长", "The password is too long")


def one_time_password(username: str) -> str:
    """Three groups of four letters and digits that are not mistaken for one another on paper."""
    while True:
        groups = ("".join(secrets.choice(_LEGIBLE) for _ in range(4)) for _ in range(3))
        password = "-".join(groups)
        try:
            check_strength(password, username)
        except InvalidInput:
            continue
        return password
