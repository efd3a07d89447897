"""The pages for people: ask, one provision, and the list of addresses. No script, nothing from another host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from aims_graph.answers import WhatElse
from aims_graph.ego import around
from aims_graph.errors import AimsGraphError, InputError, NameError_, UnknownName
from aims_graph.library import Library
from aims_graph.model import ANY_CLASS
from aims_graph.showing import frameworks_json, show_json
from aims_graph.trace import Options
from aims_graph_api.html.drawing import Drawing, draw
from aims_graph_api.html.rendering import render
from aims_graph_api.parameters import LONGEST, Asking, Today, day, options
from aims_graph_api.problems import kind_of, told_of
from aims_graph_api.serving import Loaded

ALSO_FOUND = 10  # search results offered where a name is unknown

RoleNames = Annotated[list[str] | None, Query()]


@dataclass(frozen=True)
class Form:
    """What a person has filled in, as it goes into the form and into every link of the answer."""

    q: str
    role: tuple[str, ...]
    as_of: str
    system_class: str

    def asking(self) -> Asking:
        """The same as the parameters of a question."""
        as_of = day(self.as_of, "as_of") if self.as_of else None
        return Asking(as_of=as_of, role=list(self.role), system_class=self.system_class)

    def _settings(self) -> list[tuple[str, str]]:
        chosen = [("role", r) for r in self.role]
        chosen += [("as_of", self.as_of)] if self.as_of else []
        return chosen + ([("system_class", self.system_class)] if self.system_class != ANY_CLASS else [])

    def asked(self, text: str) -> str:
        """The address of the same question about something else."""
        return f"/?{urlencode([('q', text), *self._settings()])}"

    def provision(self, name: str) -> str:
        """The address of a provision's page, asked in the same way."""
        settings = urlencode(self._settings())
        return f"/provisions/{quote(name, safe=':')}{'?' if settings else ''}{settings}"


def _form(q: str, role: list[str] | None, as_of: str, system_class: str) -> Form:
    roles = tuple(r for r in role or () if r)
    return Form(q.strip(), roles, as_of.strip(), system_class or ANY_CLASS)


def router(today: Today, document: Callable[[], dict[str, Any]]) -> APIRouter:
    """The pages; `document` gives the OpenAPI document."""
    pages = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @pages.get("/")
    def ask(
        library: Loaded, q: str = "", role: RoleNames = None, as_of: str = "", system_class: str = ""
    ) -> HTMLResponse:
        """The form, and below it the answer to `q`."""
        form = _form(q, role, as_of, system_class)
        try:
            answer = _answer(library, today, form) if form.q else None
        except AimsGraphError as error:
            return _problem(library, form, error)
        return _page(library, form, "ask.html", answer=answer, frameworks=frameworks_json(library.catalogue, today()))

    @pages.get("/provisions/{curie:path}")
    def provision(
        library: Loaded, curie: str, role: RoleNames = None, as_of: str = "", system_class: str = ""
    ) -> HTMLResponse:
        """One provision: its facts, what it counts towards, and its neighbourhood as a picture."""
        form = _form(curie, role, as_of, system_class)
        try:
            chosen, name = _options(library, today, form), library.names.resolve(form.q)
            answer = library.what_else([name], chosen)
        except AimsGraphError as error:
            return _problem(library, form, error)
        return _page(
            library,
            form,
            "provision.html",
            answer=answer,
            shown=show_json(library.catalogue, library.rules, name, chosen.as_of),
            drawing=_drawing(library, answer, form),
        )

    @pages.get("/docs")
    def docs() -> HTMLResponse:
        """Every address of the API, from the OpenAPI document."""
        return HTMLResponse(render("docs.html", document=document()))

    return pages


def _options(library: Library, today: Today, form: Form) -> Options:
    if len(form.q) > LONGEST:
        raise InputError(f"this name has {len(form.q)} characters. Give at most {LONGEST}.")
    return options(library, today, form.asking())


def _answer(library: Library, today: Today, form: Form) -> WhatElse:
    return library.what_else([form.q], _options(library, today, form))


def _drawing(library: Library, answer: WhatElse, form: Form) -> Drawing | None:
    """The picture of an answer; None where there is nothing around the centre."""
    if not answer.answers:
        return None
    return draw(around(library.catalogue, answer), form.provision, form.provision(answer.targets[0]))


def _page(library: Library, form: Form, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    catalogue = library.catalogue
    mapped = (row.subject for row in catalogue.mappings if row.subject in catalogue.provisions)
    example = next(mapped, next(iter(catalogue.provisions), ""))
    return HTMLResponse(
        render(template, catalogue=catalogue, form=form, example=example, **values),
        status_code=status,
    )


def _problem(library: Library, form: Form, error: AimsGraphError) -> HTMLResponse:
    """What is wrong with a question, with links to what may have been meant."""
    kind = kind_of(error)
    candidates = error.candidates if isinstance(error, NameError_) else ()
    found = library.names.find(form.q, ALSO_FOUND) if isinstance(error, UnknownName) else ()
    return _page(
        library,
        form,
        "problem.html",
        kind.status,
        kind=kind,
        message=told_of(error),
        candidates=candidates,
        found=[n for n in found if n not in candidates],
    )
