"""Who may ask what of the service, how much and how often, and what is written of it."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import os
import re
import shlex
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import services
import uvicorn
from conftest import AS_OF, ROOT, Run
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from fastapi import FastAPI, Request
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from starlette.responses import JSONResponse, PlainTextResponse

from aims_graph.errors import DataError, InputError, MissingDependency, OutputError
from aims_graph.library import Library
from aims_graph.workspaces import keys
from aims_graph.workspaces.workspace import BASE, Workspace
from aims_graph_api import create_app, problems, serving
from aims_graph_api import organisations as organisations_
from aims_graph_api.gate import access_log, guarding, limits, oidc
from aims_graph_api.gate.hops import Addresses, Schemes
from aims_graph_api.gate.limits import BodyLimit
from aims_graph_api.gate.rates import Buckets
from aims_graph_api.headers import SAFE_HEADERS
from aims_graph_api.organisations import Organisation
from aims_graph_api.processes.server import listen
from aims_graph_api.serving import Serving, caller_of
from aims_graph_api.settings import Oidc, Rate, Settings

NOW = datetime.now(UTC).replace(microsecond=0)
V1 = "/api/v1"
SOMEBODY = "203.0.113.9"
Json = dict[str, Any]


# -- what is asked here ----------------------------------------------------------------


@dataclass
class Service:
    """Organisations with a key each, and small applications over them that tell what reaches a route."""

    library: Library
    organisations: dict[str, Organisation]

    def folder(self, name: str = "acme") -> Path:
        return self.organisations[name].folder

    def key(self, name: str = "acme", scope: str = "read", **more: Any) -> str:
        return keys.make(self.folder(name), f"{scope} {os.urandom(6).hex()}", [scope], "ann", NOW, **more).text

    def app(self, settings: Settings | None = None, *names: str) -> FastAPI:
        held = {name: self.organisations[name] for name in names or self.organisations}
        app, served = FastAPI(), Serving(self.library, held)
        serving.install(app, served)
        guarding.install(app, served, settings or Settings())
        problems.install(app)
        _add_routes(app)
        return app

    def ask(
        self, app: FastAPI | None = None, path: str = "/who", key: str | None = None, **more: Any
    ) -> httpx.Response:
        return ask(app or self.app(), path, key, **more)


def _add_routes(app: FastAPI) -> None:
    @app.get("/who")
    @app.get("/health/live")
    def who(request: Request) -> JSONResponse:
        caller = caller_of(request)
        name = None if caller.organisation is None else caller.organisation.name
        return JSONResponse({"name": caller.name, "organisation": name, "scopes": sorted(caller.scopes)})

    @app.get("/boom/{text}")
    def boom(request: Request, text: str) -> None:
        raise RuntimeError(f"{text} {dict(request.headers)} {request.query_params}")

    @app.get("/wrote")
    def wrote(request: Request) -> PlainTextResponse:
        access_log.wrote(request, 7)
        return PlainTextResponse(access_log.said(request))

    @app.get("/static/tagged")
    @app.get("/tagged")
    def tagged() -> PlainTextResponse:
        return PlainTextResponse("x", headers={"ETag": '"1"', "Cache-Control": "public, max-age=60"})

    @app.post("/{path:path}")
    async def size(request: Request) -> JSONResponse:
        return JSONResponse(len(await request.body()))


def ask(app: FastAPI, path: str, key: str | None = None, method: str = "GET", **more: Any) -> httpx.Response:
    """One request from one address, without a port."""
    headers = dict(more.pop("headers", {})) | ({} if key is None else {"Authorization": f"Bearer {key}"})
    address = more.pop("address", SOMEBODY)

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.request(method, path, headers=headers, **more)

    return asyncio.run(asked())


@pytest.fixture(scope="module")
def held(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Organisation]]:
    folder = tmp_path_factory.mktemp("held")
    for name in ("acme", "zeta"):
        Workspace.init(folder / name, BASE, name, NOW)
    held = organisations_.opened([folder / "acme", folder / "zeta"], library)
    yield held
    for organisation in held.values():
        organisation.close()


@pytest.fixture
def service(library: Library, held: dict[str, Organisation]) -> Iterator[Service]:
    """Two organisations, at first without keys."""
    yield Service(library, held)
    for organisation in held.values():
        (organisation.folder / keys.FILE).unlink(missing_ok=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace that nobody holds."""
    Workspace.init(tmp_path / "w", BASE, "Norrland Talent AB", NOW)
    return tmp_path / "w"


def everything_in(folder: Path) -> str:
    return "".join(p.read_text("utf-8", "replace") for p in folder.rglob("*") if p.is_file())


# -- keys ------------------------------------------------------------------------------


def test_a_key_is_a_public_id_and_a_secret_of_256_bits_of_which_a_hash_is_kept(folder: Path) -> None:
    made = keys.make(folder, "desk", ["write"], "ann", NOW)
    assert re.fullmatch(r"aims_[a-z0-9]{12}_[A-Za-z0-9_-]{43}", made.text)
    key_id, secret = keys.split(made.text) or ("", "")
    assert len(base64.urlsafe_b64decode(secret + "=")) == 32
    assert key_id in everything_in(folder)
    assert secret not in everything_in(folder)
    assert secret not in repr(made)
    assert stat.S_IMODE((folder / keys.FILE).stat().st_mode) == 0o600
    assert keys.fits(keys.read(folder).by_id[key_id], secret)
    assert keys.split(keys.make(folder, "other", ["read"], "ann", NOW).text) != (key_id, secret)


@pytest.mark.parametrize(
    ("given", "held"),
    [("read", {"read"}), ("write", {"read", "write"}), ("admin", {"read", "write", "admin"})],
)
def test_a_scope_includes_those_before_it(given: str, held: set[str]) -> None:
    assert keys.included([given]) == held


@pytest.mark.parametrize(
    "text", ["", "aims_", "aims_k_s", "bims_{id}_{secret}", "aims_{id}_{secret}x", " aims_{id}_{secret}"]
)
def test_what_is_no_key_has_no_parts(folder: Path, text: str) -> None:
    key_id, secret = keys.split(keys.make(folder, "desk", ["read"], "ann", NOW).text) or ("", "")
    assert keys.split(text.format(id=key_id, secret=secret)) is None


def test_no_secret_fits_where_there_is_no_key() -> None:
    assert not keys.fits(None, "")
    assert not keys.fits(None, "x" * 43)


def test_a_rotated_key_is_taken_no_more_or_until_its_grace_is_over(folder: Path) -> None:
    old = keys.make(folder, "desk", ["write"], "ann", NOW, NOW + timedelta(days=30)).key
    new = keys.rotate(folder, old.id, "ben", NOW, timedelta(hours=2)).key
    assert (new.name, new.scopes, new.expires, new.rotated_from) == ("desk", ("write",), old.expires, old.id)
    left = keys.read(folder).by_id[old.id]
    assert [left.state(NOW + timedelta(hours=h)) for h in (1, 2)] == ["valid", "expired"]
    last = keys.rotate(folder, new.id, "ben", NOW).key
    ring = keys.read(folder).by_id
    assert [ring[key.id].state(NOW) for key in (new, last)] == ["revoked", "valid"]
    with pytest.raises(InputError, match=f"'{new.id}' is revoked"):
        keys.rotate(folder, new.id, "ben", NOW)


def test_a_grace_never_makes_a_key_last_longer(folder: Path) -> None:
    old = keys.make(folder, "desk", ["read"], "ann", NOW, NOW + timedelta(hours=1)).key
    keys.rotate(folder, old.id, "ann", NOW, timedelta(hours=5))
    assert keys.read(folder).by_id[old.id].expires == old.expires


