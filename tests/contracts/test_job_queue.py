"""Every queue keeps the same promises; the private redis-server keeps its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job

from webapp.adapters.jobs.memory_queue import MemoryJobQueue
from webapp.adapters.jobs.private_redis import PrivateRedis
from webapp.adapters.jobs.rq_queue import RqJobQueue
from webapp.core.errors import Unavailable
from webapp.core.ids import PublicId, new_public_id
from webapp.domain.tasks.ports import JobQueue


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = PrivateRedis(tmp_path_factory.mktemp("redis"))
    yield server.start()
    server.stop()


def waiting(queue: JobQueue, redis_url: str, name: str) -> list[str]:
    if isinstance(queue, MemoryJobQueue):
        return [public_id for _, public_id in queue.pushed]
    return Queue(name, connection=Redis.from_url(redis_url)).job_ids


@pytest.mark.parametrize("kind", ["memory", "rq"])
def test_a_pushed_task_waits_once(kind: str, redis_url: str) -> None:
    queue: JobQueue = MemoryJobQueue() if kind == "memory" else RqJobQueue(redis_url)
    first, second = new_public_id("tk"), new_public_id("tk")
    for public_id in (first, second, first):
        queue.push("import", public_id)
    assert waiting(queue, redis_url, "imports") == [first, second]


@pytest.mark.parametrize("kind", ["memory", "rq"])
def test_without_a_server_it_says_unavailable(kind: str, tmp_path: Path) -> None:
    queue: JobQueue = RqJobQueue(f"unix://{tmp_path}/nobody.sock")
    if kind == "memory":
        queue = MemoryJobQueue()
        queue.broken = True
    with pytest.raises(Unavailable):
        queue.push("mail", new_public_id("tk"))


def test_a_job_names_its_task_and_what_runs_it(redis_url: str) -> None:
    public_id = new_public_id("tk")
    RqJobQueue(redis_url).push("mail", public_id)
    job = Job.fetch(public_id, connection=Redis.from_url(redis_url))
    assert (job.func_name, job.args, job.origin) == ("jobs.runtime.run_task", (public_id,), "mails")
    assert job.description == f"mail {public_id}"


def test_a_task_whose_job_was_taken_can_be_pushed_again(redis_url: str) -> None:
    public_id = PublicId(new_public_id("tk"))
    queue = RqJobQueue(redis_url)
    queue.push("export", public_id)
    client: Redis = Redis.from_url(redis_url)
    client.lpop("rq:queue:default")
    queue.push("export", public_id)
    assert Queue("default", connection=client).job_ids == [public_id]


def test_a_second_process_shares_the_server_and_does_not_stop_it(tmp_path: Path) -> None:
    owner, guest = PrivateRedis(tmp_path / "redis"), PrivateRedis(tmp_path / "redis")
    url = owner.start()
    assert guest.start() == url
    guest.stop()
    assert Redis.from_url(url).ping()
    owner.stop()
    owner.stop()
    assert not (tmp_path / "redis" / "redis.sock").exists()


def test_files_of_a_killed_server_do_not_matter(tmp_path: Path) -> None:
    first = PrivateRedis(tmp_path / "redis")
    first.start()
    assert first._process is not None
    os.kill(first._process.pid, signal.SIGKILL)
    first._process.wait()
    assert (tmp_path / "redis" / "redis.sock").exists()
    first.stop()
    second = PrivateRedis(tmp_path / "redis")
    assert Redis.from_url(second.start()).ping()
    second.stop()


def test_a_server_left_by_a_killed_owner_is_taken_over(tmp_path: Path) -> None:
    killed = PrivateRedis(tmp_path / "redis")
    url = killed.start()
    assert killed._lock is not None
    killed._lock.close()  # what the system does for a killed process; its server lives on
    heir = PrivateRedis(tmp_path / "redis")
    assert heir.start() == url
    heir.stop()
    assert killed._process is not None
    assert killed._process.wait(5) == 0


def test_a_long_folder_name_gets_a_socket_elsewhere(tmp_path: Path) -> None:
    server = PrivateRedis(tmp_path / ("long" * 30))
    url = server.start()
    assert Redis.from_url(url).ping()
    assert len(url) < 110
    server.stop()
