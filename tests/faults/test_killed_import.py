"""An import whose process is killed between its slices counts once when it is done again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.killed_import import ROWS

HERE = Path(__file__).parents[2]


def begin(folder: Path, *step: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.killed_import", str(folder), *step]
    return subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True)


def lines_of(process: subprocess.Popen[str], word: str) -> list[list[str]]:
    assert process.stdout
    return [line.split()[1:] for line in process.stdout if line.startswith(word)]


@pytest.mark.slow
def test_a_killed_import_is_done_again_and_counts_once(tmp_path: Path) -> None:
    with begin(tmp_path, "upload") as process:
        ((advertiser_id, public_id),) = lines_of(process, "id")
    for slices in (1, 4):
        with begin(tmp_path, "run", advertiser_id, public_id) as process:
            assert process.stdout
            seen = 0
            for line in process.stdout:
                seen += line.startswith("slice")
                if seen == slices:
                    process.kill()
                    break
        assert process.returncode == -9
    with begin(tmp_path, "run", advertiser_id, public_id) as process:
        assert lines_of(process, "impressions") == [[str(ROWS)]]
