"""Mutation testing of the modules that hold the calculus: every small change must make a test fail.

`PYTHONPATH=tests python -m soak.mutants [--only NAME…] [--every N] [--jobs N]` copies the tree, lets cosmic-ray
change one place at a time in the copies, and runs the tests that speak of the module. A mutant that survives is
either explained in `equivalent_mutants.tsv` or a fault of the tests: the run then ends with exit code 1.
"""

from __future__ import annotations

import argparse
import ast
import csv
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from soak.recording import ROOT, commit, record

SETTINGS, SESSION = "mutants.toml", "mutants.sqlite"
EXPLAINED = Path(__file__).with_name("equivalent_mutants.tsv")
LIMIT = 300  # seconds for the tests of one mutant, some ten times what they take; a mutant that runs longer is killed
TESTS = {  # module, besides its own examples → the tests that speak of it, quickest first
    "relations": ("relations", "laws", "inference"),
    "confidence": ("confidence", "calibration", "laws", "inference"),
    "chain": ("chain", "joint", "errors_of_others", "inference", "guard_details", "case_guards", "laws"),
    "guards": ("joint", "errors_of_others", "inference", "guard_details", "case_guards", "laws"),
    "inference": ("engine_details", "soundness_page", "joint", "errors_of_others", "inference", "laws"),
}
# One opposite and the neighbouring boundary of each comparison, one or two rivals of each other operator: the rest
# of what cosmic-ray offers (say `<<` for `+`) fails at the first call and would only make the count look better.
SWAPS = {
    "Comparison": "Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is Lt_LtE Lt_GtE LtE_Lt LtE_Gt Gt_GtE Gt_LtE GtE_Gt GtE_Lt",
    "Binary": "Add_Sub Sub_Add Mul_Add Mul_Div Div_Mul BitOr_BitAnd BitAnd_BitOr BitOr_BitXor BitAnd_BitXor",
    "Unary": "USub_UAdd Delete_USub Delete_Not",
}
OPERATORS = frozenset(
    {f"core/Replace{kind}Operator_{swap}" for kind, swaps in SWAPS.items() for swap in swaps.split()}
    | {f"core/Replace{name}" for name in ("TrueWithFalse", "FalseWithTrue", "AndWithOr", "OrWithAnd")}
    | {f"core/Replace{name}" for name in ("BreakWithContinue", "ContinueWithBreak")}
    | {f"core/{name}" for name in ("AddNot", "NumberReplacer", "RemoveDecorator", "ZeroIterationForLoop")}
)


@dataclass(frozen=True)
class Mutant:
    """One change and what became of it."""

    module: str
    definition: str
    line: int
    operator: str
    text: str  # the line as the mutant has it
    outcome: str  # killed, endless, survived, incompetent

    @property
    def key(self) -> tuple[str, str, str]:
        """By what an explanation finds it, whatever its line number."""
        return self.module, self.definition, self.text


