"""A pytest plugin for mutation runs: fewer examples, and none is made smaller once it has killed a mutant."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings

EXAMPLES = 25

settings.register_profile("unshrunk", phases=[Phase.explicit, Phase.generate], deadline=None)
settings.load_profile("unshrunk")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ask for fewer examples wherever a test asks for many."""
    for item in items:
        test = getattr(item, "obj", None)
        asked = getattr(test, "_hypothesis_internal_use_settings", None)
        if isinstance(asked, settings) and asked.max_examples > EXAMPLES:
            fewer = settings(asked, max_examples=EXAMPLES)
            setattr(test, "_hypothesis_internal_use_settings", fewer)  # noqa: B010
