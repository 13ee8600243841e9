"""The people of the sample: workers with duties, and one account for every post. No real names."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from gridcenter.accounts import passwords
from gridcenter.database import Transaction

# Grids without a full-time worker, so that staffing is not 100 % (indicator 26): 66 of 69.
UNSTAFFED = ("320508999003Z004", "320508999007Z002", "320508999010Z005")
HISTORY_DAYS = 60


@dataclass(frozen=True)
class FirstLogin:
    """An account that can log in at once; the password is shown once and only its hash is kept."""

    post: str
    username: str
    password: str


@dataclass(frozen=True)
class Person:
    """An account of the sample as incidents use it. `path`: the posting's area, None where a
    department decides; `worker_id` and `code` for grid workers."""

    account_id: UUID
    username: str
    post: str
    posting_id: int
    path: str | None
    department_id: int | None
    worker_id: UUID | None


@dataclass(frozen=True)
class _Account:
    username: str
    display_name: str
    post: str
    path: str | None
    department: str | None
    logs_in: bool


_OFFICE = (
    ("I-01", "受理员 I-01", "intake"),
    ("D-01", "派遣员 D-01", "dispatcher"),
    ("Z-01", "值班长 Z-01", "duty_officer"),
    ("S-01", "街道负责人 S-01", "official"),
    ("W-01", "指挥大屏 W-01", "wall"),
)
_ADMINISTRATORS = (
    ("A-01", "系统管理员 A-01", "system_admin"),
    ("B-01", "安全管理员 B-01", "security_admin"),
    ("C-01", "审计管理员 C-01", "audit_admin"),
)

_WORKERS = """
INSERT INTO grid_worker (id, code, display_name, employment, area_path, capacity, valid, is_example)
SELECT md5('worker' || code)::uuid, code, name, employment, path, capacity,
       daterange(%(since)s, NULL), true
  FROM (SELECT substr(code, 11, 2) || '-' ||
               lpad(row_number() OVER (PARTITION BY parent_id ORDER BY code)::text, 3, '0') AS code,
               '网格员 ' || substr(code, 11, 2) || '-' ||
               lpad(row_number() OVER (PARTITION BY parent_id ORDER BY code)::text, 3, '0') AS name,
               'full_time' AS employment, path, 12 AS capacity
          FROM area_now WHERE level = 'grid' AND NOT code = ANY(%(unstaffed)s)
        UNION ALL
        SELECT substr(code, 11, 2) || '-901', '网格长 ' || substr(code, 11, 2) || '-901',
               'part_time', path, 6
          FROM area_now WHERE level = 'community') w
"""

# The grid's own worker answers for grid and micro-grids. The next worker of the community (round and
# round) is deputy; a grid without a worker of its own has a deputy alone. The leader of the community
# leads each of its grids.
_DUTIES = """
WITH ring AS (
  SELECT w.id, w.area_path, subpath(w.area_path, 0, 2) AS community,
         row_number() OVER (PARTITION BY subpath(w.area_path, 0, 2) ORDER BY w.code) AS n,
         count(*) OVER (PARTITION BY subpath(w.area_path, 0, 2)) AS of
    FROM grid_worker w WHERE w.employment = 'full_time'
), held AS (
  SELECT r.id AS worker_id, a.id, a.path, 'responsible' AS kind, 0 AS rank
    FROM ring r JOIN area_now a ON a.path <@ r.area_path AND a.level IN ('grid', 'microgrid')
  UNION ALL
  SELECT d.id, a.id, a.path, 'deputy', 1
    FROM ring r JOIN ring d ON d.community = r.community AND d.n = r.n %% r.of + 1 AND d.id <> r.id
    JOIN area_now a ON a.path = r.area_path
  UNION ALL
  SELECT d.id, a.id, a.path, 'deputy', 1
    FROM area_now a JOIN ring d ON d.community = subpath(a.path, 0, 2) AND d.n = 1
   WHERE a.level = 'grid' AND NOT EXISTS (SELECT FROM ring r WHERE r.area_path = a.path)
  UNION ALL
  SELECT w.id, a.id, a.path, 'grid_leader', 0
    FROM grid_worker w JOIN area_now a ON a.path <@ w.area_path AND a.level = 'grid'
   WHERE w.employment = 'part_time'
)
INSERT INTO duty (worker_id, area_id, area_path, kind, rank, valid, is_example)
SELECT worker_id, id, path, kind, rank, daterange(%(since)s, %(until)s), true FROM held
"""

_ACCOUNTS = """
INSERT INTO account (id, username, display_name, locale, is_example)
SELECT md5('account' || username)::uuid, username, display_name, %(locale)s, true FROM sample_account
"""
_POSTINGS = """
INSERT INTO posting (account_id, post, area_path, department_id, valid)
SELECT md5('account' || s.username)::uuid, s.post, s.path::ltree,
       (SELECT id FROM department d WHERE d.code = s.department), daterange(%(since)s, NULL)
  FROM sample_account s ORDER BY s.username
"""
_EVENTS = """
INSERT INTO account_event (event, account_id, username, detail)
SELECT 'account_created', md5('account' || username)::uuid, username, '示例 ' || post
  FROM sample_account ORDER BY username
