"""The examples of the records' routes in the OpenAPI document, made anew with `python tests/record_examples.py`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from conftest import CASES, ROOT
from services import NOW, served

from aims_graph.library import Library
from aims_graph.workspaces import taking_in
from aims_graph.workspaces.taking_in import Source
from aims_graph.workspaces.workspace import BASE, Signature
from aims_graph.workspaces.writing import Request, Writer

FILE = ROOT / "api" / "aims_graph_api" / "record_examples.json"
SENT = {
    "kind": "Risk",
    "id": "R-1",
    "label": "The ranking drifts after a refresh of the model",
    "owner": "Quality manager, Norrland Talent AB",
}


def found(folder: Path, library: Library) -> dict[str, Any]:
    """What the service answers on the worked case, written on a day that does not change."""
    with served(folder, library, "norrland") as service:

        def write(writer: Writer) -> None:
            source = Source((CASES / "incomplete.ttl").read_bytes(), "incomplete.ttl")
            read = taking_in.read([source], library.catalogue, BASE, {})
            writer.write(Request(read.triples), Signature("Quality manager", "add incomplete.ttl"), NOW)

        service.organisations["norrland"].write(write)
        client = service.client("norrland", "admin")
        answers = {
            "list": "records?kind=EvidenceItem&limit=2",
            "record": "records/CO-1",
            "history": "records/CO-1/history",
            "findings": "check",
            "log": "log",
            "verified": "log/verify",
        }
        told = {name: client.get(path).json() for name, path in answers.items()}
        told["receipt"] = client.request("POST", "records?dry_run=true", json=SENT).json()
    return told | {"sent": SENT, "patch": {"label": "The ranking drifts", "comment": None}, "step": {"state": "closed"}}


def text(found: dict[str, Any]) -> str:
    """The same as the file holds it."""
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the examples anew."""
    FILE.write_text("{}", encoding="utf-8") if not FILE.exists() else None
    with tempfile.TemporaryDirectory() as folder:
        FILE.write_text(text(found(Path(folder), Library.open())), encoding="utf-8")


if __name__ == "__main__":
    main()
