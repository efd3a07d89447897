"""Saved questions: one `.rq` file each, with a header that says what it asks and takes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyoxigraph as ox

from aims_graph.errors import DataError, InputError, Problem, QueryError, UnknownName
from aims_graph.files import DataFile
from aims_graph.model import Source
from aims_graph.sparql_text import escape_dots, refuse_dangerous, unescaped_dotted_names
from aims_graph.vocab import XSD

PARAMETER_TYPES = ("iri", "provision", "record", "date", "string", "integer", "decimal")
MAX_REASON = 160  # characters of a parser's message that help a person
HEADER_KEYS = ("summary", "tags", "parameters", "answers")


@dataclass(frozen=True)
class Parameter:
    """One value a question takes: a projected variable bound as a term, never pasted."""

    name: str
    type: str
    example: str
    about: str
    default: str | None = None  # used where no value is given


@dataclass(frozen=True)
class Question:
    """A saved question."""

    name: str
    summary: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    answers: str
    text: str
    source: Source


@dataclass(frozen=True)
class Table:
    """The rows a SELECT gave: variable names, and terms or None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None, ...], ...]


def load(files: Iterable[DataFile]) -> dict[str, Question]:
    """All questions by name; raises one DataError with every problem."""
    questions: dict[str, Question] = {}
    problems: list[Problem] = []
    for file in files:
        if file.kind == "question":
            question, found = parse(file.path, file.text)
            problems += found
            if question is not None:
                questions[question.name] = question
    if problems:
        raise DataError(problems)
    return questions


def parse(path: str, text: str) -> tuple[Question | None, list[Problem]]:
    """Read one question file: its `#+` header as YAML, its query checked by the parser."""
    import yaml

    lines = [(i, m[1]) for i, line in enumerate(text.splitlines(), 1) if (m := re.match(r"#\+\s?(.*)", line))]
    try:
        header = yaml.safe_load("\n".join(line for _, line in lines)) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        number = lines[min(mark.line, len(lines) - 1)][0] if mark and lines else 1
        return None, [Problem(path, number, "the '#+' header is not valid YAML.", "Correct that line.")]
    problems = _header_problems(path, header)
    problems += [
        Problem(path, line, f"'{name}' has unescaped dots.", r"Write each inner dot as '\.'.")
        for line, name in unescaped_dotted_names(text)
    ]
    problems += _syntax_problems(path, text)
    if problems:
        return None, problems
    parameters = tuple(
        Parameter(
            name,
            spec["type"],
            str(spec["example"]),
            str(spec.get("about", "")),
            None if "default" not in spec else str(spec["default"]),
        )
        for name, spec in (header.get("parameters") or {}).items()
    )
    problems += [
        Problem(path, 1, f"parameter '{p.name}' is not projected.", f"Add ?{p.name} after SELECT.")
        for p in parameters
        if not re.search(rf"\?{re.escape(p.name)}\b", _projection(text))
    ]
    name = path.rsplit("/", 1)[-1].removesuffix(".rq")
    question = Question(
        name,
        header["summary"],
        tuple(header.get("tags") or ()),
        parameters,
        header["answers"],
        text,
        Source(path, 1),
    )
    return question, problems


def _projection(text: str) -> str:
    match = re.search(r"\bSELECT\b(.*?)(?:\bWHERE\b|\{)", text, re.S | re.I)
    return match[1] if match else ""


def _header_problems(path: str, header: Any) -> list[Problem]:
    if not isinstance(header, dict):
        return [Problem(path, 1, "the '#+' header is not 'key: value' lines.", "Add '#+ summary: …'.")]
    problems = [
        Problem(path, 1, f"the header has no '{key}'.", f"Add '#+ {key}: …'.")
        for key in ("summary", "answers")
        if not header.get(key)
    ]
    problems += [
        Problem(path, 1, f"header key '{key}' is not known.", f"Use one of: {', '.join(HEADER_KEYS)}.")
        for key in header
        if key not in HEADER_KEYS
    ]
    parameters = header.get("parameters") or {}
    if not isinstance(parameters, dict):
        return [*problems, Problem(path, 1, "parameters is not a map.", "Write { name: { type: iri, … } }.")]
    for name, spec in parameters.items():
        if not isinstance(spec, dict) or spec.get("type") not in PARAMETER_TYPES or "example" not in spec:
            types = ", ".join(PARAMETER_TYPES)
            what = f"parameter '{name}' needs a type and an example."
            problems.append(Problem(path, 1, what, f"Types are: {types}."))
    return problems