def test_who_changed_the_keys_when_and_how_is_kept(folder: Path) -> None:
    first = keys.make(folder, "desk", ["write"], "ann", NOW).key
    later = NOW + timedelta(days=1)
    second = keys.rotate(folder, first.id, "ben", later).key
    keys.revoke(folder, second.id, "eva", later)
    found = [(e.who, e.what, e.key) for e in keys.read(folder).history]
    assert found == [
        ("ann", "made for write", first.id),
        ("ben", f"rotated to {second.id}", first.id),
        ("eva", "revoked", second.id),
    ]
    assert [e.at[:10] for e in keys.read(folder).history] == [str(NOW.date()), *2 * [str(later.date())]]


def test_changes_to_keys_at_the_same_time_lose_none(folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: keys.make(folder, f"desk {n}", ["read"], "ann", NOW).key.id, range(24)))
    assert sorted(keys.read(folder).by_id) == sorted(made)
    assert len(keys.read(folder).history) == 24


REFUSED_KEYS: list[tuple[str, Callable[[Path], object], str]] = [
    ("no name", lambda f: keys.make(f, " ", ["read"], "ann", NOW), "has a name of 1 to 100"),
    ("a name of bells", lambda f: keys.make(f, "a\x07", ["read"], "ann", NOW), "has a name of 1 to 100"),
    ("a name that stands", lambda f: keys.make(f, "desk", ["read"], "ann", NOW), "is named 'desk' already"),
    ("no scope", lambda f: keys.make(f, "x", [], "ann", NOW), "Take of read, write, admin"),
    ("a scope made up", lambda f: keys.make(f, "x", ["root"], "ann", NOW), "'root' is not a scope"),
    ("an end that is past", lambda f: keys.make(f, "x", ["read"], "ann", NOW, NOW), "would never be taken"),
    ("an unknown id", lambda f: keys.revoke(f, "nosuch", "ann", NOW), "no key of this workspace has this id"),
    ("no workspace", lambda f: keys.make(f / "x", "x", ["read"], "ann", NOW), "is not a workspace"),
]


@pytest.mark.parametrize(("act", "says"), [c[1:] for c in REFUSED_KEYS], ids=[c[0] for c in REFUSED_KEYS])
def test_what_cannot_be_done_to_keys_changes_nothing(folder: Path, act: Callable[[Path], object], says: str) -> None:
    keys.make(folder, "desk", ["read"], "ann", NOW)
    before = (folder / keys.FILE).read_bytes()
    with pytest.raises(InputError, match=re.escape(says)):
        act(folder)
    assert (folder / keys.FILE).read_bytes() == before


def test_an_error_about_a_key_never_shows_its_secret(folder: Path, tmp_path: Path) -> None:
    Workspace.init(tmp_path / "other", BASE, "other", NOW)
    text = keys.make(tmp_path / "other", "desk", ["read"], "ann", NOW).text
    with pytest.raises(InputError) as refused:
        keys.revoke(folder, text, "ann", NOW)
    assert text not in str(refused.value)


def test_keys_that_others_may_write_or_that_are_damaged_are_not_read(folder: Path) -> None:
    keys.make(folder, "desk", ["read"], "ann", NOW)
    (folder / keys.FILE).chmod(0o620)
    with pytest.raises(DataError, match="other users of this machine may change the keys"):
        keys.read(folder)
    (folder / keys.FILE).chmod(0o600)
    for damaged in (
        "{",
        "[]",
        '{"format": 2, "keys": [], "history": []}',
        '{"format": 1, "keys": [{}], "history": []}',
    ):
        (folder / keys.FILE).write_text(damaged)
        with pytest.raises(DataError, match="the keys cannot be read"):
            keys.read(folder)


