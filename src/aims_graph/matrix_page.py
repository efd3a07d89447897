"""A crosswalk as one HTML file that asks no host for anything and runs no script."""

from __future__ import annotations

from typing import Any

from aims_graph.errors import MissingDependency
from aims_graph.matrix import Summary

Json = dict[str, Any]


def html(found: Json, counted: Summary, labels: dict[str, str]) -> str:
    """The page: a matrix of larger parts, then every row, what follows beside them and what has no counterpart."""
    try:
        from jinja2 import Environment
    except ImportError as error:
        raise MissingDependency("jinja2 writes the page.", "pip install 'aims-graph[view]'") from error
    template = Environment(autoescape=True).from_string(_PAGE)
    most = max(counted.counts.values(), default=1)
    groups: dict[str, list[Json]] = {}
    for row in found["rows"]:
        groups.setdefault(row["from"], []).append(row)
    page: str = template.render(found=found, counted=counted, labels=labels, most=most, groups=groups)
    return page


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{{ labels[found.from] }} to {{ labels[found.to] }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 1rem auto; max-width: 76rem; padding: 0 1rem; color: #111;
  background: #fff; }
h1 { font-size: 1.35rem; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; } th, td { padding: .25rem .5rem; text-align: left; vertical-align: top; }
.matrix { overflow-x: auto; } .matrix td { text-align: center; min-width: 2.2rem; border: 1px solid #d5dbe2; }
.matrix th { font-weight: 600; border: 1px solid #d5dbe2; background: #f4f6f8; }
.matrix th[scope=col] { writing-mode: vertical-rl; max-height: 14rem; font-weight: 400; }
.matrix th[scope=row] { min-width: 16rem; font-weight: 400; }
.rows { width: 100%; } .rows td, .rows th { border-bottom: 1px solid #e3e7ec; }
.rows th[scope=rowgroup] { padding-top: 1rem; border-bottom: 2px solid #9aa7b5; }
.id { font-family: ui-monospace, monospace; font-size: .88rem; white-space: nowrap; }
.full { border-left: .4rem solid #1b7837; } .partial { border-left: .4rem solid #5aae61; }
.candidate, .none { border-left: .4rem solid #c5ccd4; }
.small { color: #444; font-size: .9rem; }
</style>
</head>
<body>
<h1>{{ labels[found.from] }} to {{ labels[found.to] }}</h1>
<p>{{ found.rows | length }} rows, the project's own reading of the texts; no official crosswalk, no presumption of
conformity. As of {{ found.as_of }} · graph {{ found.graph_version }}. {{ found.notice }}</p>
<ul>{% for line in found.judged %}
<li>{{ line.duties - line.not_judged }} of {{ line.duties }} duties of {{ labels[line.from] }} are judged against
{{ labels[line.to] }}{% if line.not_judged %}; not judged:
{{ line.not_judged_provisions | join(", ") }}{% endif %}.</li>
{%- endfor %}</ul>
<h2>Related pairs by larger parts</h2>
<div class="matrix"><table>
<thead><tr><td></td>
{%- for column in counted.columns %}<th scope="col">{{ labels[column] }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in counted.rows %}<tr><th scope="row">{{ labels[row] }}</th>
{%- for column in counted.columns %}{% set n = counted.counts.get((row, column), 0) %}
<td{% if n %} style="background: rgba(27, 120, 55, {{ "%.2f" | format(0.12 + 0.6 * n / most) }})"{% endif %}>
{{- n or "" }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>
<h2>Row by row</h2>
<p class="small">The bar tells what becomes of the second provision when all that the first asks is done, along the
row alone: dark green in full, light green in part, grey nothing yet.</p>
<table class="rows"><thead><tr><th>relation</th><th>provision</th><th>reason</th><th>standing</th></tr></thead>
<tbody>{% for start, rows in groups.items() %}
<tr><th scope="rowgroup" colspan="4"><span class="id">{{ start }}</span> {{ rows[0].from_title }}</th></tr>
{%- for row in rows %}
<tr><td class="{{ row.carries }}">{{ row.relation }}</td>
<td><span class="id">{{ row.to }}</span><br>{{ row.to_title }}</td>
<td>{{ row.reason }}{% if row.condition %}<br><span class="small">Only where {{ row.condition }}</span>{% endif %}
{%- if row.joint %}<br><span class="small">Counts together with the rows of {{ row.joint }}.</span>{% endif %}</td>
<td class="small">{{ row.status }}{% if row.confidence is not none %}, {{ row.confidence }}{% endif %}<br>
{{- row.source }}</td></tr>
{%- endfor %}{% endfor %}</tbody></table>
{% if found.derived %}<h2>Follows beside the rows</h2>
<table class="rows"><thead><tr><th>from</th><th>degree</th><th>to</th><th>confidence</th><th>by rows</th></tr></thead>
<tbody>{% for d in found.derived %}<tr><td><span class="id">{{ d.from }}</span></td>
<td class="{{ d.degree }}">{{ d.degree }}</td><td><span class="id">{{ d.to }}</span> {{ d.to_title }}</td>
<td>{{ d.confidence if d.confidence is not none else "not stated" }}</td>
<td class="small">{{ d.mappings | join(", ") }}</td></tr>{% endfor %}</tbody></table>{% endif %}
{% if found.no_counterpart %}<h2>Judged to have no counterpart</h2>
<table class="rows"><thead><tr><th>provision</th><th>in</th><th>reason</th><th>standing</th></tr></thead>
<tbody>{% for a in found.no_counterpart %}<tr><td><span class="id">{{ a.provision }}</span><br>{{ a.title }}</td>
<td>{{ labels[a.in] }}</td><td>{{ a.reason }}</td><td class="small">{{ a.status }}<br>{{ a.source }}</td></tr>
{%- endfor %}</tbody></table>{% endif %}
{% if found.sources is defined %}<h2>Beside published crosswalks</h2>
<table class="rows"><thead><tr><th>from</th><th>to</th><th>verdict</th><th>ours</th><th>published</th></tr></thead>
<tbody>{% for p in found.sources %}<tr><td><span class="id">{{ p.from }}</span></td>
<td><span class="id">{{ p.to }}</span></td><td>{{ p.verdict }}</td>
<td>{% for one in p.ours %}{{ one.relation }} ({{ one.status }}) {% endfor %}</td>
<td>{% for one in p.published %}{{ one.relation }} ({{ one.taken_from or one.mapping }}) {% endfor %}</td></tr>
{%- endfor %}</tbody></table>{% endif %}
</body>
</html>
"""
