"""How the house is built, in figures: run it on two checkouts to see what a change did.

    python tools/house.py [CHECKOUT]

Prints functions of the marketplace that take the market whole and how many of its attributes they
reach, files in import circles (type-level imports included), `Any` in public signatures, sizes of
function bodies without their docstrings, and the largest modules.
"""

import ast
import statistics
import sys
from pathlib import Path

WHOLE = ("Marketplace", "Timed", "MarketView", "Entrance")
FOLDERS = {"econsim": "econsim", "models": "econsim.models"}
FOLDERS |= {"visualization": "econsim.visualization"}
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def parsed(root: Path) -> dict[str, tuple[Path, ast.Module]]:
    """Every module of the three packages by dotted name."""
    found = {}
    for folder, package in FOLDERS.items():
        for path in sorted((root / folder).rglob("*.py")):
            inner = path.relative_to(root / folder).with_suffix("").parts
            name = ".".join((package, *(part for part in inner if part != "__init__")))
            found[name] = (path, ast.parse(path.read_text(encoding="utf-8")))
    return found


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods."""
    return [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    """All parameters but ``self`` and ``cls``."""
    own = function.args
    listed = [*own.posonlyargs, *own.args, *own.kwonlyargs, own.vararg, own.kwarg]
    return [arg for arg in listed if arg is not None and arg.arg not in ("self", "cls")]


def annotated(arg: ast.arg) -> str:
    """The text of a parameter's annotation."""
    return ast.unparse(arg.annotation).strip("'\"") if arg.annotation else ""


def whole_market(modules: dict[str, tuple[Path, ast.Module]]) -> tuple[int, int, int, int]:
    """Functions of the marketplace, those that take it whole, attributes reached, rules + state."""
    count = whole = both = 0
    reached: set[str] = set()
    for name, (_, tree) in modules.items():
        if not name.startswith("econsim.models.marketplace"):
            continue
        for function in functions(tree):
            count += 1
            kinds = {arg.arg: annotated(arg) for arg in parameters(function)}
            both += {"Rules", "State"} <= set(kinds.values())
            taken = [arg for arg, kind in kinds.items() if kind in WHOLE]
            whole += bool(taken)
            reached |= {
                node.attr
                for node in ast.walk(function)
                if isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in taken
            }
    return count, whole, len(reached), both


def imports(tree: ast.Module, known: set[str]) -> set[str]:
    """Modules of ours that a module imports outside functions, for type checking included."""
    nodes: list[ast.stmt] = list(tree.body)
    targets = set()
    for node in nodes:
        if isinstance(node, ast.If | ast.Try):
            nodes += node.body + node.orelse
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                dotted = f"{node.module}.{alias.name}"
                targets.add(dotted if dotted in known else node.module)
    return targets & known


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Groups of modules that import each other (strongly connected components)."""
    reach = {name: closure(graph, name) for name in graph}
    groups = {frozenset(o for o in reach[n] if n in reach[o]) for n in graph if n in reach[n]}
    return [set(group) for group in groups]


def closure(graph: dict[str, set[str]], start: str) -> set[str]:
    """Modules that one can get to by imports, itself only through a circle."""
    seen: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += graph[name]
    return seen


def untyped(modules: dict[str, tuple[Path, ast.Module]]) -> tuple[int, int]:
    """Parameters and results of public functions, and how many of their types name `Any`."""
    total = loose = 0
    for _, tree in modules.values():
        for function in functions(tree):
            if function.name.startswith("_") and function.name != "__init__":
                continue
            kinds = [annotated(arg) for arg in parameters(function)]
            kinds.append(ast.unparse(function.returns) if function.returns else "")
            total += len(kinds)
            loose += sum("Any" in kind for kind in kinds)
    return total, loose


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def main() -> None:
    """Print the figures of a checkout."""
    modules = parsed(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    count, whole, reached, both = whole_market(modules)
    print(f"marketplace: {count} functions, {whole} take the market whole ({reached} attributes),")
    print(f"             {both} take rules and state")
    graph = {name: imports(tree, set(modules)) - {name} for name, (_, tree) in modules.items()}
    print(f"files in circles: {[len(group) for group in circles(graph)] or 'none'}")
    total, loose = untyped(modules)
    print(f"public signatures: {loose} of {total} types name Any")
    sizes = sorted(body_lines(f) for _, tree in modules.values() for f in functions(tree))
    p90 = sizes[int(0.9 * len(sizes))]
    print(f"functions: {len(sizes)}, median body {statistics.median(sizes):g} lines, p90 {p90}")
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, (path, _) in modules.items()}
    largest = sorted(lines.items(), key=lambda entry: -entry[1])[:3]
    shown = ", ".join(f"{name} {number}" for name, number in largest)
    print(f"modules: {len(lines)}, {sum(lines.values())} lines; largest {shown}")


if __name__ == "__main__":
    main()
