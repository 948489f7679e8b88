"""What the tests of `stores` share: opening files, reading them as events, and a throwaway PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from momentwise.stores.tables import Tables, open_connection, open_tables

OpenTables = Callable[..., Tables]


@pytest.fixture
def open_paths(tmp_path: Path) -> Iterator[OpenTables]:
    """A function that opens paths as tables; the connection is `tables.con`."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with open_connection(scratch) as con:
        yield lambda *paths: open_tables(con, [str(path) for path in paths], scratch)


def find_initdb() -> str:
    """The path of PostgreSQL's `initdb`; empty where there is none."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return str(installed[-1]) if installed else shutil.which("initdb") or ""


def as_server_user(*command: str) -> list[str]:
    """A command that PostgreSQL agrees to run: it refuses to be root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else list(command)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty database on a server of its own, which is stopped after the tests."""
    pytest.importorskip("adbc_driver_postgresql", reason="the extra momentwise[postgres] is not installed")
    initdb = find_initdb()
    if not initdb or (os.geteuid() == 0 and not shutil.which("runuser")):
        pytest.skip("no PostgreSQL server is installed here (initdb)")
    home = tmp_path_factory.mktemp("postgres")
    if os.geteuid() == 0:
        if subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode:
            pytest.skip("there is no user postgres to run the server as")
        for folder in (home, *home.parents[:2]):
            folder.chmod(0o755)
        shutil.chown(home, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, control = str(home / "data"), str(Path(initdb).with_name("pg_ctl"))
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off"
    subprocess.run(
        as_server_user(initdb, "-D", data, "-U", "momentwise", "-A", "trust", "-E", "UTF8"),
        check=True,
        capture_output=True,
        cwd="/",
    )
    subprocess.run(
        as_server_user(control, "-D", data, "-w", "-o", options, "-l", str(home / "log"), "start"),
        check=True,
        capture_output=True,
        cwd="/",
    )
    try:
        yield f"postgresql://momentwise@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(
            as_server_user(control, "-D", data, "-m", "immediate", "stop"), check=False, capture_output=True, cwd="/"
        )
