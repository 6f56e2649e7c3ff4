"""Workers: a process of their own, or a thread beside the web server; both with the sweeper."""

from __future__ import annotations

import logging
import signal
import threading
from typing import TypeVar

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.timeouts import TimerDeathPenalty

from jobs.sweeper import sweep
from webapp.domain.tasks.types import QUEUES
from webapp.web.app import KabinetFlask

log = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0
#: How long an idle worker waits for a job at a time, and so the longest a clean stop takes.
WAIT_SECONDS = 1
#: How long the embedded worker rests before it begins anew.
PAUSE_SECONDS = 1
WorkerKind = TypeVar("WorkerKind", bound="KabinetWorker")


class KabinetWorker(SimpleWorker):
    """Does jobs in this process, each inside its app's context; no fork, so connections and chDB stay whole."""

    app: KabinetFlask
    log_result_lifespan = False

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Do one job inside the application context."""
        with self.app.app_context():
            return super().perform_job(job, queue, execution)

    def procline(self, message: str) -> None:
        """Leave the process its name: it may be the web server's."""


class ThreadWorker(KabinetWorker):
    """The same in a thread: no signals, which belong to the main thread, and a timer for time limits."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        """Leave the signals to the server."""

    @property
    def dequeue_timeout(self) -> int:
        """Look for a request to stop every second."""
        return WAIT_SECONDS

    def request_end(self) -> None:
        """Stop after the job at hand, or within a second."""
        self._stop_requested = True

    def dequeue_job_and_maintain_ttl(
        self,
        timeout: int | None,
        max_idle_time: int | None = None,  # noqa: ARG002  # the end is asked for, never waited for
    ) -> tuple[Job, Queue] | None:
        """Wait for a job in short waits, until there is one or the end is asked for."""
        while not self._stop_requested:
            found = super().dequeue_job_and_maintain_ttl(timeout, WAIT_SECONDS)
            if found is not None or timeout is None:
                return found
        raise StopRequested


class Sweeper(threading.Thread):
    """Sets right, every half minute, what a lost queue or a dead worker left behind."""

    def __init__(self, app: KabinetFlask) -> None:
        super().__init__(name="kabinet-sweeper", daemon=True)
        self._app = app
        self._stop_event = threading.Event()

    def run(self) -> None:
        """Sweep until the end; a store that is down is tried again next time."""
        while not self._stop_event.wait(SWEEP_SECONDS):
            try:
                with self._app.app_context():
                    sweep()
            except Exception:
                log.exception("a sweep failed; the next one follows in %d s", SWEEP_SECONDS)

    def stop(self) -> None:
        """End the thread."""
        self._stop_event.set()
        self.join(timeout=5)


class WorkerThread(threading.Thread):
    """The embedded worker: beside Flask and the one chDB session of this process."""

    def __init__(self, app: KabinetFlask) -> None:
        super().__init__(name="kabinet-worker", daemon=True)
        self._app = app
        self._worker: ThreadWorker | None = None
        self._stop_event = threading.Event()
        self._sweeper = Sweeper(app)

    def start(self) -> None:
        """Start working and sweeping."""
        super().start()
        self._sweeper.start()

    def run(self) -> None:
        """Work until the end; begin anew when Redis went away or anything else broke: nobody else would do the jobs."""
        while not self._stop_event.is_set():
            try:
                self._worker = make_worker(self._app, ThreadWorker)
                if not self._stop_event.is_set():
                    self._worker.work(logging_level="WARNING")
            except RedisError as error:
                log.warning("the worker has no queue: %s", error)
            except Exception:
                log.exception("the worker broke; it begins anew in %d s", PAUSE_SECONDS)
            self._stop_event.wait(PAUSE_SECONDS)

    def stop(self, timeout: float = 15) -> None:
        """Finish the task at hand and end; what does not end in time is taken up at the next start."""
        self._stop_event.set()
        if self._worker is not None:
            self._worker.request_end()
        self._sweeper.stop()
        self.join(timeout)


def make_worker(app: KabinetFlask, kind: type[WorkerKind]) -> WorkerKind:
    """Return a worker of all queues, bound to the app."""
    connection = Redis.from_url(app.adapters.redis_url)
    worker = kind([Queue(name, connection=connection) for name in QUEUES], connection=connection)
    worker.app = app
    return worker


def start_worker_thread(app: KabinetFlask) -> WorkerThread:
    """Work the queues in a thread of this process; call `stop()` on what is returned."""
    thread = WorkerThread(app)
    thread.start()
    return thread


def run_worker(app: KabinetFlask, *, burst: bool = False) -> None:
    """Work the queues in this process until a signal; `burst` ends when they are empty."""
    worker = make_worker(app, KabinetWorker)
    sweeper = Sweeper(app)
    sweeper.start()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        worker.work(burst=burst, logging_level="WARNING" if burst else "INFO")
    finally:
        sweeper.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
