"""Examples about records for the OpenAPI document: the service's own answers on the worked case, as a test holds."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

Json = dict[str, Any]
FILE = "record_examples.json"
JSON, PATCH = "application/json", "application/merge-patch+json"
ANSWERED = {
    ("/records", "get"): "list",
    ("/records", "post"): "receipt",
    ("/records/{id}", "get"): "record",
    ("/records/{id}", "put"): "receipt",
    ("/records/{id}", "patch"): "receipt",
    ("/records/{id}/history", "get"): "history",
    ("/check", "get"): "findings",
    ("/check", "post"): "findings",
    ("/log", "get"): "log",
    ("/log/verify", "get"): "verified",
}
SENT = {
    ("/records", "post"): "sent",
    ("/records/{id}", "put"): "sent",
    ("/records/{id}", "patch"): "patch",
    ("/records/{id}/move", "post"): "step",
    ("/check", "post"): "sent",
}
PARAMETERS = {"id": "NC-3", "record": "CA-7", "kind": "Nonconformity", "state": "open", "sheet": "corrections"}


@cache
def examples() -> Json:
    """The examples by name."""
    found: Json = json.loads((files("aims_graph_api") / FILE).read_text(encoding="utf-8"))
    return found


def add(paths: Json, prefix: str) -> None:
    """Put an example to each route about records: what is sent, what is answered, and which record it is about."""
    for (path, method), name in ANSWERED.items():
        _put(paths[prefix + path][method]["responses"]["200"]["content"][JSON], name)
    for (path, method), name in SENT.items():
        content = paths[prefix + path][method]["requestBody"]["content"]
        _put(content[PATCH if PATCH in content else JSON], name)
    for path, operations in paths.items():
        for operation in operations.values() if path.startswith((f"{prefix}/records", f"{prefix}/evidence")) else ():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in PARAMETERS:
                    parameter["example"] = PARAMETERS[parameter["name"]]


def _put(content: Json, name: str) -> None:
    content["examples"] = {"the worked case": {"value": examples()[name]}}
