"""An interactive picture in one HTML file that asks no other host for anything.

pyvis builds the network; the page around it is ours, with the vis-network script
that pyvis carries inside, places computed beforehand, and a policy that forbids
every request.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib import resources
from pathlib import Path
from typing import Any

from aims_graph.ego import Picture
from aims_graph.errors import MissingDependency

COLOURS = {
    "centre": "#1f3a5f",
    "full": "#1b7837",
    "partial": "#5aae61",
    "candidate": "#f2f2f2",
    "more": "#ffffff",
}
GLYPHS = {"full": "● ", "partial": "◐ ", "candidate": "○ "}
DARK = ("centre", "full")
DASHED = ("candidate", "more")
OPTIONS = {
    "physics": {"enabled": False},
    "interaction": {"hover": True, "navigationButtons": False, "tooltipDelay": 100},
    "edges": {"smooth": False, "font": {"size": 11, "align": "middle", "background": "#ffffff"}},
    "nodes": {"shape": "box", "font": {"size": 13, "multi": False}, "margin": 8, "widthConstraint": {"maximum": 230}},
}


def html(picture: Picture, caption: str) -> str:
    """The whole page for a picture; `caption` is the line under it (as-of date, notice)."""
    network = _network(picture)
    library = _vis_network()
    start = _START.replace("__DATA__", _script_json(network))
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src '{_hash(library)}' '{_hash(start)}'"
    )
    page: str = _template().render(
        title=picture.heading,
        caption=caption,
        policy=policy,
        library=library,
        start=start,
        listing=[n for n in picture.nodes if n.degree != "centre"],
        height=max(420, picture.height + 80),
    )
    return page


def _network(picture: Picture) -> dict[str, Any]:
    """The picture as pyvis nodes and edges."""
    try:
        from pyvis.network import Network
    except ImportError as error:
        raise MissingDependency("pyvis draws the picture.", "pip install 'aims-graph[view]'") from error
    network = Network(directed=True)
    for node in picture.nodes:
        network.add_node(
            node.id,
            label=f"{GLYPHS.get(node.degree, '')}{node.label}",
            title=node.title or None,
            shape="box",
            x=node.x,
            y=node.y,
            color={"background": COLOURS[node.degree], "border": "#1f3a5f"},
            font={"color": "#ffffff" if node.degree in DARK else "#111111"},
            shapeProperties={"borderDashes": node.degree in DASHED},
        )
    for number, (label, x, y) in enumerate(picture.blocks):
        network.add_node(f"block:{number}", label=label, shape="text", x=x, y=y, font={"size": 16, "color": "#1f3a5f"})
    for link in picture.links:
        network.add_edge(
            link.start,
            link.end,
            label=link.label,
            title=link.title or None,
            dashes=link.degree in DASHED,
            color="#5b6b7f",
        )
    return {"nodes": network.nodes, "edges": network.edges, "options": OPTIONS}


def _vis_network() -> str:
    """The vis-network script of the installed pyvis, the newest it carries."""
    folder = Path(str(resources.files("pyvis"))) / "templates" / "lib"
    found = sorted(folder.glob("vis-*/vis-network.min.js"))
    if not found:
        raise MissingDependency("the installed pyvis carries no vis-network script.", "pip install 'pyvis>=0.3.2'")
    text = found[-1].read_text(encoding="utf-8")
    return text.split("\n//# sourceMappingURL=")[0].replace("</script", "<\\/script")


def _script_json(value: Any) -> str:
    """JSON that can stand in a script: no character sequence can end it."""
    text = json.dumps(value, ensure_ascii=True, sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _template() -> Any:
    from jinja2 import Environment

    return Environment(autoescape=True).from_string(_PAGE)


_START = """
const data = __DATA__;
const network = new vis.Network(
  document.getElementById("picture"),
  {nodes: new vis.DataSet(data.nodes), edges: new vis.DataSet(data.edges)},
  data.options
);
network.once("afterDrawing", () => network.fit());
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{{ title }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 1rem; color: #111; background: #fff; }
h1 { font-size: 1.25rem; margin: 0 0 .5rem; }
#picture { height: {{ height }}px; border: 1px solid #9aa7b5; }
.caption, summary { color: #444; font-size: .9rem; }
.full, .partial, .candidate, .more { padding-left: .3rem; border-left: .4rem solid #1b7837; }
.partial { border-color: #5aae61; } .candidate, .more { border-color: #c5ccd4; }
li { list-style: none; margin: .2rem 0; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
<div id="picture" role="img" aria-label="{{ title }}"></div>
<p class="caption">Green: at least part of it counts. Grey, dashed: nothing follows yet, a person may look.
{{ caption }}</p>
<details><summary>The same as a list</summary>
<ul>{% for node in listing %}
<li class="{{ node.degree }}">{{ node.label | replace("\\n", " ") }}
{%- if node.title %}: {{ node.title }}{% endif %}</li>{% endfor %}
</ul></details>
<script>{{ library | safe }}</script>
<script>{{ start | safe }}</script>
</body>
</html>
"""
