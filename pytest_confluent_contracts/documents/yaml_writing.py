"""How is a document written as YAML, so that every reader of YAML 1.1 and 1.2 takes it alike?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from pytest_confluent_contracts.documents.lines import strip
from pytest_confluent_contracts.documents.yaml_text import INTEGER, NUMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_COLUMNS = 100
OTHER_BREAKS = frozenset("\x85\u2028\u2029")


class _Dumper(yaml.SafeDumper):
    """Writes each value where it stands, without anchors, and texts so that they stay texts."""

    def ignore_aliases(self, data: Any) -> bool:
        """Return true: what stands in several places is written in each."""
        return True


def _represent_text(dumper: _Dumper, text: str) -> Any:
    """Quote a text that a reader would take for a number, or fold at a break that is no newline.

    Numbers such as 1e3 are some of YAML 1.2, and none of 1.1, which PyYAML knows.
    """
    style = None
    if INTEGER.fullmatch(text) or NUMBER.fullmatch(text):
        style = "'"
    elif OTHER_BREAKS.intersection(text):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def write_yaml(document: Mapping[str, Any]) -> str:
    """Return *document* as YAML, its members in their order."""
    written: str = yaml.dump(
        strip(document),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=MOST_COLUMNS,
    )
    return written
