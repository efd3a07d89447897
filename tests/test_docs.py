"""Documentation cannot rot: generated pages are what the program says, and the README shows real answers."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pages
import pytest
from conftest import ROOT, Run

README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```console\n\$ aims-graph ([^\n]+)\n(.*?)```", README, re.S)


@pytest.mark.parametrize("page", sorted(pages.PAGES))
def test_a_generated_page_is_current(page: str) -> None:
    current = (pages.DOCS / page).read_text(encoding="utf-8")
    assert pages.PAGES[page]() == current, "run 'make golden' and review the change"


def test_every_group_of_commands_has_a_section_of_its_own() -> None:
    page = pages.commands()
    for group in ("frameworks", "review"):
        assert f"\n## aims-graph {group}\n\n```\nUsage: aims-graph {group} [OPTIONS] COMMAND" in page


def test_the_readme_shows_at_least_one_question_with_its_answer() -> None:
    assert SHOWN


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=[c for c, _ in SHOWN])
def test_what_the_readme_shows_is_what_the_command_prints(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str, shown: str
) -> None:
    """Lines left out are marked with '[…]'."""
    monkeypatch.chdir(ROOT)
    out = run(*shlex.split(command)).out
    place = 0
    for part in re.split(r"^\s*\[…\]\n", shown, flags=re.M):
        found = out.find(part, place)
        assert found >= 0, f"not printed: {part[:300]}"
        assert place or found == 0
        place = found + len(part)


def test_every_flag_that_an_answer_can_carry_is_explained() -> None:
    code = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "src/aims_graph").rglob("*.py"))
    page = (ROOT / "docs" / "reading-answers.md").read_text(encoding="utf-8")
    flags = set(re.findall(r'\("([a-z]+(?:-[a-z]+)+)",\)', code)) | set(re.findall(r'flags\.add\("([a-z-]+)"\)', code))
    silent = {"transfers-nothing", "not-in-force", "trigger-not-met"}  # they stop a claim, so no answer carries them
    assert {f for f in flags - silent if f"`{f}`" not in page} == set()


def test_the_changelog_has_both_headings() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "### Program" in text
    assert "### Graph" in text


@pytest.mark.parametrize("page", sorted(p.name for p in pages.DOCS.glob("*.md") if ">>> " in p.read_text("utf-8")))
def test_what_a_page_shows_of_python_is_what_it_gives(page: str) -> None:
    found = doctest.testfile(str(pages.DOCS / page), module_relative=False, encoding="utf-8")
    assert found.attempted
    assert not found.failed


def test_the_guide_to_challenging_a_row_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "challenging-a-row.md").read_text(encoding="utf-8")
    (commands,) = re.findall(r"```sh\n(.*?)```", page, re.S)
    (shown,) = re.findall(r"```\n(Mapping rows.*?)```", page, re.S)
    (tmp_path / "mappings").symlink_to(ROOT / "mappings")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    done = subprocess.run(["bash", "-e", "-c", commands], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(shown)
    assert re.search(r"^lost +\S+ +\S+ +partial", done.stdout, re.M)


def test_the_guide_to_the_workspace_shows_what_the_commands_print(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (pages.DOCS / "workspace.md").read_text(encoding="utf-8")
    shown = re.findall(r"\$ aims-graph ([^\n]+)\n(.*?)(?=\$ aims-graph |```)", page, re.S)
    assert len(shown) >= 4
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    for command, output in shown:
        ran = run(*shlex.split(command))
        assert (ran.out, ran.err) == (output, ""), command
