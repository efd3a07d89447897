"""What is wrong with the parameters or the body of a request, in words: where it stands, what it is, how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from fastapi import Request

from aims_graph.model import NO_DAY
from aims_graph_api.routing import template

QUERY, BODY = "query", "body"
READ_ON = "What is taken here stands at /docs."
LONGEST = 60  # characters of what was sent that are said back

Error = Mapping[str, Any]


def complaint(request: Request, error: Error) -> str:
    """One error that the reader of parameters and bodies found, as what, where and how to mend it."""
    place, kind = error["loc"], error["type"]
    if kind == "json_invalid":
        said = error["ctx"]["error"].removesuffix(".")
        return f"The body is not JSON: {said}, at character {place[-1]}. Send one JSON object."
    where = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        return f"{where}: nothing here has this name. {_instead(str(place[-1]), _taken(request, place))}"
    if kind == "missing" and tuple(place) == (BODY,):
        needed = _listed(_model(request).get("required", ()))
        return f"{where}: nothing was sent. Send a JSON object with {needed}."
    known = _SAID.get(kind)
    said = f"{error['msg'].removesuffix('.')}. {READ_ON}" if known is None else known(error)
    return f"{where}: {said}"


def _instead(name: str, taken: list[str]) -> str:
    near = get_close_matches(name, taken, n=2)
    if near:
        return f"Did you mean {_listed(near, 'or')}?"
    return f"Leave it out, or use one of: {', '.join(taken)}." if taken else "Leave it out: nothing is taken here."


def _taken(request: Request, place: Iterable[Any]) -> list[str]:
    """The names that may stand beside one that may not, as the description of the service lists them."""
    source, *inner = place
    if source == QUERY:
        parameters = _operation(request.app.openapi(), request).get("parameters", ())
        return [parameter["name"] for parameter in parameters if parameter["in"] == QUERY]
    return list(_model(request).get("properties", ())) if source == BODY and len(inner) == 1 else []


def _model(request: Request) -> Mapping[str, Any]:
    """The description of the JSON object that a route takes; empty where it takes none."""
    document = request.app.openapi()
    content = _operation(document, request).get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = document["components"]["schemas"].get(name, {})
    return found


def _operation(document: Mapping[str, Any], request: Request) -> Mapping[str, Any]:
    found: Mapping[str, Any] = document["paths"].get(template(request.scope), {}).get(request.method.lower(), {})
    return found


def _listed(names: Iterable[str], word: str = "and") -> str:
    """Names as a sentence has them.

    >>> _listed(["a", "b", "c"], "or")
    "'a', 'b' or 'c'"
    """
    *most, last = (f"'{name}'" for name in names)
    return f"{', '.join(most)} {word} {last}" if most else last


def _limit(error: Error) -> str:
    (name, value), *_ = error["ctx"].items()
    words = {"ge": "{} or more", "gt": "more than {}", "le": "{} or less", "lt": "less than {}"}
    return f"'{_sent(error)}' is beyond what is taken. Give {words[name].format(value)}."


def _sent(error: Error) -> str:
    """What was sent in place of a number or the like."""
    shown = str(error["input"])
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def _is_no(what: str, form: str) -> Callable[[Error], str]:
    """What is said of a value that is not of the kind that is taken."""
    return lambda error: f"'{_sent(error)}' is no {what}. Write {form}."


_NUMBER, _FRACTION = _is_no("whole number", "one such as 10"), _is_no("number", "one such as 2.5")
_YES_NO, _TEXT = _is_no("yes or no", "true or false"), _is_no("text", 'it in quotes: "…"')
_LIST, _OBJECT = _is_no("list", 'one: ["…", "…"]'), _is_no("JSON object", 'one: {"…": …}')
_SAID: dict[str, Callable[[Error], str]] = {
    "missing": lambda _: f"this is needed, and is not given. Give it. {READ_ON}",
    **dict.fromkeys(("int_parsing", "int_from_float", "int_type", "int_parsing_size"), _NUMBER),
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), _FRACTION),
    **dict.fromkeys(("bool_parsing", "bool_type"), _YES_NO),
    "string_type": _TEXT,
    "no_day": lambda error: NO_DAY.format(_sent(error)),
    "list_type": _LIST,
    **dict.fromkeys(("dict_type", "model_attributes_type", "model_type"), _OBJECT),
    "literal_error": lambda error: f"'{_sent(error)}' is not taken. Use {error['ctx']['expected']}.",
    "string_too_long": lambda error: f"this is too long. Keep it within {error['ctx']['max_length']} characters.",
    "too_long": lambda error: f"these are too many. Give at most {error['ctx']['max_length']}.",
    "too_short": lambda error: f"these are too few. Give at least {error['ctx']['min_length']}.",
    **dict.fromkeys(("greater_than_equal", "greater_than", "less_than_equal", "less_than"), _limit),
}