def test_keys_that_cannot_be_written_are_as_they_were(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.make(folder, "desk", ["read"], "ann", NOW)
    before = sorted(p.name for p in folder.iterdir()), (folder / keys.FILE).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        keys.make(folder, "other", ["read"], "ann", NOW)
    assert (sorted(p.name for p in folder.iterdir()), (folder / keys.FILE).read_bytes()) == before


def test_a_folder_that_takes_no_lock_for_keys_is_told(folder: Path) -> None:
    (folder / keys.LOCK).mkdir()
    with pytest.raises(OutputError, match=r"the keys of .* cannot be written"):
        keys.make(folder, "desk", ["read"], "ann", NOW)


# -- the commands ----------------------------------------------------------------------


def test_a_key_is_printed_once_and_alone_while_a_service_holds_the_workspace(run: Run, service: Service) -> None:
    where = ("--workspace", service.folder())
    made = run("key", "create", "--name", "desk", "--scope", "write", "--by", "ann", *where)
    assert made.code == 0, made.err
    text = made.out.removesuffix("\n")
    key_id, secret = keys.split(text) or ("", "")
    assert f"The key {key_id} of 'desk' is for write. Keep it now" in made.err
    assert secret not in made.err
    for format in ("table", "json", "csv"):
        listed = run("key", "list", "--format", format, *where)
        assert key_id in listed.out
        assert secret not in listed.out
        assert keys.read(service.folder()).by_id[key_id].hash not in listed.out
    assert service.ask(key=text).json()["scopes"] == ["read", "write"]


def test_the_commands_rotate_and_revoke_keys_and_tell_the_history(run: Run, folder: Path) -> None:
    where = ("--workspace", folder, "--by", "ann")
    first = json.loads(run("key", "create", "--name", "desk", "--format", "json", *where).out)
    assert (first["scopes"], first["state"], first["key"][:5]) == (["read"], "valid", "aims_")
    second = json.loads(run("key", "rotate", first["id"], "--grace", "24", "--format", "json", *where).out)
    assert second["rotated_from"] == first["id"]
    assert run("key", "revoke", second["id"], *where).out == f"Revoked the key {second['id']} (desk).\n"
    listed = json.loads(run("key", "list", "--format", "json", "--workspace", folder).out)
    assert [(k["id"], k["state"]) for k in listed["keys"]] == [(first["id"], "valid"), (second["id"], "revoked")]
    assert [e["who"] for e in listed["history"]] == ["ann"] * 3
    csv = run("key", "create", "--name", "other", "--format", "csv", *where).out.splitlines()
    assert (csv[0].split(",")[-1], csv[1].split(",")[-1][:5]) == ("key", "aims_")


def test_a_key_is_taken_up_to_and_on_its_last_day(run: Run, folder: Path) -> None:
    made = json.loads(
        run("key", "create", "--name", "x", "--expires", "2099-01-31", "--workspace", folder, "--format", "json").out
    )
    assert made["expires"] == "2099-02-01T00:00:00Z"
    for day, says in (
        ("2020-01-01", "would never be taken"),
        ("soon", "is not a date"),
        ("9999-12-31", "too far away"),
    ):
        refused = run("key", "create", "--name", "y", "--expires", day, "--workspace", folder)
        assert (refused.code, says in refused.err) == (2, True), refused.err


def test_a_revoked_key_is_shown_as_it_is_and_somebody_revokes_it(run: Run, folder: Path) -> None:
    made = keys.make(folder, "desk", ["read"], "ann", NOW).key
    nobody = run("key", "revoke", made.id, "--by", " ", "--workspace", folder)
    assert (nobody.code, nobody.err) == (2, "--by names nobody. Say who does this.\n")
    shown = run("key", "revoke", made.id, "--format", "csv", "--workspace", folder).out.splitlines()
    assert dict(zip(shown[0].split(","), shown[1].split(","), strict=True))["state"] == "revoked"
    again = run("key", "revoke", made.id, "--workspace", folder)
    assert (again.code, "Nothing was changed." in again.err) == (2, True)


def test_the_list_of_keys_fits_80_columns(run: Run, folder: Path) -> None:
    keys.make(folder, "the desk that looks after quality in the north", ["write"], "ann", NOW, NOW + timedelta(days=9))
    lines = run("key", "list", "--workspace", folder).out.splitlines()
    assert [line for line in lines if len(line) > 80 or line != line.rstrip()] == []
    assert "valid" in "".join(lines)


def test_a_copy_of_a_workspace_holds_no_keys_and_says_so(run: Run, folder: Path, tmp_path: Path) -> None:
    told = "API keys are not copied"
    assert told not in run("backup", tmp_path / "one", "--workspace", folder).out
    keys.make(folder, "desk", ["read"], "ann", NOW)
    assert told in run("backup", tmp_path / "two", "--workspace", folder).out
    assert run("restore", tmp_path / "two", tmp_path / "three").code == 0
    assert not list(tmp_path.glob("t*/keys*"))


def test_other_commands_start_without_what_keys_need() -> None:
    program = (
        "import sys; import aims_graph.cli; "
        "print(sorted({'aims_graph.workspaces.keys', 'pyoxigraph', 'secrets', 'jwt'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# -- who asks --------------------------------------------------------------------------


def test_a_key_finds_its_organisation_and_nothing_else_does(service: Service) -> None:
    acme, zeta = service.key("acme"), service.key("zeta", "admin")
    app = service.app()
    assert service.ask(app, key=acme).json()["organisation"] == "acme"
    assert service.ask(app, key=zeta).json()["scopes"] == ["admin", "read", "write"]
    assert service.ask(app, headers={"X-API-Key": acme}).json()["organisation"] == "acme"
    assert service.ask(app).json() == {"name": "anonymous", "organisation": None, "scopes": []}
    chosen = {"X-Organisation": "zeta", "X-Tenant": "zeta", "Organisation": "zeta", "Host": "zeta"}
    assert (
        service.ask(app, "/who?organisation=zeta&workspace=zeta", acme, headers=chosen).json()["organisation"] == "acme"
    )
    assert service.ask(app, headers=chosen).json()["organisation"] is None


def test_a_caller_is_known_by_the_name_of_its_key(service: Service) -> None:
    made = keys.make(service.folder(), "desk", ["read"], "ann", NOW)
    assert service.ask(key=made.text).json()["name"] == "desk"


def _wrong(service: Service) -> dict[str, dict[str, str]]:
    """Credentials that are not taken, each for another reason."""
    key = service.key()
    (key_id, secret), (other_id, other_secret) = (keys.split(t) or ("", "") for t in (key, service.key("zeta")))
    expired = service.key(expires=NOW + timedelta(seconds=1))
    ring = keys.read(service.folder())
    moved = [replace(k, expires="2020-01-01T00:00:00Z") if k.expires else k for k in ring.keys]
    keys._write(service.folder(), replace(ring, keys=tuple(moved)))
    revoked = service.key()
    keys.revoke(service.folder(), revoked, "ann", NOW)
    rotated = service.key()
    keys.rotate(service.folder(), rotated, "ann", NOW)
    bearer = {
        "a wrong secret": f"aims_{key_id}_{'x' * 43}",
        "an unknown id": f"aims_{'k' * 12}_{secret}",
        "the secret of another organisation": f"aims_{key_id}_{other_secret}",
        "the id of another organisation": f"aims_{other_id}_{secret}",
        "expired": expired,
        "revoked": revoked,
        "rotated": rotated,
        "cut short": key[:-1],
        "too long": key + "x",
        "not ASCII": "aims_é",
        "a token of nobody": "eyJhbGciOiJub25lIn0.e30.",
        "nothing": "",
    }
    found = {
        name: {"Authorization": f"Bearer {text}".encode("latin-1").decode("latin-1")} for name, text in bearer.items()
    }
    password = base64.b64encode(f"x:{key}".encode()).decode()
    return found | {
        "as a password": {"Authorization": f"Basic {password}"},
        "without a scheme": {"Authorization": key},
        "as an API key": {"X-API-Key": f"aims_{key_id}_{'x' * 43}"},
        "empty": {"X-API-Key": ""},
    }


def test_why_a_key_is_not_taken_cannot_be_told(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answer to the byte, after as many hashes are compared."""
    wrong = _wrong(service)
    app = service.app(Settings(rate_failures=None))
    compared: list[str] = []
    fits = keys.fits

    def counted(key: keys.Key | None, secret: str) -> bool:
        compared.append(secret)
        return fits(key, secret)

    monkeypatch.setattr(keys, "fits", counted)
    for path in ("/who", "/nowhere"):
        answers = {}
        for name, headers in wrong.items():
            compared.clear()
            encoded = {k: v.encode("latin-1") for k, v in headers.items()}
            answer = service.ask(app, path, headers=encoded)
            told = {k: v for k, v in answer.headers.items() if k != "x-request-id"}
            answers[name] = (answer.status_code, answer.content, str(told), len(compared))
        assert len(set(answers.values())) == 1, answers
        status, content, _, steps = answers["revoked"]
        assert (status, steps) == (401, 2)
        assert json.loads(content)["type"].endswith("/no-key")


def test_a_request_with_several_keys_is_refused(service: Service) -> None:
    one, two = service.key("acme"), service.key("zeta")
    found = service.ask(key=one, headers={"X-API-Key": two})
    assert (found.status_code, "several keys" in found.json()["detail"]) == (401, True)
    assert service.ask(key=one, headers={"X-API-Key": one}).status_code == 200


def test_keys_count_from_the_request_after_they_were_made_until_the_one_after_they_were_revoked(
    service: Service,
) -> None:
    app = service.app()
    text = service.key()
    assert service.ask(app, key=text).status_code == 200
    keys.revoke(service.folder(), text, "ann", NOW)
    assert service.ask(app, key=text).status_code == 401
    assert service.ask(app, key=service.key()).status_code == 200


def test_a_change_that_leaves_size_and_time_as_they_were_is_seen(service: Service) -> None:
    """The file is another one, though of the same length and, as far as its clock tells, as old."""
    app, text = service.app(), service.key()
    path = service.folder() / keys.FILE
    assert service.ask(app, key=text).status_code == 200
    before, held = path.stat(), keys.split(text) or ("", "")
    changed = path.read_text().replace(held[0], held[0][::-1])
    part = path.with_name("part")
    part.write_text(changed)
    part.chmod(0o600)
    os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
    part.replace(path)
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert service.ask(app, key=text).status_code == 401


def test_rights_that_change_are_seen_both_ways(service: Service) -> None:
    app, text = service.app(), service.key()
    path = service.folder() / keys.FILE
    assert service.ask(app, key=text).status_code == 200
    path.chmod(0o666)
    assert service.ask(app, key=text).status_code == 401
    path.chmod(0o600)
    assert service.ask(app, key=text).status_code == 200


def test_keys_that_cannot_be_read_open_nothing_and_others_still_count(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    acme, zeta, app = service.key("acme"), service.key("zeta"), service.app()
    (service.folder("acme") / keys.FILE).write_text("{")
    assert service.ask(app, key=acme).status_code == 401
    assert service.ask(app, key=zeta).status_code == 200
    assert "No key of 'acme' is taken" in caplog.text
    assert len(caplog.records) == 1  # not once a request
    with pytest.raises(DataError, match="the keys cannot be read"):
        service.app()
    (service.folder("acme") / keys.FILE).unlink()
    assert service.ask(app, key=acme).status_code == 401


def test_a_service_that_is_closed_answers_its_health_alone_without_a_key(service: Service, library: Library) -> None:
    app = create_app(
        library, today=lambda: AS_OF, organisations=service.organisations, settings=Settings(read="closed")
    )
    for path in ("/", "/docs", "/openapi.json", "/static/style.css", f"{V1}/frameworks", "/nowhere", "/health/live/"):
        found = ask(app, path)
        assert (found.status_code, found.headers["www-authenticate"]) == (401, "Bearer"), path
        assert found.json()["type"].endswith("/no-key")
    assert ask(app, "/health/live").status_code == ask(app, f"{V1}/health/live").status_code == 200
    assert ask(app, "/docs", service.key()).status_code == 200


def test_law_and_standards_are_for_everybody_and_records_for_a_key(service: Service, library: Library) -> None:
    app = create_app(library, today=lambda: AS_OF, organisations=service.organisations)
    assert ask(app, f"{V1}/frameworks").status_code == 200
    assert ask(app, f"{V1}/records").status_code == 401
    assert ask(app, f"{V1}/records", service.key()).status_code == 200
    refused = ask(app, f"{V1}/records", service.key(), "POST", json=[])
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (403, "not-allowed")


def test_an_open_service_shows_the_records_of_its_one_organisation_and_writes_none(
    service: Service, library: Library
) -> None:
    one = {"acme": service.organisations["acme"]}
    app = create_app(library, today=lambda: AS_OF, organisations=one, settings=Settings(read="open"))
    found = ask(app, f"{V1}/records")
    assert (found.status_code, "private" in found.headers["cache-control"]) == (200, True)
    assert ask(app, f"{V1}/records", method="POST", json=[]).status_code == 403
    assert ask(app, f"{V1}/records", service.key("zeta")).status_code == 401
    with pytest.raises(InputError, match="nothing says whose records a caller without a key is to see"):
        service.app(Settings(read="open"))
    assert ask(service.app(Settings(read="open"), "acme"), "/who").json()["scopes"] == ["read"]


# -- tokens of an issuer ---------------------------------------------------------------


@dataclass
class Issuer:
    """An issuer of tokens on this machine, with the key set that it publishes now."""

    address: str
    published: list[Json]
    asked: list[str]
    configured: Json

    def settings(self, **more: Any) -> Oidc:
        return Oidc(issuer=self.address, audience="aims", keys=f"{self.address}/keys", **more)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    issuer = Issuer("", [], [], {})

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            body = json.dumps({"keys": issuer.published} if self.path == "/keys" else issuer.configured).encode()
            self.send_response(302 if self.path == "/elsewhere" else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    issuer.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield issuer
    server.shutdown()
    server.server_close()
    thread.join()


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
PUBLIC_PEM = RSA.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)  # fmt: skip


def published(key: Any, key_id: str, **more: str) -> Json:
    """A public key as an issuer publishes it."""
    kinds: list[tuple[type, Any]] = [(rsa.RSAPublicKey, RSAAlgorithm), (ec.EllipticCurvePublicKey, ECAlgorithm)]
    public = key.public_key()
    algorithm = next((a for kind, a in kinds if isinstance(public, kind)), OKPAlgorithm)
    found: Json = json.loads(algorithm.to_jwk(public)) | {"kid": key_id, "use": "sig"} | more
    return found


def claims(issuer: Issuer, **more: Any) -> Json:
    now = int(time.time())
    said = {"iss": issuer.address, "aud": "aims", "sub": "eva", "exp": now + 600, "nbf": now - 10}
    said |= {"scope": "openid aims:write", "aims_organisation": "acme"} | more
    return {name: value for name, value in said.items() if value is not None}


def token(said: Json, key: Any = RSA, algorithm: str = "RS256", **headers: Any) -> str:
    return jwt.encode(said, key, algorithm, headers={"kid": "one", **headers})


def _forged(header: Json, said: Json, key: bytes) -> str:
    """A token signed by hand with a secret, which the library would refuse to make."""
    import hashlib
    import hmac

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    body = f"{part(json.dumps(header).encode())}.{part(json.dumps(said).encode())}"
    return f"{body}.{part(hmac.new(key, body.encode(), hashlib.sha256).digest())}" if key else f"{body}."


@pytest.fixture
def tokens(service: Service, issuer: Issuer) -> FastAPI:
    issuer.published = [published(RSA, "one"), published(EC, "two", alg="ES256"), published(ED, "three")]
    issuer.asked.clear()
    return service.app(Settings(rate_failures=None, oidc=issuer.settings()))


def test_a_token_is_taken_for_the_organisation_and_the_scopes_that_it_names(
    service: Service, issuer: Issuer, tokens: FastAPI
) -> None:
    found = service.ask(tokens, key=token(claims(issuer))).json()
    assert found == {"name": "eva", "organisation": "acme", "scopes": ["read", "write"]}
    listed = claims(issuer, scope=["aims:admin", 7], aims_organisation="zeta", aud=["other", "aims"])
    found = service.ask(tokens, key=token(listed, EC, "ES256", kid="two")).json()
    assert (found["organisation"], found["scopes"]) == ("zeta", ["admin", "read", "write"])
    assert service.ask(tokens, key=service.key()).json()["organisation"] == "acme"
    assert issuer.asked == ["/keys"]  # once, and then kept


def test_clocks_may_differ_a_little(service: Service, issuer: Issuer, tokens: FastAPI) -> None:
    now = int(time.time())
    assert service.ask(tokens, key=token(claims(issuer, exp=now - 20))).status_code == 200
    assert service.ask(tokens, key=token(claims(issuer, nbf=now + 20))).status_code == 200


def _bad_tokens(issuer: Issuer) -> dict[str, str]:
    now, good = int(time.time()), claims(issuer)
    return {
        "expired": token(claims(issuer, exp=now - 100)),
        "not yet": token(claims(issuer, nbf=now + 100)),
        "without an end": token(claims(issuer, exp=None)),
        "for another audience": token(claims(issuer, aud="other")),
        "for no audience": token(claims(issuer, aud=None)),
        "of another issuer": token(claims(issuer, iss="https://elsewhere.example")),
        "of no issuer": token(claims(issuer, iss=None)),
        "of an organisation that is not here": token(claims(issuer, aims_organisation="nobody")),
        "of no organisation": token(claims(issuer, aims_organisation=None)),
        "of two organisations": token(claims(issuer, aims_organisation=["acme", "zeta"])),
        "without a scope": token(claims(issuer, scope="openid")),
        "with a scope of ours by its plain name": token(claims(issuer, scope="admin")),
        "of nobody": token(claims(issuer, sub=None)),
        "of a name that rings": token(claims(issuer, sub="a\x07")),
        "by another key": token(good, OTHER_RSA),
        "by an unknown key": token(good, kid="nine"),
        "by a key of several without its id": jwt.encode(good, RSA, "RS256"),
        "by an id that is no text": _forged({"alg": "RS256", "kid": 7}, good, b"x"),
        "by an id of another kind of key": token(good, kid="two"),
        "by an algorithm that is not listed": token(good, RSA, "RS512"),
        "by a kind of key that is not listed": token(good, ED, "EdDSA", kid="three"),
        "unsigned": _forged({"alg": "none", "kid": "one"}, good, b""),
        "unsigned, in other letters": _forged({"alg": "nOnE", "kid": "one"}, good, b""),
        "by the public key as a secret": _forged({"alg": "HS256", "kid": "one"}, good, PUBLIC_PEM),
        "with another body": ".".join(
            (token(good).split(".")[0], token(claims(issuer, sub="x")).split(".")[1], token(good).split(".")[2])
        ),
        "with a key of its own": token(good, OTHER_RSA, jwk=published(OTHER_RSA, "one")),
        "with an address of keys of its own": token(good, OTHER_RSA, jku="http://127.0.0.1:1/keys"),
        "with an extension that must be known": token(good, crit=["exp"]),
        "no token": "a.b.c",
        "nested without end": base64.urlsafe_b64encode(b"[" * 9000).decode() + ".e30.x",
        "very long": "e" * 20_000,
    }


def test_a_token_that_is_not_sound_is_refused_without_a_reason(
    service: Service, issuer: Issuer, tokens: FastAPI
) -> None:
    wrong = service.ask(tokens, key="aims_wrong").content
    for name, text in _bad_tokens(issuer).items():
        found = service.ask(tokens, key=text)
        assert (found.status_code, found.content) == (401, wrong), name


def test_tokens_are_no_keys_where_no_issuer_is_set(service: Service, issuer: Issuer, tokens: FastAPI) -> None:
    good = token(claims(issuer))
    assert service.ask(tokens, key=good).status_code == 200
    assert service.ask(tokens, headers={"X-API-Key": good}).status_code == 401
    assert service.ask(service.app(), key=good).status_code == 401


def test_a_secret_or_weak_key_that_an_issuer_publishes_is_not_used(service: Service, issuer: Issuer) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    secret = {"kty": "oct", "k": base64.urlsafe_b64encode(PUBLIC_PEM).decode(), "kid": "one"}
    for found in (secret, published(weak, "one"), published(RSA, "one", use="enc"), {"kty": "RSA"}, {}):
        issuer.published = [found]
        app = service.app(Settings(rate_failures=None, oidc=issuer.settings()))
        assert service.ask(app, key=token(claims(issuer))).status_code == 401


def test_keys_that_the_issuer_changes_are_fetched_but_not_for_every_made_up_one(
    service: Service, issuer: Issuer
) -> None:
    issuer.published = [published(RSA, "one")]
    issuer.asked.clear()
    clock = [0.0]
    verifier = oidc.Verifier(issuer.settings(), clock=lambda: clock[0])

    def taken(text: str) -> bool:
        return asyncio.run(verifier.caller(text, service.organisations)) is not None

    new = token(claims(issuer), OTHER_RSA, kid="new")
    assert (taken(token(claims(issuer))), taken(new)) == (True, False)
    issuer.published = [published(OTHER_RSA, "new")]
    assert not taken(new)
    assert issuer.asked == ["/keys"]
    clock[0] = oidc.PAUSE
    assert taken(new)
    assert not taken(token(claims(issuer)))  # its key is published no more
    for n in range(20):
        assert not taken(token(claims(issuer), kid=f"made-up-{n}"))
    assert issuer.asked == ["/keys"] * 2


def test_an_issuer_that_cannot_be_reached_is_done_without_for_a_while(
    service: Service, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    clock, up = [0.0], [True]

    async def fetch(_: str) -> bytes:
        if not up[0]:
            raise httpx.ConnectError("down")
        return json.dumps({"keys": [published(RSA, "one")]}).encode()

    verifier = oidc.Verifier(issuer.settings(), fetch, lambda: clock[0])

    async def ask() -> bool:
        found = await verifier.caller(token(claims(issuer)), service.organisations)
        await asyncio.sleep(0)  # what is begun meanwhile takes its turn
        return found is not None

    def taken() -> bool:
        return asyncio.run(ask())

    assert taken()
    up[0], clock[0] = False, oidc.STALE - 1  # which is past the time after which newer keys are fetched meanwhile
    assert taken()
    assert f"The keys of {issuer.address} cannot be read (ConnectError: down)." in caplog.text
    clock[0] = oidc.STALE + 1
    with pytest.raises(problems.Refused, match="Tokens cannot be checked now"):
        taken()
    up[0], clock[0] = True, oidc.STALE + oidc.PAUSE + 1
    assert taken()


def test_nobody_waits_for_an_issuer_that_is_slow_while_its_keys_are_held(service: Service, issuer: Issuer) -> None:
    clock, asked = [0.0], [0]

    async def fetch(_: str) -> bytes:
        asked[0] += 1
        if asked[0] > 1:
            await asyncio.sleep(3600)
        return json.dumps({"keys": [published(RSA, "one")]}).encode()

    verifier = oidc.Verifier(issuer.settings(), fetch, lambda: clock[0])

    async def ask() -> list[bool]:
        text = token(claims(issuer))
        found = [await verifier.caller(text, service.organisations) is not None]
        clock[0] = oidc.FRESH + 1
        for _ in range(5):
            found.append(await verifier.caller(text, service.organisations) is not None)
            await asyncio.sleep(0)
        return found

    async def soon() -> list[bool]:
        return await asyncio.wait_for(ask(), 30)

    assert asyncio.run(soon()) == [True] * 6
    assert asked == [2]  # once more, and not for each


def test_while_an_issuer_cannot_be_asked_its_tokens_are_answered_503(service: Service) -> None:
    free = listen("127.0.0.1", 0)
    address = f"http://127.0.0.1:{free.getsockname()[1]}"
    free.close()
    nobody = Issuer(address, [], [], {})
    app = service.app(Settings(oidc=nobody.settings()))
    found = service.ask(app, key=token(claims(nobody)))
    assert (found.status_code, found.headers["retry-after"]) == (503, "10")
    assert service.ask(app, key=service.key()).status_code == 200


def test_where_the_keys_are_may_be_read_from_the_issuer(service: Service, issuer: Issuer) -> None:
    issuer.published = [published(RSA, "one")]
    for configured, status in (
        ({"issuer": issuer.address, "jwks_uri": f"{issuer.address}/keys"}, 200),
        ({"issuer": "https://elsewhere.example", "jwks_uri": f"{issuer.address}/keys"}, 503),
        ({"issuer": issuer.address, "jwks_uri": "file:///etc/passwd"}, 503),
        ({"issuer": issuer.address, "jwks_uri": f"{issuer.address}/elsewhere"}, 503),
    ):
        issuer.configured = configured
        app = service.app(Settings(oidc=replace(issuer.settings(), keys="")))
        assert service.ask(app, key=token(claims(issuer))).status_code == status, configured


def test_a_key_set_without_end_is_not_read(service: Service, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    issuer.published = [published(RSA, "one")]
    monkeypatch.setattr(oidc, "LARGEST", 100)
    assert service.ask(service.app(Settings(oidc=issuer.settings())), key=token(claims(issuer))).status_code == 503


def test_an_issuer_that_could_be_overheard_or_shares_secrets_is_refused_at_the_start(service: Service) -> None:
    refused: list[tuple[Callable[[], Oidc], str]] = [
        (lambda: Oidc("http://issuer.example", "aims"), "Give one that begins with https"),
        (lambda: Oidc("https://issuer.example", "aims", keys="file:///k"), "Give one that begins with https"),
        (lambda: Oidc("https://issuer.example", "aims", algorithms=("HS256",)), "'HS256' are not taken"),
        (lambda: Oidc("https://issuer.example", "aims", algorithms=("none",)), "'none' are not taken"),
        (lambda: Oidc("https://issuer.example", ""), "both its address and the audience"),
        (lambda: Oidc("https://issuer.example", "aims", scopes=(("x", "root"),)), "'root' is not a scope"),
    ]
    for settings, says in refused:
        with pytest.raises(InputError, match=says):
            service.app(Settings(oidc=settings()))


def test_without_the_library_for_tokens_the_start_says_how_to_get_it(
    service: Service, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for missing in ("jwt", "cryptography"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, missing, None)
            patch.delitem(sys.modules, "aims_graph_api.gate.oidc")
            with pytest.raises(MissingDependency, match=r"pip install 'aims-graph\[oidc\]'"):
                service.app(Settings(oidc=issuer.settings()))
            service.app()


# -- how often -------------------------------------------------------------------------


def test_a_bucket_gives_what_it_holds_and_fills_with_time() -> None:
    clock = [100.0]
    buckets = Buckets(Rate(2.0, 3), clock=lambda: clock[0])
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("b") == 0
    clock[0] += 0.25
    assert buckets.take("a") == 0.25
    clock[0] += 0.25
    assert [buckets.take("a"), buckets.take("a")] == [0, 0.5]
    clock[0] += 1000
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_no_more_buckets_are_kept_than_so_many_and_the_oldest_goes_first() -> None:
    buckets = Buckets(Rate(0.001, 1), most=100, clock=lambda: 0.0)
    assert buckets.take("first") == 0
    for n in range(1000):
        assert buckets.take(f"{n}") == 0
    assert len(buckets) == 100
    assert buckets.take("999") > 0
    assert buckets.take("first") == 0  # forgotten


def test_who_asks_too_often_is_told_when_to_come_again(service: Service) -> None:
    app = service.app(Settings(rate_key=Rate(0.5, 2), rate_anonymous=Rate(0.1, 1)))
    one, two = service.key(), service.key()
    assert [service.ask(app, key=one).status_code for _ in range(3)] == [200, 200, 429]
    found = service.ask(app, key=one)
    assert found.headers["content-type"] == "application/problem+json"
    assert found.headers["retry-after"] == "2"
    assert found.json()["type"].endswith("/too-many-requests")
    assert found.json()["detail"] == "This asks more often than it may. Wait 2 seconds and ask again."
    assert service.ask(app, key=two).status_code == 200
    assert [service.ask(app).status_code for _ in range(2)] == [200, 429]
    assert service.ask(app, address="203.0.113.10").status_code == 200
    assert service.ask(app, "/health/live").status_code == 200


def test_a_key_that_is_not_taken_uses_up_nobodys_bucket(service: Service) -> None:
    text = service.key()
    app = service.app(Settings(rate_key=Rate(0.1, 1), rate_failures=None))
    wrong = text[:-1] + ("x" if text[-1] != "x" else "y")
    assert [service.ask(app, key=wrong).status_code for _ in range(3)] == [401] * 3
    assert service.ask(app, key=text).status_code == 200


def test_wrong_keys_have_a_stricter_limit_that_does_not_shut_out_who_has_a_right_one(service: Service) -> None:
    app, text = service.app(Settings(rate_failures=Rate(0.1, 3))), service.key()
    found = [service.ask(app, key="aims_wrong") for _ in range(5)]
    assert [answer.status_code for answer in found] == [401, 401, 401, 429, 429]
    assert int(found[-1].headers["retry-after"]) in (9, 10)
    assert service.ask(app, key=text).status_code == 200
    assert service.ask(app).status_code == 200
    assert service.ask(app, key="aims_wrong", address="203.0.113.10").status_code == 401


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "found"),
    [
        ((), "198.51.100.1", "203.0.113.9", "198.51.100.1"),
        (("198.51.100.1",), "198.51.100.1", "203.0.113.9", "203.0.113.9"),
        (("198.51.100.0/24",), "198.51.100.1", "203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (("198.51.100.1",), "198.51.100.1", "192.0.2.1, 203.0.113.9", "203.0.113.9"),
        (("198.51.100.1",), "198.51.100.1", "203.0.113.9, rubbish", "198.51.100.1"),
        (("198.51.100.1",), "198.51.100.1", "", "198.51.100.1"),
        (("198.51.100.1",), "198.51.100.1", None, "198.51.100.1"),
        (("198.51.100.1",), "198.51.100.2", "203.0.113.9", "198.51.100.2"),
        ((), None, "203.0.113.9", "unix"),
        (("unix",), None, "203.0.113.9", "203.0.113.9"),
        (("127.0.0.1",), "::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ((), "2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        (("::1",), "::1", "[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
    ],
)
def test_an_address_is_believed_only_of_trusted_proxies(
    trusted: tuple[str, ...], peer: str | None, forwarded: str | None, found: str
) -> None:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    scope = {"type": "http", "client": peer and (peer, 1), "headers": headers}
    assert Addresses(trusted).of(scope) == found


@pytest.mark.parametrize(
    ("trusted", "told", "found"),
    [
        ((), None, "http"),
        ((), "https", "http"),
        (("127.0.0.1",), None, "http"),
        (("127.0.0.1",), "https", "https"),
        (("127.0.0.1",), "https, HTTPS", "https"),
        (("127.0.0.1",), "https, http", "http"),
        (("127.0.0.1",), "gopher", "http"),
        (("198.51.100.1",), "https", "http"),
    ],
)
def test_addresses_begin_with_https_where_a_trusted_proxy_says_so(
    library: Library, trusted: tuple[str, ...], told: str | None, found: str
) -> None:
    app = create_app(library, settings=Settings(trusted_proxies=trusted))
    headers = {} if told is None else {"X-Forwarded-Proto": told}
    asked = {**headers, "Host": "mappings.example.org", "Accept": "text/turtle"}
    with services.Service(app, {}).running() as service:
        described = service.client().get("/sparql", headers=asked).text
    assert f"<{found}://mappings.example.org/sparql>" in described
    assert f"<{'http' if found == 'https' else 'https'}://mappings" not in described


@pytest.mark.parametrize(("trusted", "found"), [((), b"http"), (("198.51.100.0/24",), b"https")])
def test_what_is_passed_on_says_only_what_is_believed(trusted: tuple[str, ...], found: bytes) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    headers = [(b"host", b"a"), (b"x-forwarded-proto", b"http"), (b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "scheme": "http", "client": ("198.51.100.1", 1), "headers": headers}
    asyncio.run(Schemes(app, Addresses(trusted))(scope, None, None))  # type: ignore[arg-type]
    assert seen[0]["headers"] == [(b"host", b"a"), (b"x-forwarded-proto", found)]
    assert seen[0]["scheme"] == found.decode()


# -- how much --------------------------------------------------------------------------


SIZES = [
    ("/x", None, 0, 200),
    ("/x", None, 1, 413),
    ("/x", "admin", 1, 413),
    ("/sparql", "write", 1, 200),
    ("/sparql/graph-store", "admin", 1, 200),
    ("/sparql", "read", 1, 413),
    ("/sparql", None, 1, 413),
    ("/sparqlx", "write", 1, 413),
    (f"{V1}/records", "write", 1, 200),
    (f"{V1}/check", "write", 1, 200),
]


@pytest.mark.parametrize(("path", "scope", "beyond", "status"), SIZES)
def test_a_body_is_as_large_as_its_path_and_key_allow(
    service: Service, path: str, scope: str | None, beyond: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it says how large it is, or is counted as it comes."""
    monkeypatch.setattr(limits, "LARGEST_BODY", 1000)
    app, key = service.app(), None if scope is None else service.key(scope=scope)
    size = 1000 + beyond

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, size, 100):
            yield b"x" * min(100, size - start)

    for content in (b"x" * size, parts()):
        found = service.ask(app, path, key, method="POST", content=content)
        assert found.status_code == status
        assert found.json() == size if status == 200 else found.json()["type"].endswith("/too-large")


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/sparql", 50_000_000, 200),
        ("/sparql/graph-store", 50_000_001, 413),
        (f"{V1}/records", 100_000_000, 200),
        (f"{V1}/records", 100_000_001, 413),
        ("/x", 10**30, 413),
    ],
)
def test_a_body_that_says_it_is_too_large_is_not_read(service: Service, path: str, size: int, status: int) -> None:
    declared = {"Content-Length": str(size)}
    found = service.ask(path=path, key=service.key(scope="write"), method="POST", content=b"x", headers=declared)
    assert found.status_code == status


