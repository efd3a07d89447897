"""The parameters that routes share: option names of the command line with `_`, repeatable where the option is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from aims_graph.errors import InputError
from aims_graph.library import Library
from aims_graph.model import ANY_CLASS, read_day
from aims_graph.relations import Degree
from aims_graph.trace import Options

LONGEST = 200  # characters of a name or search that a person types
MOST_TARGETS = 500  # names in one request

Today = Callable[[], date]
Typed = Annotated[str, Field(max_length=LONGEST)]


def _read(given: object) -> date:
    """A day as people write it: pydantic itself would take numbers and moments too."""
    try:
        return read_day(str(given))
    except ValueError:
        raise PydanticCustomError("no_day", "not a date") from None


Day = Annotated[date, BeforeValidator(_read)]


class Moment(BaseModel):
    """For which day something is asked. A parameter that is not known is refused, never ignored."""

    model_config = ConfigDict(extra="forbid")

    as_of: Annotated[
        Day | None,
        Field(description="The day the answer is for, YYYY-MM-DD; today (UTC) where left out."),
    ] = None


class Between(BaseModel):
    """After which day, and up to which, changes are asked for."""

    model_config = ConfigDict(extra="forbid")

    start: Annotated[Day, Field(alias="from", description="Changes after this day, YYYY-MM-DD.")]
    end: Annotated[
        Day | None, Field(alias="to", description="Up to this day, YYYY-MM-DD; today (UTC) where left out.")
    ] = None


class Reading(Moment):
    """For which day and on which rows something is asked."""

    trust: Annotated[
        Literal["double-read", "accepted"],
        Field(description="`double-read`, or `accepted`: only rows that an accountable person signed."),
    ] = "double-read"


class Asking(Reading):
    """For whom, when, for which systems and how strictly something is asked."""

    role: Annotated[list[str], Field(description="Your role; repeatable. Every role where left out.")] = []
    system_class: Annotated[str, Field(description="The class of AI system in question.")] = ANY_CLASS


class Selecting(Asking):
    """Which answers of a what-else question are wanted."""

    framework: Annotated[
        list[Typed],
        Field(description="Only answers in this framework, by id or a name people type; repeatable."),
    ] = []
    min_degree: Annotated[
        Literal["full", "partial", "candidate"],
        Field(description="The least degree shown."),
    ] = "candidate"
    limit: Annotated[
        int | None,
        Field(ge=1, description="At most so many answers; then `truncated` says whether any were cut."),
    ] = None


def day(text: str, name: str) -> date:
    """The day that a parameter gives where no model reads it."""
    try:
        return read_day(text)
    except ValueError as error:
        raise InputError(f"{name}: {error}") from None


def options(library: Library, today: Today, asked: Asking) -> Options:
    """The options of a question, as the command line makes them of the same words."""
    chosen = asked if isinstance(asked, Selecting) else Selecting()
    return Options(
        as_of=asked.as_of or today(),
        roles=tuple(dict.fromkeys(asked.role)),
        system_class=asked.system_class,
        trust=asked.trust,
        frameworks=tuple(library.names.edition(f) for f in chosen.framework),
        min_degree=Degree[chosen.min_degree.upper()],
        limit=chosen.limit,
    )
