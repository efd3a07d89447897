"""Templates to HTML: everything that comes from data or from people is escaped."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from aims_graph.answers import CASE_LEVEL, NOTICE
from aims_graph.relations import Degree
from aims_graph.tables.tables import GLYPHS, STATE_GLYPHS, how_sure


@cache
def environment() -> Environment:
    """The templates of this package, with the words and glyphs that the command line uses."""
    found = Environment(
        loader=PackageLoader("aims_graph_api"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(
        NOTICE=NOTICE,
        CASE_LEVEL=CASE_LEVEL,
        Degree=Degree,
        glyphs={degree.word: glyph for degree, glyph in GLYPHS.items()},
        state_glyphs=STATE_GLYPHS,
        how_sure=how_sure,
    )
    found.tests["weblink"] = is_weblink
    found.filters["code"] = code
    return found


def render(template: str, **values: Any) -> str:
    """One page as HTML."""
    return environment().get_template(template).render(values)


def is_weblink(address: str | None) -> bool:
    """Whether an address may stand in a link: nothing that a browser would run.

    >>> is_weblink("https://example.org/"), is_weblink("javascript:alert(1)"), is_weblink(None)
    (True, False, False)
    """
    return address is not None and address.startswith(("https://", "http://"))


def code(text: str) -> Markup:
    """Text with what stands between backquotes set as code; all of it escaped.

    >>> print(code("either `a<b` or not"))
    either <code>a&lt;b</code> or not
    """
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  (escaped above)
