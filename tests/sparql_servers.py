"""SPARQL servers on this machine, each on free ports with its data in a folder, and their end by kill."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PATIENCE = 60.0  # seconds
VIRTUOSO, ISQL = "/usr/bin/virtuoso-t", "/usr/bin/isql-vt"
INI = """[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 200
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
FileExtend = 200
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
ServerThreads = 10
NumberOfBuffers = 20000
MaxDirtyBuffers = 15000
CaseMode = 2
DirsAllowed = .
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 8
[SPARQL]
ResultSetMaxRows = 1000000
MaxQueryExecutionTime = 60
"""


@dataclass
class Place:
    """A server: its address as AIMS_STORE names it, and how it is started on its data."""

    address: str
    command: list[str]
    folder: Path
    ready: Callable[[str], bool]  # by what it has said since it was started
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        told = self.folder / "said"
        with told.open("wb") as said:
            self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=said, stderr=said)
        begun = time.monotonic()
        while not self.ready(told.read_text(encoding="utf-8")):
            assert self.process.poll() is None, told.read_text(encoding="utf-8")[-2000:]
            assert time.monotonic() - begun < PATIENCE, "the server did not start"
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a loss of power does: it is told nothing."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        (self.folder / "virtuoso.lck").unlink(missing_ok=True)  # it is left behind, and nobody holds it


def oxigraph(folder: Path) -> Place:
    """The Oxigraph server."""
    (port,) = _free(1)
    program = Path(sys.executable).with_name("oxigraph")
    if not program.exists():
        pytest.skip("the Oxigraph server is not installed: pip install oxigraph")
    command = [str(program), "serve", "--location", str(folder / "data"), "--bind", f"127.0.0.1:{port}"]
    place = Place(f"sparql+http://127.0.0.1:{port}", command, folder, lambda _: _answers(port))
    place.start()
    return place


def virtuoso(folder: Path) -> Place:
    """Virtuoso 7 with the settings that docs/stores.md names."""
    if not Path(VIRTUOSO).exists() or not shutil.which(ISQL):
        pytest.skip("Virtuoso 7 is not installed: apt-get install virtuoso-opensource-7-bin")
    sql, http = _free(2)
    (folder / "virtuoso.ini").write_text(INI.format(sql=sql, http=http), encoding="utf-8")
    ends = "query=/sparql-auth&update=/sparql-auth&graph-store=/sparql-graph-crud-auth&auth=digest"
    command = [VIRTUOSO, "+foreground", "+configfile", "virtuoso.ini"]
    place = Place(f"sparql+http://127.0.0.1:{http}/?{ends}", command, folder, lambda said: "Server online at" in said)
    place.start()  # nothing is sent to its ports before: it falls over a connection that ends while it starts
    made = "DB.DBA.USER_CREATE('aims', 'secret'); GRANT SPARQL_UPDATE TO \"aims\";"
    rights = "DB.DBA.RDF_DEFAULT_USER_PERMS_SET('nobody', 0); DB.DBA.RDF_DEFAULT_USER_PERMS_SET('aims', 7);"
    for grant in (made, rights):
        said = subprocess.run(
            [ISQL, f"127.0.0.1:{sql}", "dba", "dba", f"exec={grant}"], capture_output=True, text=True, check=True
        )
        assert "Error" not in said.stdout + said.stderr, said
    return place


def _free(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
