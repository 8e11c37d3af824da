"""Is what lies in a parent held where each path calls the parent's id otherwise?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import faulty_lives
import pytest
import yaml
from judging import red, warned
from leading import APIS, Led
from running import FEW, gate, serving
from shop_service import KEY, Shop
from test_faulty_lives import FAULTY_SHOPS
from test_lives_safety import OpenShop

from pytest_confluent_contracts import documents

if TYPE_CHECKING:
    from pathlib import Path

# How each path calls its parameters; the line's own name is what the cart's is elsewhere.
RENAMED = {
    "/carts/{cart_id}": "/carts/{id}",
    "/carts/{cart_id}/lines": "/carts/{cart}/lines",
    "/carts/{cart_id}/lines/{line_id}": "/carts/{owner}/lines/{id}",
}
OF_LINES = [fault for fault, node in FAULTY_SHOPS.items() if "Line" in node]


def parameter(name: str) -> dict[str, Any]:
    """Return the declaration of a path parameter."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def written(folder: Path) -> Path:
    """Write the shop's document with other names in its paths, and return the file."""
    content = yaml.safe_load((APIS / "shop.yaml").read_text(encoding="utf-8"))
    for path, renamed in RENAMED.items():
        item = content["paths"].pop(path)
        names = [part.strip("{}") for part in renamed.split("/") if part.startswith("{")]
        item["parameters"] = [parameter(name) for name in names]
        content["paths"][renamed] = item
    file = folder / "shop.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file


def test_a_shop_that_keeps_it_is_silent(tmp_path: Path) -> None:
    """Each line is made, read and deleted in a cart that the run made, and in no other."""
    lives = Led(documents.read_document(written(tmp_path)), Shop(), KEY)
    rulings = lives.rulings()
    assert not red(rulings)
    assert not warned(rulings)
    led = Led(documents.read_document(APIS / "shop.yaml"), Shop(), KEY).rulings()
    assert {id: one.verdict for id, one in rulings.items()} == {
        id: one.verdict for id, one in led.items()
    }


@pytest.mark.parametrize("fault", OF_LINES)
def test_what_is_wrong_with_lines_is_told(fault: str, tmp_path: Path) -> None:
    """By the clauses that tell it where all paths have one name for a cart."""
    make: Any = getattr(faulty_lives, fault)
    rulings = Led(documents.read_document(written(tmp_path)), make(), KEY).rulings()
    assert FAULTY_SHOPS[fault] in {*red(rulings), *warned(rulings)}


def test_a_whole_run_is_green_and_leaves_nothing(folder: Path) -> None:
    """The operations on lines are held in a cart that was made, and all is deleted again."""
    shop = OpenShop(Shop())
    document = f"--contract-spec={written(folder.parent)}"
    with serving(shop.answer) as url:
        shop.url = url
        target = f"--contract-target={url}"
        done = gate(folder, target, document, *FEW, given=shop.environment)
    assert done.code == 0, done.everything
    assert shop.is_as_before()
    kept = [id for id, verdict in done.verdicts.items() if verdict == "kept"]
    assert any("::getLine::request/accepted" in id for id in kept)
