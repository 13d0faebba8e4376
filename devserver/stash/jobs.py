"""Stash's job queue: one FIFO, no de-duplication, and a graveyard of ten."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

GRAVEYARD = 10


class JobFailed(Exception):
    """The job could not start: the only way to end as FAILED."""


class Job:
    def __init__(self, id_: int, description: str, added: str, run: Callable[[Job], None]) -> None:
        self.id = id_
        self.description = description
        self.status = "READY"
        self.progress: float | None = None
        self.progress_seen: list[float] = []
        self.progress_times: list[float] = []  # when each came, in monotonic seconds
        self.addTime = added
        self.startTime: str | None = None
        self.endTime: str | None = None
        self.error: str | None = None
        self.subTasks: list[str] | None = None
        self.run = run
        self.stop = threading.Event()
        self.on_stop: Callable[[], None] | None = None

    def set_progress(self, value: float) -> None:
        self.progress = min(max(value, 0.0), 1.0)
        self.progress_seen.append(value)
        self.progress_times.append(time.monotonic())

    def cancel(self) -> None:
        if self.status == "READY":
            self.status = "CANCELLED"
        elif self.status == "RUNNING":
            self.status = "STOPPING"
        self.stop.set()
        if self.on_stop:
            self.on_stop()


class JobQueue:
    def __init__(self, now: Callable[[], str], say: Callable[[str, str], None]) -> None:
        self.now = now
        self.say = say
        self.changed = threading.Condition()
        self.queue: list[Job] = []
        self.graveyard: list[Job] = []
        self.held = False
        self.closed = False
        self.progress: dict[str, list[float]] = {}
        self._last = 0
        threading.Thread(target=self._dispatch, daemon=True).start()

    def add(self, description: str, run: Callable[[Job], None]) -> Job:
        with self.changed:
            self._last += 1
            job = Job(self._last, description, self.now(), run)
            self.progress[str(job.id)] = job.progress_seen
            self.queue.append(job)
            self.changed.notify_all()
        return job

    def find(self, id_: int) -> Job | None:
        with self.changed:
            return next((j for j in self.queue + self.graveyard if j.id == id_), None)

    def cancel(self, id_: int) -> None:
        with self.changed:
            job = next((j for j in self.queue if j.id == id_), None)
            if job:
                self._cancel(job)

    def cancel_all(self) -> None:
        with self.changed:
            for job in list(self.queue):
                self._cancel(job)

    def hold(self, held: bool) -> None:
        with self.changed:
            self.held = held
            self.changed.notify_all()

    def close(self) -> None:
        self.cancel_all()
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def notify(self) -> None:
        with self.changed:
            self.changed.notify_all()

    def wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        with self.changed:
            return self.changed.wait_for(condition, timeout)

    # -- the dispatcher --------------------------------------------------------------------

    def _cancel(self, job: Job) -> None:
        job.cancel()
        if job.status == "CANCELLED":
            self._bury(job)

    def _bury(self, job: Job) -> None:
        if job in self.queue:
            self.queue.remove(job)
            job.subTasks = None
            self.graveyard = [*self.graveyard, job][-GRAVEYARD:]
        self.changed.notify_all()

    def _next(self) -> Job | None:
        if self.held:
            return None
        return next((j for j in self.queue if j.status == "READY"), None)

    def _dispatch(self) -> None:
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.closed or self._next() is not None)
                if self.closed:
                    return
                job: Any = self._next()
                job.status, job.startTime = "RUNNING", self.now()
                self.changed.notify_all()
            self._execute(job)

    def _execute(self, job: Job) -> None:
        try:
            job.run(job)
        except Exception as error:  # whatever breaks a job, the queue goes on
            job.error, job.status = str(error), "FAILED"
            self.say("error", f"task failed due to error: {error}")
        with self.changed:
            if job.status == "STOPPING":
                job.status = "CANCELLED"
            elif job.status != "FAILED":
                job.status = "FINISHED"
            job.endTime = self.now()
            self._bury(job)
