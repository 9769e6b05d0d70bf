"""Imports point down: no module imports from a floor above its own, and there are no cycles."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = {
    0: ("errors", "money", "numbers", "streams"),
    1: ("preferences", "kernels", "registry"),
    2: ("auctions", "equilibrium", "trust"),
    3: ("pricing", "strategies", "metrics", "audit"),
    4: ("population", "scenario"),
    5: ("stats", "experiments", "sampling", "distributed"),
    6: ("report", "cli", "__main__"),
}
FLOOR_OF = {name: floor for floor, names in FLOORS.items() for name in names}


def modules(folder):
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "_build" not in path.parts)


def imported(path):
    """Dotted names of econsim that a module imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("econsim"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("econsim"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"


def unit(dotted):
    """The module or package on a floor that a dotted name belongs to; '' for econsim itself."""
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in (*FLOOR_OF, "models", "visualization") else ""


def dotted_of(path, folder, package):
    inner = path.relative_to(ROOT / folder).with_suffix("").parts
    return ".".join((package, *(part for part in inner if part != "__init__")))


@pytest.mark.parametrize("path", modules("econsim"), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_import_points_down(path):
    own = unit(dotted_of(path, "econsim", "econsim"))
    if not own:
        assert list(imported(path)) == []
        return
    for name in imported(path):
        target = unit(name)
        assert target not in ("models", "visualization"), f"{path} imports {name}"
        if target:
            assert FLOOR_OF[target] <= FLOOR_OF[own], f"{path} (floor of {own}) imports {name}"


def test_every_module_has_a_floor():
    names = {unit(dotted_of(path, "econsim", "econsim")) for path in modules("econsim")}
    assert names - {""} <= set(FLOOR_OF)
    loose = [p for p in (ROOT / "econsim").glob("*.py") if p.stem not in (*FLOOR_OF, "__init__")]
    assert loose == []


def test_there_are_no_cycles_between_modules():
    graph = {}
    everything = [
        ("econsim", "econsim"),
        ("models", "econsim.models"),
        ("visualization", "econsim.visualization"),
    ]
    known = {
        dotted_of(path, folder, package): path
        for folder, package in everything
        for path in modules(folder)
    }
    for name, path in known.items():
        nodes = set()
        for target in at_module_level(path):
            nodes |= {target} & known.keys() or {target.rpartition(".")[0]} & known.keys()
        graph[name] = nodes - {name}
    assert list(TopologicalSorter(graph).static_order())


def at_module_level(path):
    """Imports that run when the module is imported: not those in functions or for type checking."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kept = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in kept:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("econsim"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_models_import_neither_dashboard_nor_command():
    for path in modules("models"):
        for name in imported(path):
            assert unit(name) not in ("visualization", "cli", "report"), f"{path} imports {name}"


def test_the_dashboard_imports_the_library_and_the_models_only():
    for path in modules("visualization"):
        for name in imported(path):
            assert unit(name) not in ("cli", "__main__"), f"{path} imports {name}"
