"""What every file store must do."""

from __future__ import annotations

import threading
from io import BytesIO
from pathlib import Path

import pytest

from webapp.adapters.files.local import LocalFileStore
from webapp.core.errors import NotFound
from webapp.core.files import FileStore


@pytest.fixture(params=["local"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    assert request.param == "local"
    return LocalFileStore(tmp_path / "files")


class Broken(BytesIO):
    """A source that fails half way."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise ConnectionResetError("the sender went away")
        return super().read(4)


def read(store: FileStore, key: str) -> bytes:
    with store.open(key) as file:
        return file.read()


def test_a_file_comes_back_as_it_was_put(store: FileStore) -> None:
    assert store.put("creatives/1f/picture.webp", BytesIO(b"\x00\xff" * 70_000)) == 140_000
    assert store.exists("creatives/1f/picture.webp")
    assert read(store, "creatives/1f/picture.webp") == b"\x00\xff" * 70_000


def test_an_empty_file_is_a_file(store: FileStore) -> None:
    assert store.put("empty", BytesIO()) == 0
    assert store.exists("empty")
    assert read(store, "empty") == b""


def test_putting_a_key_again_replaces_the_file(store: FileStore) -> None:
    store.put("exports/a.csv", BytesIO(b"first, and longer"))
    store.put("exports/a.csv", BytesIO(b"second"))
    assert read(store, "exports/a.csv") == b"second"


def test_a_reader_keeps_the_file_it_opened(store: FileStore) -> None:
    store.put("a", BytesIO(b"old"))
    with store.open("a") as file:
        store.put("a", BytesIO(b"new"))
        assert file.read() == b"old"
    assert read(store, "a") == b"new"


def test_what_is_not_there_is_not_found(store: FileStore) -> None:
    store.put("folder/file", BytesIO(b"x"))
    for key in ("nothing", "folder", "folder/file/below"):
        assert not store.exists(key)
        with pytest.raises(NotFound):
            store.open(key)


def test_deleting_twice_is_like_deleting_once(store: FileStore) -> None:
    store.put("a", BytesIO(b"x"))
    store.delete("a")
    store.delete("a")
    assert not store.exists("a")


@pytest.mark.parametrize(
    "key",
    [
        *("", "/", "/etc/passwd", "../up", "a/../b", "a//b", "a/", "./a", ".hidden", "a/.put-1"),
        *("a\\b", "a\0b", "c:/x", "ü", "a b", "x" * 129, "a\n"),
    ],
)
def test_a_key_that_could_climb_out_is_refused_everywhere(store: FileStore, key: str) -> None:
    for use in (store.open, store.delete, store.exists, lambda bad: store.put(bad, BytesIO(b"x"))):
        with pytest.raises(ValueError, match="not a file key"):
            use(key)


def test_a_broken_upload_leaves_nothing_and_keeps_what_was(store: FileStore) -> None:
    store.put("a", BytesIO(b"whole"))
    with pytest.raises(ConnectionResetError):
        store.put("a", Broken(b"half of it"))
    assert read(store, "a") == b"whole"


def test_simultaneous_puts_never_mix(store: FileStore) -> None:
    contents = [bytes([65 + n]) * 300_000 for n in range(4)]
    threads = [threading.Thread(target=store.put, args=("a", BytesIO(content))) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read(store, "a") in contents


def test_nothing_unfinished_stays_in_the_folder(tmp_path: Path) -> None:
    store = LocalFileStore(tmp_path)
    store.put("a/b", BytesIO(b"x"))
    with pytest.raises(ConnectionResetError):
        store.put("a/c", Broken(b"half of it"))
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "store" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(ValueError, match="leads out"):
        LocalFileStore(tmp_path / "store").open("link")