def test_a_body_that_does_not_arrive_is_not_waited_for() -> None:
    app = FastAPI()
    _add_routes(app)
    app.add_middleware(BodyLimit, patience=0.05)
    problems.install(app)

    async def slow() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x"
            await asyncio.sleep(0.02)

    start = time.perf_counter()
    found = ask(app, "/x", method="POST", content=slow())
    assert (found.status_code, found.json()["type"].rpartition("/")[2]) == (408, "took-too-long")
    assert time.perf_counter() - start < 0.5


# -- headers ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/who", "/nowhere", "/boom/x"])
def test_every_answer_has_the_safe_headers_once(service: Service, path: str) -> None:
    found = service.ask(path=path, key=service.key())
    for name, value in SAFE_HEADERS.items():
        assert found.headers.get_list(name) == [value]
    assert "strict-transport-security" not in found.headers


def test_browsers_are_told_to_stay_on_https_where_it_is_served_so(service: Service) -> None:
    found = service.ask(service.app(Settings(hsts=3600)))
    assert found.headers["strict-transport-security"] == "max-age=3600"


def test_no_cache_keeps_what_belongs_to_an_organisation(service: Service) -> None:
    app, key = service.app(), service.key()

    def told(path: str, key: str | None) -> tuple[str | None, str | None]:
        headers = service.ask(app, path, key).headers
        return headers.get("cache-control"), headers.get("vary")

    credentials = "Authorization, X-API-Key"
    assert told("/who", key) == ("no-store", credentials)
    assert told("/tagged", key) == ("private, no-cache", credentials)
    assert told("/nowhere", key) == ("no-store", credentials)
    assert told("/who", "aims_wrong") == ("no-store", credentials)
    assert told("/who", None) == (None, credentials)
    assert told("/tagged", None) == ("public, max-age=60", credentials)
    assert told("/nowhere", None) == ("no-store", credentials)
    assert told("/static/tagged", key) == ("public, max-age=60", None)


