"""Long runs write what they found, with seed and commit, into one section each of docs/measurements.md."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "measurements.md"
HEAD = """# Measurements

Written by the runs themselves; `make soak` and `make mutants` replace their own section. What each
figure means and what it rests on: [soundness.md](soundness.md). Speed is in [benchmarks.md](benchmarks.md).
"""


def commit() -> str:
    """The commit of the tree; `-dirty` where files other than the page of measurements differ from it."""
    name = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--", ".", f":(exclude){PAGE.relative_to(ROOT)}")
    return f"{name or 'not in a git tree'}{'-dirty' if changed else ''}"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def with_section(page: str, title: str, body: str) -> str:
    """A page with one section put in or replaced; the others stay as they are.

    >>> with_section("# P\\n\\n## A\\n\\none\\n\\n## B\\n\\ntwo\\n", "A", "new")
    '# P\\n\\n## A\\n\\nnew\\n\\n## B\\n\\ntwo\\n'
    >>> with_section("# P\\n", "A", "new")
    '# P\\n\\n## A\\n\\nnew\\n'
    """
    first, *sections = re.split(r"^## ", page, flags=re.M)
    found = {text.partition("\n")[0]: text.partition("\n")[2].strip() for text in sections}
    found[title] = body.strip()
    return first.strip() + "\n" + "".join(f"\n## {name}\n\n{text}\n" for name, text in found.items())


def record(title: str, body: str) -> None:
    """Put a section into the page, and print it."""
    print(body)
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else HEAD
    PAGE.write_text(with_section(page, title, body), encoding="utf-8")
