"""Imports point down: no module imports from a floor above its own, and there are no cycles."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = {
    0: ("errors", "money", "numbers", "digits", "arrays", "streams", "tables"),
    1: ("preferences", "kernels", "registry"),
    2: ("auctions", "equilibrium", "trust"),
    3: ("pricing", "strategies", "metrics", "audit"),
    4: ("population", "scenario"),
    5: ("stats", "experiments", "sampling", "distributed"),
    6: ("palette", "report", "cli", "__main__"),
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
    """Imports outside functions; those under ``if TYPE_CHECKING`` count as well."""
    nodes = list(ast.parse(path.read_text(encoding="utf-8")).body)
    for node in nodes:
        if isinstance(node, ast.If | ast.Try):
            nodes += node.body + node.orelse
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("econsim"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


MARKETPLACE = (
    ("limits", "columns", "display", "shrinkage"),
    ("ledger", "mechanisms", "service", "supply", "reputation", "agents"),
    ("mixture",),
    ("policy", "rules"),
    ("state",),
    ("newcomers", "offers", "demand", "delivery", "trust", "interventions"),
    ("contracts", "bidding", "attacks", "record"),
    ("foresight",),
    ("beliefs", "scripted"),
    ("choice", "adaptation"),
    ("round",),
    ("view",),
    ("entry",),
    ("timed",),
    ("model",),
)


def test_the_marketplace_has_floors_of_its_own():
    """Rules and state below, the steps of a round above them, the Mesa face on top."""
    floor = {name: level for level, names in enumerate(MARKETPLACE) for name in names}
    files = [path for path in modules("models/marketplace") if path.stem != "__init__"]
    assert {path.stem for path in files} == set(floor)
    for path in files:
        for name in imported(path):
            if name.startswith("econsim.models.marketplace."):
                below = name.split(".")[3]
                assert floor[below] < floor[path.stem], f"{path} imports {name}"


def test_models_import_neither_dashboard_nor_command():
    for path in modules("models"):
        for name in imported(path):
            assert unit(name) not in ("visualization", "cli", "report"), f"{path} imports {name}"


def test_the_dashboard_imports_the_library_and_the_models_only():
    for path in modules("visualization"):
        for name in imported(path):
            assert unit(name) not in ("cli", "__main__"), f"{path} imports {name}"


ROOMS = {
    0: ("numbers",),
    1: ("charts", "server"),
    2: ("engines",),
    3: ("widgets",),
    4: ("pages",),
    5: ("dashboard", "solaraviz"),
}
FLOOR_OF_ROOM = {room: floor for floor, rooms in ROOMS.items() for room in rooms}
PAGES = {
    dotted_of(path, "visualization", "econsim.visualization"): path
    for path in modules("visualization")
}


def room(dotted):
    """The room of the dashboard that a dotted name belongs to; '' for what is none of it."""
    package, _, inner = dotted.partition("econsim.visualization.")
    return inner.partition(".")[0] if inner and not package else ""


@pytest.mark.parametrize("name", PAGES)
def test_every_import_between_rooms_points_down(name):
    """Whatever the import is for: those of functions and for type checking count, too."""
    for target in filter(room, imported(PAGES[name])):
        own, other = FLOOR_OF_ROOM[room(name)], FLOOR_OF_ROOM[room(target)]
        assert other < own or room(target) == room(name), f"{name} imports {target}"


def test_every_module_of_the_dashboard_is_in_a_room():
    assert {room(name) for name in PAGES} - {""} == set(FLOOR_OF_ROOM)


def test_there_are_no_cycles_within_rooms():
    graph = {
        name: {
            target if target in PAGES else target.rpartition(".")[0]
            for target in imported(path)
            if room(target)
        }
        - {name}
        for name, path in PAGES.items()
    }
    assert list(TopologicalSorter(graph).static_order())