def test_pages_of_other_origins_may_ask_only_if_they_are_named(service: Service) -> None:
    page, asks = (
        "https://tools.example",
        {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"},
    )

    def allowed(app: FastAPI, origin: str) -> tuple[str | None, str | None]:
        plain = service.ask(app, headers={"Origin": origin}).headers
        before = service.ask(app, method="OPTIONS", headers={"Origin": origin, **asks}).headers
        assert "access-control-allow-credentials" not in plain.keys() | before.keys()
        return plain.get("access-control-allow-origin"), before.get("access-control-allow-origin")

    named = service.app(Settings(cors_origins=(page,)))
    assert allowed(service.app(), page) == (None, None)
    assert allowed(named, page) == (page, page)
    assert allowed(named, "https://tools.example.evil") == (None, None)
    assert allowed(named, "null") == (None, None)
    closed = service.app(Settings(cors_origins=(page,), read="closed"))
    assert allowed(closed, page) == (page, page)  # the problem can be read, and the key be asked for


# -- what is written -------------------------------------------------------------------


def test_each_request_is_a_line_without_values_of_parameters(service: Service, tmp_path: Path) -> None:
    log = tmp_path / "access.jsonl"
    app, made = service.app(Settings(access_log=str(log))), keys.make(service.folder(), "desk", ["read"], "ann", NOW)
    number = "deploy-7.check_1"
    found = service.ask(app, "/who?q=Jane%20Doe&token=s3cret&q=x", made.text, headers={"X-Request-ID": number})
    service.ask(app, "/wrote")
    service.ask(app, "/who", "aims_wrong")
    service.ask(app, "/boom/x")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    first = lines[0]
    assert datetime.fromisoformat(first.pop("time")).utcoffset() == timedelta(0)
    assert 0 < first.pop("milliseconds") < 10_000
    assert first == {
        "request": number,
        "method": "GET",
        "path": "/who",
        "parameters": ["q", "token"],
        "status": 200,
        "bytes": len(found.content),
        "key": made.key.id,
        "organisation": "acme",
        "entry": None,
    }
    assert found.headers["x-request-id"] == number
    assert [(line["status"], line["key"], line["entry"]) for line in lines[1:]] == [
        (200, None, 7), (401, None, None), (500, None, None),
    ]  # fmt: skip
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "given", ["short", "x" * 65, "two words", 'a"b\nc', "aims_k3m4n5p6q7r8_" + "s" * 43, "eyJhbGciOi.J9x"]
)
def test_a_number_that_is_none_or_a_secret_is_replaced(service: Service, given: str) -> None:
    found = service.ask(headers={"X-Request-ID": given.encode()})
    assert re.fullmatch(r"[0-9a-f]{32}", found.headers["x-request-id"])


