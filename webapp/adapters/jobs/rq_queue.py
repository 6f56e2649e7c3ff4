"""The queue on Redis by RQ."""

from __future__ import annotations

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

from webapp.core.errors import Unavailable
from webapp.core.ids import PublicId
from webapp.domain.tasks.types import queue_of

#: What a worker calls; by name, for the queue must not import what runs the jobs.
ENTRY_POINT = "jobs.runtime.run_task"
#: No honest piece of work takes longer.
JOB_TIMEOUT_SECONDS = 4 * 3600
#: The database keeps the story of a task; Redis need not.
KEEP_DONE_SECONDS = 24 * 3600
KEEP_FAILED_SECONDS = 7 * 24 * 3600


class RqJobQueue:
    """Puts the ids of tasks into RQ queues; the job's id is the task's."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5)

    def push(self, kind: str, public_id: PublicId) -> None:
        """Hand over a task's id; one that already waits is not added twice."""
        queue = Queue(queue_of(kind), connection=self._redis)
        try:
            if queue.get_job_position(public_id) is None:
                queue.enqueue_call(
                    ENTRY_POINT,
                    args=(public_id,),
                    job_id=public_id,
                    timeout=JOB_TIMEOUT_SECONDS,
                    result_ttl=KEEP_DONE_SECONDS,
                    failure_ttl=KEEP_FAILED_SECONDS,
                    description=f"{kind} {public_id}",
                )
        except RedisError as error:
            raise Unavailable from error
