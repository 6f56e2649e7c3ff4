"""A private MariaDB or MySQL."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from typing import TYPE_CHECKING

import pymysql

from tests.servers.process import Server, free_port, start
from tests.servers.programs import MYSQL, find_command, require

if TYPE_CHECKING:
    from pathlib import Path

USER = PASSWORD = DATABASE = "kabinet"
# Durability is not what these tests check, so commits need not wait for the disk; everything else is as served.
TUNING = (
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-buffer-pool-size=128M",
    "--innodb-doublewrite=0",
    "--performance-schema=OFF",
    "--skip-log-bin",
    "--max-connections=200",
    "--default-time-zone=+00:00",
)
FIRST_STATEMENTS = f"""\
CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';
GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'%' WITH GRANT OPTION;
"""


def start_mysql(folder: Path) -> Server:
    """Create a data folder and start the server on it."""
    program, port, data = require(MYSQL), free_port(), folder / "data"
    first = folder / "first.sql"
    first.write_text(FIRST_STATEMENTS)
    mariadb = _is_mariadb(program)
    _initialise(program, data, mariadb=mariadb)
    network = ["--bind-address=127.0.0.1", f"--port={port}", "--socket=mysql.sock", f"--pid-file={folder / 'pid'}"]
    # MySQL would open a second port for its other protocol.
    network += [] if mariadb else ["--mysqlx=OFF"]

    command = [*_base(program, data), *network, *TUNING, f"--init-file={first}"]
    return start(command, folder, mysql_url(port), lambda: mysql_answers(port))


def mysql_url(port: int) -> str:
    """Return the SQLAlchemy address of our database on a port."""
    return f"mysql+pymysql://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}?charset=utf8mb4"


def mysql_answers(port: int) -> None:
    """Sign in as our user, or raise."""
    pymysql.connect(host="127.0.0.1", port=port, user=USER, password=PASSWORD, database=DATABASE).close()


def _base(program: Path, data: Path) -> list[str | Path]:
    # --no-defaults has to come first. The servers refuse to run as root unless told to.
    owner = ["--user=root"] if os.geteuid() == 0 else []
    return [program, "--no-defaults", f"--datadir={data}", *owner]


def _is_mariadb(program: Path) -> bool:
    answer = subprocess.run([program, "--no-defaults", "--version"], capture_output=True, text=True, check=True)
    return "mariadb" in answer.stdout.lower()


def _initialise(program: Path, data: Path, *, mariadb: bool) -> None:
    shutil.rmtree(data, ignore_errors=True)
    command = _mariadb_install(data) if mariadb else [*_base(program, data), "--initialize-insecure"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError(f"the data folder of MySQL could not be made:\n{done.stdout}{done.stderr}")


def _mariadb_install(data: Path) -> list[str | Path]:
    install = find_command("mariadb-install-db") or find_command("mysql_install_db")
    if install is None:
        raise RuntimeError("mariadb-install-db is not installed: apt-get install mariadb-server")
    # --force: a machine whose own name does not resolve is no obstacle to a server on 127.0.0.1.
    options = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve", "--force"]
    return [install, "--no-defaults", f"--datadir={data}", *options, f"--user={_user_name()}"]


def _user_name() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name