def test_a_probe_that_finds_all_well_is_no_line(service: Service, tmp_path: Path) -> None:
    log = tmp_path / "access.jsonl"
    app = service.app(Settings(access_log=str(log)))
    assert service.ask(app, "/health/live").status_code == 200
    assert service.ask(app, "/health/live", method="PUT").status_code == 405
    assert [json.loads(line)["status"] for line in log.read_text(encoding="utf-8").splitlines()] == [405]


def test_a_failure_has_its_number_too(service: Service) -> None:
    found = service.ask(path="/boom/x", headers={"X-Request-ID": "number-1"})
    assert (found.status_code, found.headers["x-request-id"]) == (500, "number-1")


def test_a_line_and_the_entry_that_its_request_wrote_are_found_from_each_other(
    service: Service, library: Library, tmp_path: Path
) -> None:
    log = tmp_path / "access.jsonl"
    settings = Settings(access_log=str(log))
    app = create_app(library, today=lambda: AS_OF, organisations=service.organisations, settings=settings)
    made = keys.make(service.folder(), "desk", ["write"], "ann", NOW)
    risk = {"kind": "Risk", "id": "R-1", "label": "Drift"}
    found = ask(app, f"{V1}/records", made.text, "POST", json=[risk])
    assert found.status_code == 201, found.text
    line = json.loads(log.read_text())
    with service.organisations["acme"].open() as workspace:
        entry = workspace.entry(line["entry"])
    assert line["request"] in entry.what
    assert entry.who == f"desk ({line['key']})"
    assert line["key"] == made.key.id