def _syntax_problems(path: str, text: str) -> list[Problem]:
    try:
        refuse_dangerous(text)
        ox.Store().query(escape_dots(text))
    except QueryError as error:
        return [Problem(path, 1, str(error), "")]
    except SyntaxError as error:
        line = getattr(error, "lineno", None) or _line_in(str(error))
        return [Problem(path, line, f"not valid SPARQL: {reason(error)}.", "Correct the query.")]
    return []


def _line_in(message: str) -> int:
    match = re.search(r"\bat (\d+):", message)
    return int(match[1]) if match else 1


def reason(error: Exception) -> str:
    """The parser's first line; where it is a list of tokens, only the place."""
    first = str(error).splitlines()[0].rstrip(".") if str(error) else "syntax error"
    if "Prefix not found" in first:
        return f"{first.split(': expected')[0]}: a prefix is not declared; add a PREFIX line"
    return first if len(first) <= MAX_REASON else first.split(": expected")[0]


def find(questions: Dict[str, Question], name: str) -> Question:
    """The question of that name, or UnknownName with those nearest."""
    from difflib import get_close_matches

    if name in questions:
        return questions[name]
    near = get_close_matches(name, questions, n=5, cutoff=0.5)
    hint = None if near else f"Use one of: {', '.join(sorted(questions))}."
    raise UnknownName(name, near or sorted(questions), "question", hint)


def bind(question: Question, values: Dict[str, ox.NamedNode | ox.Literal]) -> dict[ox.Variable, Any]:
    """Substitutions for the store; every parameter must have a value."""
    missing = [p.name for p in question.parameters if p.name not in values]
    if missing:
        shown = " ".join(f"{p.name}={p.example}" for p in question.parameters)
        raise InputError(f"question '{question.name}' needs {', '.join(missing)}. For example: {shown}")
    extra = sorted(set(values) - {p.name for p in question.parameters})
    if extra:
        raise InputError(f"question '{question.name}' takes no {', '.join(extra)}.")
    return {ox.Variable(name): term for name, term in values.items()}


def literal(parameter: Parameter, text: str) -> ox.Literal:
    """A typed value for a parameter that is no name; InputError where the text does not fit."""
    try:
        if parameter.type == "date":
            return ox.Literal(date.fromisoformat(text).isoformat(), datatype=ox.NamedNode(f"{XSD}date"))
        if parameter.type == "integer":
            return ox.Literal(int(text))
        if parameter.type == "decimal":
            return ox.Literal(f"{float(text)}", datatype=ox.NamedNode(f"{XSD}decimal"))
    except ValueError as error:
        raise InputError(f"{parameter.name} '{text}' is not a {parameter.type}.") from error
    return ox.Literal(text)


def run(store: ox.Store, question: Question, values: Dict[str, ox.NamedNode | ox.Literal]) -> Table:
    """Ask a saved question; parameters are bound as terms and come back in their columns."""
    bound = bind(question, values)
    found = select(store, question.text, bound)
    given = {v.value: term for v, term in bound.items()}
    rows = tuple(tuple(given.get(c, cell) for c, cell in zip(found.columns, row, strict=True)) for row in found.rows)
    return Table(found.columns, rows)


def select(store: ox.Store, text: str, bound: dict[ox.Variable, Any] | None = None) -> Table:
    """Run a SELECT over the union of all graphs."""
    found = evaluate(store, text, bound)
    if not isinstance(found, ox.QuerySolutions):
        raise QueryError("this is not a SELECT query.")
    columns = tuple(v.value for v in found.variables)
    return Table(columns, tuple(tuple(row) for row in found))


def evaluate(
    store: ox.Store,
    text: str,
    bound: dict[ox.Variable, Any] | None = None,
    prefixes: Dict[str, str] | None = None,
) -> Any:
    """Run any read query over the union of all graphs; QueryError says what is wrong with it.

    `prefixes` are taken as declared where the query does not declare them.
    """
    refuse_dangerous(text)
    try:
        return store.query(
            escape_dots(text),
            prefixes=dict(prefixes or {}),
            use_default_graph_as_union=True,
            substitutions=bound or None,
        )
    except (SyntaxError, ValueError) as error:
        raise QueryError(f"not a valid query: {reason(error)}.") from error
