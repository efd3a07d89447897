"""Queries that are meant to break, stall or fill what runs them, or to make it reach outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

ALL = "?s ?p ?o"
TRIPLE = "?a ?b ?c"


@dataclass(frozen=True)
class Hostile:
    """A query, and what must become of it: `refused`, `answered`, or anything within the limits."""

    text: str
    outcome: str = ""


def hostile(address: str, file: str) -> list[Hostile]:
    """Over two hundred; `address` is where somebody listens, `file` is one that must not be read."""
    return [
        *(Hostile(text, "refused") for text in _outside(address, file)),
        *(Hostile(text, "answered") for text in _looks_like_it(address)),
        *(Hostile(text) for text in (*_nested(), *_long(), *_joins(), *_texts(), *_paths(), *_large(), *_broken())),
    ]


def _outside(address: str, file: str) -> Iterator[str]:
    places = (f"<{address}>", f"<file://{file}>")
    for place in places:
        for word in (
            "SERVICE",
            "service",
            "SeRvIcE",
            "SERVICE SILENT",
            "SERVICE\n\n",
            "SERVICE#a\n",
            "service\tsilent",
        ):
            yield f"SELECT * {{ {word} {place} {{ {ALL} }} }}"
        for word in (r"\u0053ERVICE", r"S\u0045RVICE", r"\U00000053ERVICE", r"SERVIC\u0045"):
            yield f"SELECT * {{ {word} {place} {{ {ALL} }} }}"
        yield f"SELECT * {{ {ALL} OPTIONAL {{ SERVICE {place} {{ {TRIPLE} }} }} }}"
        yield f"SELECT * {{ {ALL} FILTER EXISTS {{ SERVICE {place} {{ {TRIPLE} }} }} }}"
        yield f"SELECT * {{ {{ SELECT * {{ SERVICE {place} {{ {TRIPLE} }} }} }} }}"
        yield f"SELECT * {{ {ALL} MINUS {{ SERVICE {place} {{ {TRIPLE} }} }} }}"
        yield f"SELECT * {{ GRAPH ?g {{ SERVICE {place} {{ {TRIPLE} }} }} }}"
        yield f"SELECT * {{ VALUES ?h {{ {place} }} SERVICE ?h {{ {TRIPLE} }} }}"
        yield f"SELECT * {{ ?s ?p true.SERVICE{place}{{ {TRIPLE} }} }}"
        yield f'SELECT * {{ BIND("a\\u0022" AS ?x) SERVICE {place} {{ ?a ?b "x" }} }}'
        yield f"PREFIX p: {place} SELECT * {{ SERVICE p: {{ {TRIPLE} }} }}"
        yield f"BASE {place} SELECT * {{ SERVICE <> {{ {TRIPLE} }} }}"
        yield f"ASK {{ SERVICE {place} {{ {TRIPLE} }} }}"
        yield f"DESCRIBE ?s {{ SERVICE {place} {{ {ALL} }} }}"
        yield f"CONSTRUCT {{ {ALL} }} WHERE {{ SERVICE {place} {{ {ALL} }} }}"
        for words in ("FROM", "from", "FROM NAMED", "From\nNamed", "FROM#x\n", "FROM NAMED#x\n#y\n", "FROM\t"):
            yield f"SELECT * {words} {place} {{ {ALL} }}"
            yield f"CONSTRUCT {{ {ALL} }} {words}{place} WHERE {{ {ALL} }}"
        yield f"SELECT * FR\\u004FM {place} {{ {ALL} }}"
        yield f"PREFIX f: {place} SELECT * FROM f: {{ {ALL} }}"
        yield f"PREFIX f: {place} ASK FROM NAMED f:a\\.b {{ {ALL} }}"
        yield f"BASE {place} SELECT * FROM <x> {{ {ALL} }}"
        yield f"SELECT * FROM nothing:x {{ {ALL} }}"
        yield f"DESCRIBE <http://x/> FROM {place}"
        yield f"LOAD {place}"
        yield f"LOAD SILENT {place} INTO GRAPH <http://x/>"
        yield f"LO\\u0041D {place}"
        yield f"INSERT DATA {{ <http://x/> <http://x/> 1 }} ; LOAD {place}"
        yield f"CLEAR ALL; load{place}"
        yield f"DROP ALL # {place}"
        yield f"DELETE {{ {ALL} }} INSERT {{ {ALL} }} WHERE {{ SERVICE {place} {{ {ALL} }} }}"


def _looks_like_it(address: str) -> Iterator[str]:
    for text in ("SERVICE <x>", "LOAD", "FROM NAMED", "DROP ALL ; LOAD"):
        yield f'SELECT ("{text}" AS ?x) {{}}'
        yield f"SELECT * {{ VALUES ?x {{ '''{text}''' }} }}"
        yield f'SELECT * {{ VALUES ?x {{ """\n{text}\n""" }} }}'
        yield f"SELECT * {{ }} # {text} <{address}>"
    yield "SELECT ?from ?service ?load { VALUES (?from ?service ?load) { (1 2 3) } }"
    yield f"PREFIX service: <{address}> SELECT * {{ VALUES ?x {{ service:from service:load }} }}"
    yield f"SELECT * {{ VALUES ?x {{ <{address}#SERVICE> }} }}"
    yield 'SELECT ("x"@from AS ?x) {}'


def _nested() -> Iterator[str]:
    for depth in (50, 95, 101, 5_000, 60_000):
        yield "SELECT * " + "{" * depth + "}" * depth
        yield "SELECT * { ?s ?p " + "(" * depth + ")" * depth + " }"
        yield "SELECT * { ?s ?p " + "[ ?q " * depth + "1" + "]" * depth + " }"
        yield "SELECT * { FILTER(" + "(" * depth + "1" + ")" * depth + ") }"
        yield "SELECT * { ?s " + "(" * depth + "<http://p>" + ")" * depth + " ?o }"
        yield "SELECT * { ?s ?p ?o " + "OPTIONAL { ?s ?p ?o " * depth + "}" * depth + " }"
    for depth in (12, 24, 48):
        yield "SELECT * { ?s ?p " + "( 1 " * depth + ")" * depth + " }"
        yield "SELECT * { " + "[] ?p ( [ ?q ( " * depth + ") ] ) ." * depth + " }"
        yield "SELECT * { ?s !(" + "^" * depth + "<http://p>) ?o }"
        yield "SELECT * { SELECT * { " * depth + ALL + " } }" * depth
        yield "SELECT * { FILTER NOT EXISTS { " * depth + ALL + " }" * depth + " }"
        yield "SELECT (" + "IF(true, " * depth + "1" + ", 2)" * depth + " AS ?x) {}"


def _long() -> Iterator[str]:
    for size in (1_000, 20_000):
        yield "SELECT * { FILTER(" + "!" * size + "true) }"
        yield "SELECT * { FILTER(" + "- " * size + "1) }"
        yield "SELECT * { FILTER(" + "1+" * size + "1) }"
        yield "SELECT * { FILTER(" + "true&&" * size + "true) }"
        yield "SELECT * { ?s " + "/".join(["<http://p>"] * (size // 2)) + " ?o }"
        yield "SELECT * { ?s " + "|".join(["<http://p>"] * (size // 2)) + " ?o }"
        yield "SELECT * { ?s " + "^" * size + "<http://p> ?o }"
        yield "SELECT * { {}" + " UNION {}" * size + " }"
        yield "SELECT * { {}" + " OPTIONAL {}" * size + " }"
        yield "SELECT * { {}" + " MINUS {}" * size + " }"
        yield "SELECT * { ?s ?p ?o" + " . ?s ?p ?o" * size + " }"
        yield "SELECT * { VALUES ?x {" + " 1" * size + " } }"
        yield "SELECT " + " ".join(f"?v{n}" for n in range(size)) + " {}"
        yield "#\n" * size + "ASK {}"
        yield "PREFIX a: <http://a> " * (size // 4) + "ASK {}"
    yield "ASK {} " + " " * 300_000


def _joins() -> Iterator[str]:
    for several in (2, 3, 4, 8):
        crossed = " . ".join(f"?s{n} ?p{n} ?o{n}" for n in range(several))
        yield f"SELECT * {{ {crossed} }}"
        yield f"SELECT (COUNT(*) AS ?n) {{ {crossed} }}"
        yield f"SELECT DISTINCT ?s0 {{ {crossed} }} ORDER BY ?o1"
        yield f"CONSTRUCT {{ ?s0 ?p1 ?o0 }} WHERE {{ {crossed} }}"
        yield f"CONSTRUCT {{ [] ?p0 [ ?p1 [] ] }} WHERE {{ {crossed} }}"
        yield f"ASK {{ {crossed} FILTER(?s0 = ?nothing) }}"
        yield f"SELECT (GROUP_CONCAT(CONCAT(STR(?s0), STR(?o1))) AS ?x) {{ {crossed} }}"
        yield f"SELECT (SAMPLE(?o1) AS ?x) {{ {crossed} }} GROUP BY ?s0 ?s1"
    yield "DESCRIBE ?s { ?s ?p ?o }"
    yield "SELECT * { ?s ?p ?o . FILTER NOT EXISTS { ?x ?y ?z FILTER(?z = ?o && ?x != ?s) } }"
    ten = "VALUES ?v%d { 0 1 2 3 4 5 6 7 8 9 }"
    yield "SELECT * { " + " ".join(ten % n for n in range(9)) + " }"
    yield "SELECT (COUNT(*) AS ?n) { " + " ".join(ten % n for n in range(9)) + " }"


def _texts() -> Iterator[str]:
    grown = 'BIND("xxxxxxxxxx" AS ?t0) ' + " ".join(
        f"BIND(CONCAT(?t{n},?t{n},?t{n},?t{n},?t{n},?t{n},?t{n},?t{n}) AS ?t{n + 1})" for n in range(12)
    )
    yield f"SELECT * {{ {grown} }}"
    yield f"SELECT (STRLEN(?t12) AS ?n) {{ {grown} }}"
    yield f"SELECT (SHA512(?t12) AS ?n) {{ {grown} }}"
    many = "a" * 5_000
    for pattern in ("(a+)+$", "(a|aa)+$", "((a*)*)*b", "(.*a){20}", "a{1000}{1000}", "(x+x+)+y", "(?:a?){500}a{500}"):
        yield f'SELECT * {{ BIND("{many}" AS ?t) FILTER(REGEX(?t, "{pattern}")) }}'
        yield f'SELECT * {{ {ALL} FILTER(REGEX(STR(?o), "{pattern}", "i")) }}'
        yield f'SELECT (REPLACE("{many}", "{pattern}", "{many}") AS ?x) {{}}'


def _paths() -> Iterator[str]:
    for path in (
        "(<http://p>|!<http://p>)*",
        "(!<http://p>)+",
        "(!<http://p>/!<http://q>)*",
        "(^!<http://p>|!<http://p>)+",
    ):
        yield f"SELECT * {{ ?s {path} ?o }}"
        yield f"SELECT (COUNT(*) AS ?n) {{ ?s {path} ?o . ?o {path} ?s }}"
        yield f"SELECT * {{ ?s ({path})* ?o }}"
    yield "SELECT * { ?s " + "(" * 40 + "!<http://p>" + ")*" * 40 + " ?o }"


def _large() -> Iterator[str]:
    yield f'SELECT ("{"x" * 190_000}" AS ?x) {{}}'
    yield f'SELECT * {{ ?s ?p """{"x" * 150_000}""" }}'
    yield "SELECT (" + "9" * 100_000 + " AS ?x) {}"
    yield "SELECT (" + "9" * 5_000 + " * " + "9" * 5_000 + " AS ?x) {}"
    yield f"SELECT * {{ ?s <http://x/{'y' * 150_000}> ?o }}"
    yield f'SELECT ("x"@{"a-" * 50_000}a AS ?x) {{}}'
    yield "SELECT (1e" + "9" * 1_000 + " AS ?x) {}"
    yield 'SELECT (STRDT("1", <http://x>) AS ?x) (xsd:dateTime("999999999999-01-01T00:00:00Z") AS ?y) {}'
    yield "SELECT * { BIND(9223372036854775807 + 1 AS ?x) BIND(1/0 AS ?y) BIND(-9223372036854775808 / -1 AS ?z) }"
    yield 'SELECT (SUBSTR("abc", -9223372036854775808, 9223372036854775807) AS ?x) {}'
    yield "SELECT * { ?s ?p ?o } LIMIT 99999999999999999999999999"
    yield "SELECT * { ?s ?p ?o } OFFSET 18446744073709551615"


def _broken() -> Iterator[str]:
    yield from ("", "   ", "#", "{", "}", "SELECT", "SELECT * {", "\x00", "\ufeffSELECT * {}", "\U0010ffff", "ASK {}}")
    yield from ("SELECT * { ?s ?p '\\", 'ASK { "', "ASK { <", "ASK { '''", r"ASK { \uD800 }", r'ASK { ?s ?p "\uD800" }')
    yield from (r"SELECT * { ?s ?p <http://\u0000/> }", "PREFIX", "PREFIX a:", "BASE", "SELECT (1 AS ?x) (2 AS ?x) {}")
    yield from ("SELECT * { ?s ?p ?o } GROUP BY ?s", "SELECT ?x { } HAVING (1)", "CONSTRUCT {} WHERE {} ;", "ASK FROM")
