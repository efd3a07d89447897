"""Why an edge leaves less than what arrives at it, in words: by its relation, or by a guard."""

from __future__ import annotations

from aims_graph.indexing.hops import Hop
from aims_graph.relations import Degree, Edge

RELATIONS = {
    Edge.SUBSET: "it asks for a part of what the other asks for",
    Edge.SUPERSET: "it asks for more, and which part of it is done is not known",
    Edge.INTERSECTS: "the two share some elements, not all",
    Edge.UNRELATED: "the two are judged to share nothing",
    Edge.SUPPORTS_INTEGRAL: "it is one part of what the other needs",
    Edge.SUPPORTED_INTEGRAL: "which part of it is done is not known",
    Edge.SUPPORTS_EXAMPLE: "it is one way among others",
    Edge.SUPPORTED_EXAMPLE: "an example says nothing of the other ways",
    Edge.SUPPORTED_PRECEDES: "which part of it is done is not known",
    Edge.SUPPORTS_PRECEDES: "what comes before does not show what comes after",
    Edge.SUPPORTS: "how it supports the other is not said",
    Edge.SUPPORTED: "how the other supports it is not said",
    Edge.CROSSWALK: "the row only refers from one to the other",
    Edge.CONTRARY: "the two work against each other",
    Edge.NO_RELATIONSHIP: "the two are judged to have no relation",
    Edge.PART: "which part of the whole is done is not known",
    Edge.WHOLE: "it is one part of the whole",
    Edge.CHOSEN: "it is one of several that may be appropriate",
    Edge.FREE_CHOICE: "one way of several is done in part at most",
}

GUARDS = {
    "trust": "the row is not admitted: nobody signed it or read it twice",
    "force": "the text there is no duty that can be done",
    "date": "the text is not in force on the day",
    "role": "no one role is bound all along the chain",
    "scope": "it concerns more, or other systems, than the chain does",
    "rationale": "the rows of the chain are not of one kind, or the row is about words only",
    "twins": "equal text about another management system is another thing to do",
    "any-of": "a free choice says nothing of any one way",
    "as-appropriate": "which way is appropriate is not recorded",
    "legal-effect": "on law, no mapping row alone shows that everything is covered",
    "modality": "a 'should' lies behind",
    "contrary": "the two work against each other",
    "vacuous": "what is shared may lie in a part that was not set off",
    "trigger": "the question that decides it is answered no, or not at all",
    "occurrence": "what is shared may lie in standing elements, of which one case says nothing",
    "applicability": "the statement of applicability leaves it out, or none is loaded that says",
    "restriction": "what is shared may lie in what is asked of others",
    "period": "it was done for a period that is over",
    "joint": "the row counts in full only together with the others of its group",
    "edition": "the chain would come back to a framework that it has left",
    "conditional": "the part is asked only under a condition",
    "unrelated": "a row judges the two, or a whole around one of them, unrelated",
    "informative": "the whole only informs; its parts are not asked through it",
}


def why(hop: Hop) -> str:
    """Why an edge took something away, as a clause; empty where it took nothing."""
    if hop.degree >= hop.before:
        return ""
    if hop.lowered_by:
        return "; ".join(GUARDS.get(name, name) for name in hop.lowered_by)
    return RELATIONS[Edge(hop.relation)]


def left(degree: Degree) -> str:
    """What an edge left of a claim that it stopped, as a clause."""
    return "only a candidate is left" if degree is Degree.CANDIDATE else "nothing is left"
