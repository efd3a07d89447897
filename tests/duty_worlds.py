"""Small random catalogues for the planning questions: wholes, choices, conditions, roles, law, joint rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict
from datetime import date
from random import Random

import worlds as w

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.indexing.duties import Named
from aims_graph.model import Claim, Mapping, Provision
from aims_graph.relations import EQ, INT, NONE, SUB, SUP, Degree, Relation
from aims_graph.trace import Options

RELATIONS = (EQ, EQ, SUP, SUP, SUB, INT, INT, NONE, Relation.SUPPORTED_INTEGRAL, Relation.CROSSWALK)
STATUSES = ("double-read",) * 8 + ("proposed", "accepted")
EDITIONS = "abc"


def random_catalogue(seed: int) -> Catalogue:
    """Three editions of five to seven provisions each, and rows between them."""
    random = Random(seed)
    editions = [
        w.edition("a", managed=random.choice((None, "one"))),
        w.edition("b", managed=random.choice((None, "one", "two"))),
        w.edition("c", bindingness=random.choice(("law", "voluntary-framework", "voluntary-framework"))),
    ]
    provisions = [p for e in EDITIONS for p in _edition(random, e)]
    ids = [p.id for p in provisions]
    return w.catalogue(provisions, list(_rows(random, ids)), editions)


def _edition(random: Random, prefix: str) -> Iterator[Provision]:
    kind = random.choice(("AllOf", "AllOf", "AllOf", "AnyOf", "AsAppropriate"))
    exhaustive = kind == "AllOf" and random.random() < 0.8
    force = random.choice(("obligation", "obligation", None))
    yield w.provision(f"{prefix}:1", decomposition=kind, exhaustive=exhaustive, force=force)
    for number in range(random.randint(2, 3)):
        yield w.provision(f"{prefix}:1.{number}", parent=f"{prefix}:1", **_traits(random))
    for number in range(2, random.randint(4, 5)):
        yield w.provision(f"{prefix}:{number}", **_traits(random))


def _traits(random: Random) -> dict[str, object]:
    later = (w.applies(date(2030, 1, 1)),)
    return {
        "binds": random.choice(((), (), (), ("provider",), ("deployer",))),
        "conditional": random.random() < 0.1,
        "force": "prohibition" if random.random() < 0.08 else "obligation",
        "applies": later if random.random() < 0.15 else (),
    }


def _rows(random: Random, ids: list[str]) -> Iterator[Mapping]:
    whole = random.choice(("b:1.", "c:1."))
    ours = [i for i in ids if i[0] == "a"]
    spread = [(random.choice(ours), o) for o in ids if o.startswith(whole)]
    for number, (subject, object_) in enumerate(dict.fromkeys(spread)):
        yield w.row(subject, random.choice((EQ, SUP)), object_, 0.9, id=f"spread-{number}")
    pairs = [(s, o) for s in ids for o in ids if s[0] < o[0] and (s, o) not in spread]
    for number, (subject, object_) in enumerate(random.sample(pairs, 12)):
        confidence = random.choice((None, 0.5, 0.7, 0.9, 1.0))
        status = random.choice(STATUSES)
        yield w.row(subject, random.choice(RELATIONS), object_, confidence, id=f"row-{number}", status=status)
    if random.random() < 0.5:
        first, second = random.sample([i for i in ids if i[0] == "a"], 2)
        target = random.choice([i for i in ids if i[0] == "b"])
        relation = random.choice((EQ, SUP, SUB))
        for number, subject in enumerate((first, second)):
            yield w.row(subject, relation, target, 0.8, id=f"joint-{number}", joint="group")


def covered(known: Catalogue, claims: Dict[str, Claim], provision: str, roles: tuple[str, ...]) -> bool:
    """Whether it is full, or a whole around it is, by a proof of which it binds a role too."""
    path = (provision, *known.ancestors(provision))
    for number, whole in enumerate(path):
        claim = claims.get(whole)
        proofs = claim.derivations if claim is not None and claim.degree is Degree.FULL else ()
        if any(_bind_one(known, (*path[:number], *(s.conclusion for s in proof.steps)), roles) for proof in proofs):
            return True
    return False


def _bind_one(known: Catalogue, names: Iterable[str], roles: tuple[str, ...]) -> bool:
    """Whether all that are bound to roles share one, of those asked about."""
    bound = [known.provisions[n].binds for n in names if known.provisions[n].binds]
    return not bound or bool(frozenset.intersection(*bound, *([frozenset(roles)] if roles else [])))


def options(random: Random) -> Options:
    """A question for one role or for every role."""
    return Options(w.TODAY, roles=random.choice(((), (), ("provider",))))


def context(known: Options) -> Context:
    """The context of a question."""
    return known.context()


def thing(catalogue: Catalogue, name: str) -> Named:
    """A provision or an edition as the resolver would name it."""
    if name in catalogue.editions:
        held = tuple(p.id for p in catalogue.provisions.values() if p.edition == name)
        return Named(name, name, True, held)
    return Named(name, name, False, (name,))