"""
_LINK = """
UPDATE grid_worker w SET account_id = md5('account' || w.code)::uuid WHERE w.is_example
"""
_PEOPLE = """
SELECT a.id AS account_id, a.username, p.post, p.id AS posting_id, p.area_path::text AS path,
       p.department_id, w.id AS worker_id
  FROM account a JOIN posting p ON p.account_id = a.id
  LEFT JOIN grid_worker w ON w.account_id = a.id
 WHERE a.is_example ORDER BY a.username
"""


def first_day(now: datetime) -> date:
    """Since when the sample's areas, workers and duties are there: this year's first day or earlier."""
    today = now.date()
    return min(date(today.year, 1, 1), today - timedelta(days=HISTORY_DAYS))


def make_workers(tx: Transaction, now: datetime) -> tuple[int, int]:
    """How many workers and duties were made: terms from the sample's first day for two years."""
    since, until = first_day(now), date(now.year + 2, 1, 1)
    workers = tx.execute(_WORKERS, {"since": since, "unstaffed": list(UNSTAFFED)})
    return workers, tx.execute(_DUTIES, {"since": since, "until": until})


def make_accounts(tx: Transaction, locale: str, now: datetime) -> list[str]:
    """The user names that need a first password, after making an account for every post and worker.

    One worker of each community logs in at once, the others have no password yet.
    """
    accounts = _accounts(tx)
    tx.execute(
        "CREATE TEMPORARY TABLE sample_account (username text, display_name text, post text,"
        " path text, department text) ON COMMIT DROP"
    )
    with (
        tx.connection.cursor() as cursor,
        cursor.copy("COPY sample_account FROM STDIN") as copy,
    ):
        for each in accounts:
            copy.write_row(
                (each.username, each.display_name, each.post, each.path, each.department)
            )
    since = now.date() - timedelta(days=HISTORY_DAYS)
    tx.execute(_ACCOUNTS, {"locale": locale})
    tx.execute(_POSTINGS, {"since": since})
    tx.execute(_EVENTS)
    tx.execute(_LINK)
    return [each.username for each in accounts if each.logs_in]


def _accounts(tx: Transaction) -> list[_Account]:
    street = tx.scalar("SELECT path::text FROM area_now WHERE level = 'street' AND is_example")
    found = [_Account(u, name, post, street, None, True) for u, name, post in _OFFICE]
    found += [_Account(u, name, post, None, None, True) for u, name, post in _ADMINISTRATORS]
    found += [
        _Account(f"CL-{row['code']}", f"{row['name']}处置员", "handler", None, row["code"], True)
        for row in tx.all("SELECT code, name FROM department ORDER BY code")
    ]
    seen: set[str] = set()
    for row in tx.all(
        "SELECT code, display_name, area_path::text AS path FROM grid_worker"
        " WHERE is_example ORDER BY code"
    ):
        community = row["code"][:2]
        found.append(
            _Account(
                row["code"],
                row["display_name"],
                "grid_worker",
                row["path"],
                None,
                community not in seen,
            )
        )
        seen.add(community)
    return found


def give_passwords(tx: Transaction, usernames: list[str]) -> list[FirstLogin]:
    """First logins with random passwords; hashing two at a time, as much as `passwords` lets in."""
    chosen = {name: passwords.one_time_password(name) for name in usernames}
    with ThreadPoolExecutor(2) as pool:
        hashes = list(pool.map(passwords.hashed, chosen.values()))
    tx.many(
        "UPDATE account SET password_hash = %(hash)s, password_changed_at = now()"
        " WHERE username = %(name)s",
        [{"name": name, "hash": hashed} for name, hashed in zip(chosen, hashes, strict=True)],
    )
    posts = {person.username: person.post for person in people(tx)}
    return [FirstLogin(posts[name], name, password) for name, password in chosen.items()]


def people(tx: Transaction) -> list[Person]:
    """All accounts of the sample with their postings, by user name."""
    return [Person(**row) for row in tx.all(_PEOPLE)]


# Where some workers last were: at a case they reported or worked on, in the last twelve hours.
_POSITIONS = """
INSERT INTO worker_position (worker_id, location, accuracy_m, taken_at, moment)
SELECT DISTINCT ON (w.id) w.id, c.location, n.accuracy_m, e.at,
       CASE WHEN e.operation = 'report' THEN 'report' ELSE 'operation' END
  FROM case_event e JOIN case_file c ON c.id = e.case_id JOIN incident n ON n.case_id = c.id
  JOIN grid_worker w ON w.account_id = e.account_id
 WHERE e.at > %(now)s - interval '12 hours' AND e.operation IN ('report', 'accept', 'handle')
 ORDER BY w.id, e.at DESC
"""


def make_positions(tx: Transaction, now: datetime) -> int:
    """How many workers have a last position."""
    return tx.execute(_POSITIONS, {"now": now})


def chooser(seed: int, purpose: str) -> random.Random:
    """A generator of its own for each purpose, so that more of one thing does not change another."""
    return random.Random(f"{seed}:{purpose}")  # noqa: S311 - a sample, not a secret
