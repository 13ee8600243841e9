"""The job worker: what runs by the clock. On the roof, like the command line: it wires, it decides
nothing.

Procrastinate keeps jobs in PostgreSQL, in a schema of their own. Every job may run twice.
"""

from __future__ import annotations

from typing import Any

import structlog
from procrastinate import App, PsycopgConnector

from gridcenter import clock
from gridcenter.casework.operations import sweep_overdue
from gridcenter.casework.waiting import promise
from gridcenter.database import Database, Pooling
from gridcenter.redraw.effect import bring_into_effect, due_plans
from gridcenter.settings import Settings
from gridcenter.statistics.operations import close_open_days

SCHEMA = "jobs"
log = structlog.get_logger(__name__)


def build_app(settings: Settings) -> App:
    """The worker's tasks on this installation's database, as the job worker's role."""
    database = Database(settings.url("worker"), Pooling(1, 4))
    app = App(
        connector=PsycopgConnector(
            conninfo=settings.url("worker"),
            kwargs={"options": f"-c search_path={SCHEMA},public"},
        )
    )

    @app.periodic(cron="* * * * *")
    @app.task(name="sweep_overdue", queueing_lock="sweep_overdue")
    def sweep(timestamp: int) -> None:
        """Count the clocks whose calendar has come meanwhile, mark what fell due in the last minute."""
        with database.transaction() as tx:
            promised = promise(tx)
            cases = sweep_overdue(tx)
        if promised:
            log.info("job.promise", cases=promised)
        if cases:
            log.info("job.sweep_overdue", cases=cases)

    @app.periodic(cron="* * * * *")
    @app.task(name="redraw", queueing_lock="redraw", lock="redraw")
    def redraw(timestamp: int) -> None:
        """Bring the redraw plans into effect whose hour has come, each in a transaction of its own."""
        for line in apply_due_plans(database, settings):
            log.info("job.redraw", **line)

    @app.periodic(cron="20 * * * *")
    @app.task(name="close_days", queueing_lock="close_days")
    def close_days(timestamp: int) -> None:
        """Derive the facts of every past day that has none yet; normally that is yesterday."""
        with database.transaction() as tx:
            for day in close_open_days(tx, settings.timezone):
                log.info("job.close_day", day=day.isoformat())

    return app


def apply_due_plans(database: Database, settings: Settings) -> list[dict[str, Any]]:
    """What each due plan did: ``{plan, done, moved}``; `done` is False for one that no longer fits."""
    with database.transaction(read_only=True) as tx:
        due = due_plans(tx, clock.now())
    told = []
    for plan_id in due:
        with database.transaction() as tx:
            done = bring_into_effect(
                tx, plan_id, clock.now(), lambda tx: close_open_days(tx, settings.timezone)
            )
        moved = done["moved"] if done else {}
        told.append({"plan": str(plan_id), "done": done is not None, "moved": moved})
    return told


def run(settings: Settings) -> None:
    """Work until told to stop (SIGINT or SIGTERM); jobs in hand are finished first."""
    app = build_app(settings)
    with app.open():
        app.run_worker(name="gridcenter", wait=True, fetch_job_polling_interval=5.0)