def stated_types(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where a module states types; they are never evaluated, so a change in one changes nothing.

    >>> stated_types("def f(x: int | None) -> str: ...")
    [((1, 9), (1, 19)), ((1, 24), (1, 27))]
    """
    found: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            found.append(node.returns)
        elif isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
    spans = [n for n in found if n is not None]
    return sorted(((n.lineno, n.col_offset), (n.end_lineno or 0, n.end_col_offset or 0)) for n in spans)


def copied(folder: Path) -> Path:
    """A copy of the tree as it is, with nothing in it that git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def prepared(folder: Path, module: str) -> Path:
    """A copy of the tree in which the tests of a module pass, and everything but the module is compiled."""
    tests = " ".join([f"src/aims_graph/{module}.py", *(f"tests/test_{name}.py" for name in TESTS[module])])
    run = f"{sys.executable} -m pytest -x -q --tb=no --assert=plain -p no:cacheprovider -p soak.unshrunk {tests}"
    copied(folder)
    (folder / SETTINGS).write_text(
        f'[cosmic-ray]\nmodule-path = "src/aims_graph/{module}.py"\ntimeout = {LIMIT}.0\nexcluded-modules = []\n'
        f'test-command = "{run}"\n[cosmic-ray.distributor]\nname = "local"\n'
    )
    if _cosmic_ray(folder, "baseline", SETTINGS, compiling=True):
        sys.exit(f"The tests of {module} fail without any change: mend them first.\n  {run}")
    for compiled in (folder / "src/aims_graph/__pycache__").glob(f"{module}.*"):
        compiled.unlink()  # of the module that changes nothing old may be read
    return folder


def begun(folder: Path, module: str, job: int, jobs: int, every: int) -> None:
    """A session of cosmic-ray in a copy with this job's share of the mutants of a module, or of every so many-th."""
    _cosmic_ray(folder, "init", SETTINGS, SESSION)
    with sqlite3.connect(folder / SESSION) as database:
        typed = stated_types((folder / f"src/aims_graph/{module}.py").read_text())
        rows = database.execute(
            "SELECT job_id, operator_name, start_pos_row, start_pos_col FROM mutation_specs"
            " ORDER BY start_pos_row, start_pos_col, operator_name, occurrence"
        ).fetchall()
        wanted = [
            name
            for name, operator, *at in rows
            if operator in OPERATORS and not any(low <= tuple(at) <= high for low, high in typed)
        ]
        mine = set(wanted[::every][job::jobs])
        for name, *_ in rows:
            if name not in mine:
                database.execute("DELETE FROM mutation_specs WHERE job_id = ?", (name,))
                database.execute("DELETE FROM work_items WHERE job_id = ?", (name,))


def _cosmic_ray(folder: Path, *arguments: str, compiling: bool = False) -> int:
    found = shutil.which("cosmic-ray", path=f"{ROOT / '.venv/mutants/bin'}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        sys.exit("cosmic-ray is needed: make .venv/mutants/bin/cosmic-ray")
    paths = os.pathsep.join(str(folder / name) for name in ("src", "api", "tests"))
    environment = os.environ | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "" if compiling else "1"}
    return subprocess.run([found, *arguments], cwd=folder, env=environment, check=False, capture_output=True).returncode


def outcomes(session: Path, module: str) -> Iterator[Mutant]:
    """What became of the mutants of a session."""
    query = (
        "SELECT definition_name, start_pos_row, operator_name, diff,"
        " CASE output WHEN 'timeout' THEN 'endless' ELSE lower(test_outcome) END"
        " FROM mutation_specs JOIN work_results USING (job_id)"
    )
    with sqlite3.connect(session) as database:
        for definition, line, operator, diff, outcome in database.execute(query):
            name = operator.removeprefix("core/")
            yield Mutant(module, definition or "", line, name, changed(diff), outcome)


def changed(diff: str) -> str:
    """The line that a mutant has, or the one that it lacks; of a lone word, with the line before it.

    >>> changed("--- a\\n+++ b\\n-    x = 1\\n+    x = 2\\n"), changed("--- a\\n+++ b\\n-@property\\n")
    ('x = 2', 'without @property')
    >>> changed("--- a\\n+++ b\\n     if done:\\n-        continue\\n+        break\\n")
    'if done: break'
    """
    lines = [x for x in diff.splitlines() if not x.startswith(("---", "+++", "@@"))]
    new = " ".join(x[1:].strip() for x in lines if x.startswith("+"))
    gone = [i for i, x in enumerate(lines) if x.startswith("-")]
    if not new:
        return f"without {' '.join(lines[i][1:].strip() for i in gone)}"
    return new if " " in new or not gone or gone[0] == 0 else f"{lines[gone[0] - 1].strip()} {new}"


def sweep(module: str, jobs: int, every: int) -> list[Mutant]:
    """Every mutant of a module, or every so many-th, with what became of it."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        folders = [Path(place) / str(job) for job in range(jobs)]
        prepared(folders[0], module)
        for folder in folders[1:]:
            shutil.copytree(folders[0], folder)
        running: list[int] = []
        for job, folder in enumerate(folders):
            begun(folder, module, job, jobs, every)
            running.append(os.fork())
            if running[-1] == 0:
                os._exit(_cosmic_ray(folder, "exec", SETTINGS, SESSION))
        ended = [os.waitpid(process, 0)[1] for process in running]
        if any(ended):
            sys.exit(f"cosmic-ray stopped while it was at {module}.")
        return [mutant for folder in folders for mutant in outcomes(folder / SESSION, module)]


def explained() -> dict[tuple[str, str, str], str]:
    """Why some mutants may survive."""
    with EXPLAINED.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {(row["module"], row["definition"], row["mutant"]): row["why"] for row in rows}


def report(mutants: list[Mutant], every: int, seconds: float) -> str:
    """The section on one module for the page of measurements."""
    reasons = explained()
    alive = sorted((m for m in mutants if m.outcome == "survived"), key=lambda m: (m.line, m.text))
    endless = sum(m.outcome == "endless" for m in mutants)
    known = sum(m.key in reasons for m in alive)
    operators = Counter(m.operator.partition("_")[0] for m in mutants)
    lines = [
        f"`make mutants` with cosmic-ray at commit {commit()}, {seconds / 60:.0f} minutes: every place that the chosen",
        "operators can change was changed once, type annotations left out."
        + (f" Of these mutants one in {every} was looked at, in the order of their places." if every > 1 else ""),
        "",
        "| mutants | killed | of them by running on | survived, explained | survived |",
        "|---|---|---|---|---|",
        f"| {len(mutants)} | {len(mutants) - len(alive)} | {endless} | {known} | {len(alive) - known} |",
        "",
        "By operator: " + ", ".join(f"{name} {number}" for name, number in sorted(operators.items())) + ".",
    ]
    if alive:
        lines += ["", "Survivors, and why each changes no answer:", ""]
    for m in alive:
        where = f"`{m.definition}`: " if m.definition else ""
        lines.append(f"- {where}`{m.text}`. {reasons.get(m.key, '**Not explained.**')}")
    return "\n".join(lines)


def main() -> None:
    """Sweep the modules, write a section for each, and end with 1 where a survivor has no explanation."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--only", nargs="+", choices=sorted(TESTS), default=list(TESTS))
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--every", type=int, default=1, help="look at every so many-th mutant only")
    options = asked.parse_args()
    unexplained = 0
    for module in options.only:
        begin = time.monotonic()
        mutants = sweep(module, options.jobs, options.every)
        record(f"Mutants of {module}", report(mutants, options.every, time.monotonic() - begin))
        unexplained += sum(m.outcome == "survived" and m.key not in explained() for m in mutants)
    sys.exit(bool(unexplained))


if __name__ == "__main__":
    main()
