"""A private ClickHouse, from Debian's 18.16 to today's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickhouse_driver import Client

from tests.servers.process import Server, free_port, start
from tests.servers.programs import CLICKHOUSE, require

if TYPE_CHECKING:
    from pathlib import Path

# The root element was renamed long after 18.16; every newer server still reads the old name.
CONFIG = """\
<?xml version="1.0"?>
<yandex>
  <logger><level>warning</level><log>{folder}/server.log</log><errorlog>{folder}/errors.log</errorlog></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{http_port}</http_port>
  <tcp_port>{tcp_port}</tcp_port>
  <path>{folder}/data/</path>
  <tmp_path>{folder}/tmp/</tmp_path>
  <user_files_path>{folder}/user_files/</user_files_path>
  <format_schema_path>{folder}/format_schemas/</format_schema_path>
  <users_config>{folder}/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <mark_cache_size>67108864</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <max_concurrent_queries>100</max_concurrent_queries>
  <timezone>UTC</timezone>
</yandex>
"""
USERS = """\
<?xml version="1.0"?>
<yandex>
  <profiles><default><max_memory_usage>4000000000</max_memory_usage></default></profiles>
  <users>
    <default>
      <password></password>
      <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </default>
  </users>
  <quotas><default></default></quotas>
</yandex>
"""


def start_clickhouse(folder: Path, tcp_port: int = 0) -> Server:
    """Write a configuration and start the server on it; the address is that of the native protocol.

    A folder that has data goes on with it, at the port its users know when that is given.
    """
    tcp_port, http_port = tcp_port or free_port(), free_port()
    for name in ("data", "tmp", "user_files", "format_schemas"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    config = folder / "config.xml"
    config.write_text(CONFIG.format(folder=folder, tcp_port=tcp_port, http_port=http_port))
    (folder / "users.xml").write_text(USERS)
    program = require(CLICKHOUSE)
    command = [program] if program.name == "clickhouse-server" else [program, "server"]
    address = clickhouse_url(tcp_port)
    return start([*command, f"--config-file={config}"], folder, address, lambda: clickhouse_answers(tcp_port))


def clickhouse_url(tcp_port: int) -> str:
    """Return the address of a server's native protocol."""
    return f"clickhouse://default:@127.0.0.1:{tcp_port}/default"


def clickhouse_answers(tcp_port: int) -> None:
    """Run one query over the native protocol, or raise."""
    client = Client("127.0.0.1", port=tcp_port, connect_timeout=2)
    try:
        client.execute("SELECT 1")
    finally:
        client.disconnect()
