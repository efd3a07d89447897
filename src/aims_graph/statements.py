"""The sentences that say what a degree means, by how binding the text is. No sentence is a verdict."""

from __future__ import annotations

from aims_graph.model import LAW, Provision
from aims_graph.relations import Degree

CERTIFIABLE = "certifiable-standard"


def provision_statement(provision: Provision, bindingness: str, degree: Degree) -> str:
    """What a hypothetical "if all of it is done" means for one provision."""
    name = provision.notation
    if degree is Degree.CANDIDATE:
        return f"Nothing follows for {name}; it is one mapping away, and a person may look."
    full = degree is Degree.FULL
    if bindingness == LAW:
        return f"Content of {name} is {'covered' if full else 'partly covered'}."
    if bindingness == CERTIFIABLE:
        return f"The text of {name} is {'covered' if full else 'partly covered'}."
    if provision.expected_output:
        return f"Produces {'' if full else 'part of '}the expected output of {name}."
    return f"Contributes {'all of' if full else 'in part to'} the outcome {name} asks for."


def case_statement(provision: Provision, bindingness: str, degree: Degree, case: str) -> str:
    """What the record of one case means for one provision."""
    name = provision.notation
    if degree is Degree.CANDIDATE:
        return f"Nothing follows for {name} from {case} as recorded; a person may look."
    full = degree is Degree.FULL
    if bindingness == LAW:
        return f"Content of {name} is {'covered' if full else 'partly covered'} by the record of {case}."
    if bindingness == CERTIFIABLE:
        return f"{'All elements' if full else 'Some elements'} of {name} are recorded for {case}."
    if provision.expected_output:
        return f"{case} produces {'' if full else 'part of '}the expected output of {name}."
    return f"{case} contributes {'all of' if full else 'in part to'} the outcome {name} asks for."


def own_clause_statement(
    degree: Degree, names: tuple[str, str, str], recorded: int, missing: int, cases: int, complete: int
) -> str:
    """How one case stands against its own clause, and what that does not say; names: record, notation, case."""
    record, notation, case = names
    total = recorded + missing
    if degree is Degree.FULL:
        said = f"The record of {record} covers all elements of {notation} for {case}."
    elif degree is Degree.PARTIAL and missing == 0:
        said = f"The record of {record} covers all elements of {notation} that have a rule, but not each part has one."
    elif degree is Degree.PARTIAL:
        said = f"The record of {record} covers {recorded} of {total} elements of {notation} for {case}."
    else:
        said = f"The record of {record} covers no element of {notation} for {case}."
    counted = "1 case" if cases == 1 else f"{cases} cases"
    return (
        f"{said} Whether the organisation does what {notation} asks is judged over all cases "
        f"(here {counted}, of which {complete} complete)."
    )