def test_a_log_that_cannot_be_written_is_told_at_the_start_and_later_stops_no_request(
    service: Service, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(OutputError, match=r"the access log .* cannot be written"):
        service.app(Settings(access_log=str(tmp_path / "no" / "log")))
    app = service.app(Settings(access_log="/dev/full"))
    assert [service.ask(app).status_code for _ in range(3)] == [200] * 3
    assert [r.getMessage() for r in caplog.records] == [
        "The access log cannot be written: [Errno 28] No space left on device."
    ]


def test_lines_on_standard_error_are_whole(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    service.ask(service.app(Settings(access_log="-")))
    assert json.loads(capsys.readouterr().err)["path"] == "/who"


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """An application on a port of this machine, with the server's own log."""
    with listen("127.0.0.1", 0) as listening:
        config = uvicorn.Config(app, log_level="debug", access_log=True, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def test_no_secret_is_written_anywhere(
    service: Service, issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys and tokens in headers, addresses, parameters and bodies; answered, refused, failed and broken off."""
    issuer.published = [published(RSA, "one")]
    log, said = tmp_path / "access.jsonl", io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    monkeypatch.setattr(sys, "stdout", said)
    app = service.app(Settings(access_log=str(log), oidc=issuer.settings()))
    revoked = service.key()
    keys.revoke(service.folder(), revoked, "ann", NOW)
    secrets = [service.key(), revoked, service.key(scope="admin"), token(claims(issuer)), token(claims(issuer, exp=1))]
    raw = []
    once = httpx.Limits(max_keepalive_connections=0)
    with running(app) as address, httpx.Client(base_url=f"http://{address}", limits=once) as client:
        for text in secrets:
            for headers in (
                {"Authorization": f"Bearer {text}"},
                {"X-API-Key": text},
                {"X-Request-ID": text},
                {"Cookie": text},
            ):
                for path in ("/who", f"/boom/{text}", f"/nowhere/{text}", f"/who?key={text}&{text}=1"):
                    client.get(path, headers=headers)
            client.post("/x", json={"key": text})
            client.request(text[:60], f"/who?{text}")
            raw.append(f"GET /who?{text} HTTP/9\r\nAuthorization: Bearer {text}\r\nbroken\r\n\r\n".encode())
        for message in raw:
            _send(address, message)
    written = log.read_text() + said.getvalue()
    assert "RuntimeError" in written  # with its traceback
    assert "Logging error" not in written
    assert '"GET /who?key=' in written  # the server's own log
    assert log.read_text().count("\n") >= len(secrets) * 17
    for text in secrets:
        secret = (keys.split(text) or ("", text.rpartition(".")[2]))[1]
        assert secret not in written
        assert secret[:30] not in written


SHOWN = f"aims_k3m4n5p6q7r8_{'s' * 43}"


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        (SHOWN, ()),
        ("%s and %d", (SHOWN, 7)),
        ("%s", (ValueError(SHOWN),)),
        ("%(a)s", ({"a": SHOWN},)),
        ("plain %s", ("x",)),
    ],
)
def test_a_logger_writes_no_secret_however_it_is_given(message: str, arguments: tuple[Any, ...]) -> None:
    record = logging.getLogger("x").makeRecord("x", 40, "x", 1, message, arguments, None)
    assert access_log.Redacting().filter(record)
    written = logging.Formatter().format(record)
    assert "sss" not in written
    assert ("aims_k3m4n5p6q7r8_…" in written) == (SHOWN in f"{message}{arguments}")


def _send(address: str, message: bytes) -> None:
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(message)
        connection.recv(1000)


# -- settings --------------------------------------------------------------------------


GIVEN = {
    "AIMS_READ": "closed",
    "AIMS_RATE_KEY": "20:200",
    "AIMS_RATE_ANONYMOUS": "5",
    "AIMS_RATE_FAILURES": "0",
    "AIMS_CORS_ORIGINS": "https://a.example, https://b.example:8443",
    "AIMS_HSTS": "31536000",
    "AIMS_TRUSTED_PROXIES": "10.0.0.0/8 ::1 unix",
    "AIMS_ACCESS_LOG": "-",
    "AIMS_PREPARE": "no",
    "AIMS_OIDC_ISSUER": "https://issuer.example",
    "AIMS_OIDC_AUDIENCE": "aims",
    "AIMS_OIDC_KEYS": "https://issuer.example/keys",
    "AIMS_OIDC_ALGORITHMS": "ES256 EdDSA",
    "AIMS_OIDC_LEEWAY": "5",
    "AIMS_OIDC_ORGANISATION_CLAIM": "org",
    "AIMS_OIDC_SCOPE_CLAIM": "roles",
    "AIMS_OIDC_SCOPES": "quality.read=read quality=write",
    "AIMS_OIDC_NAME_CLAIM": "email",
}
READ = Settings(
    read="closed",
    rate_key=Rate(20, 200),
    rate_anonymous=Rate(5, 5),
    rate_failures=None,
    cors_origins=("https://a.example", "https://b.example:8443"),
    hsts=31536000,
    trusted_proxies=("10.0.0.0/8", "::1", "unix"),
    access_log="-",
    prepare=False,
    oidc=Oidc(
        "https://issuer.example", "aims", "https://issuer.example/keys", ("ES256", "EdDSA"), 5,
        "org", "roles", (("quality.read", "read"), ("quality", "write")), "email",
    ),
)  # fmt: skip


def test_every_setting_has_a_variable_and_without_any_the_defaults_stand() -> None:
    assert Settings.from_environment(GIVEN) == READ
    assert Settings.from_environment({}) == Settings.from_environment(dict.fromkeys(GIVEN, "")) == Settings()
    names = [f"AIMS_{f.name.upper()}" for f in fields(Settings) if f.name != "oidc"]
    assert sorted(GIVEN) == sorted([*names, *(f"AIMS_OIDC_{f.name.upper()}" for f in fields(Oidc))])


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("AIMS_READ", "all", "Take of regulation, closed, open"),
        ("AIMS_RATE_KEY", "fast", "AIMS_RATE_KEY 'fast' cannot be used. Write PER_SECOND:AT_ONCE"),
        ("AIMS_RATE_KEY", "1:0", "Write PER_SECOND:AT_ONCE"),
        ("AIMS_RATE_KEY", "-1", "Write PER_SECOND:AT_ONCE"),
        ("AIMS_RATE_KEY", "nan", "Write PER_SECOND:AT_ONCE"),
        ("AIMS_CORS_ORIGINS", "*", "'*' is not the origin of a page"),
        ("AIMS_CORS_ORIGINS", "https://a.example/path", "is not the origin of a page"),
        ("AIMS_HSTS", "yes", "Write a number of seconds"),
        ("AIMS_PREPARE", "maybe", "AIMS_PREPARE 'maybe' cannot be used. Write yes or no."),
        ("AIMS_TRUSTED_PROXIES", "proxy", "the trusted proxy 'proxy' cannot be used"),
        ("AIMS_OIDC_ISSUER", "https://issuer.example", "both its address and the audience"),
        ("AIMS_OIDC_SCOPES", "read", "Write VALUE=SCOPE words"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, text: str, says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        Settings.from_environment({name: text})


OPTIONS = {name: text for name, text in GIVEN.items() if not name.startswith("AIMS_OIDC_")}


def test_an_option_comes_before_its_variable() -> None:
    typed = {name.removeprefix("AIMS_").lower(): text for name, text in OPTIONS.items()}
    assert replace(READ, oidc=None) == Settings.from_environment({}, typed)
    others = dict.fromkeys(OPTIONS, "what is not looked at")
    assert replace(READ, oidc=None) == Settings.from_environment(others, typed)
    assert Settings.from_environment(GIVEN, dict.fromkeys(typed)) == READ
    assert Settings.from_environment({"AIMS_ACCESS_LOG": "/var/log/x"}, {"access_log": ""}).access_log == ""
    with pytest.raises(InputError, match=r"--rate-key 'fast' cannot be used\. Write PER_SECOND"):
        Settings.from_environment({"AIMS_RATE_KEY": "1"}, {"rate_key": "fast"})


# -- the page about it -----------------------------------------------------------------


PAGE = ROOT / "docs" / "security.md"


def test_what_the_page_on_security_points_to_is_there() -> None:
    page = PAGE.read_text(encoding="utf-8")
    tests = re.findall(r"`(test_\w+)`", page)
    known = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("*.py"))
    assert len(tests) > 20
    assert [name for name in tests if f"def {name}(" not in known and f"{name}.py" not in _files()] == []
    modules = re.findall(r"`((?:\w+/)*\w+\.py)`", page)
    assert [name for name in modules if not any(path.endswith(f"/{name}") for path in _paths())] == []


def _paths() -> list[str]:
    return [str(p) for folder in ("src", "api", "tests") for p in (ROOT / folder).rglob("*.py")]


def _files() -> set[str]:
    return {Path(path).name for path in _paths()}


def test_the_commands_that_the_page_on_security_shows_work(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = re.findall(r"\$ aims-graph (key [^\n]+)\n", PAGE.read_text(encoding="utf-8"))
    assert [line.split()[1] for line in shown] == ["create", "list", "rotate", "revoke"]
    monkeypatch.setenv("AIMS_WORKSPACE", str(folder))
    made = ""
    for line in shown:
        ran = run(*shlex.split(line.replace("ID", made)))
        assert ran.code == 0, ran.err
        found = keys.split(ran.out.strip())
        made = found[0] if found else made
