"""sdist → wheel → installed outside the checkout → it answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT


def ran(*arguments: object, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    ran("-m", "hatchling", "build", "-t", "sdist", "-d", out, cwd=ROOT)
    with tarfile.open(next(out.glob("*.tar.gz"))) as archive:
        archive.extractall(out, filter="data")
    unpacked = next(p for p in out.iterdir() if p.is_dir())
    ran("-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=unpacked)
    return next(out.glob("*.whl"))


def test_the_wheel_holds_two_packages_and_the_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {n.split("/")[0] for n in names if ".dist-info" not in n} == {"aims_graph", "aims_graph_api"}
    for folder in ("ontology/frameworks", "ontology/shapes", "mappings", "mappings/reviews", "queries"):
        shipped = {p.name for p in (ROOT / folder).iterdir() if p.is_file()}
        packed = {n.rsplit("/", 1)[1] for n in names if n.rpartition("/")[0] == f"aims_graph/data/{folder}"}
        assert packed == shipped, folder
    assert any(n.startswith("aims_graph_api/templates/") for n in names)


def test_the_installed_wheel_answers_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "site"
    ran("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", place, wheel, cwd=tmp_path)
    code = (
        "import sys, aims_graph; assert aims_graph.__file__.startswith(sys.argv.pop(1)); "
        "from aims_graph.cli import main; main()"
    )
    arguments = ("what-else", "iso42001:10.2", "--role", "provider", "--as-of", "2026-11-22", "--format", "json")
    out = ran("-c", code, place, *arguments, cwd=tmp_path, PYTHONPATH=str(place))
    answers = json.loads(out)["answers"]
    assert {"aiact:art-20.1", "iso27001:10.2"} <= {a["provision"] for a in answers}
    source = answers[0]["derivation"][-1]["source"].rpartition(":")[0]
    assert (place / "aims_graph" / "data" / source).is_file()


def test_two_builds_are_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    ran("-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=ROOT)
    assert next(tmp_path.glob("*.whl")).read_bytes() == wheel.read_bytes()
