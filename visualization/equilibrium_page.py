"""Equilibrium: the path of prices as a rule adjusts them, Scarf's cycle, the Edgeworth box."""

from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import solara
import solara.lab
from matplotlib.figure import Figure

from econsim.errors import EconsimError, one_of
from econsim.visualization import equilibrium_model as model
from econsim.visualization.charts import Line, Path, lines, paths
from econsim.visualization.session import State, use_shortcuts
from econsim.visualization.widgets import (
    ActionButton,
    Address,
    Chart,
    Download,
    ErrorLine,
    Grid,
    Note,
    NumberField,
    Panel,
    Row,
    SelectField,
    SliderField,
    parsed,
)

USUAL, MOST = 2000, 20_000  # iterations


@solara.component
def Page(state: State) -> None:
    """The page."""
    dark = solara.lab.use_dark_effective()
    first, wrong = solara.use_memo(lambda: _opening(state), [])
    name, error = solara.use_reactive(first["economy"]), solara.use_reactive(wrong)
    preset = model.PRESETS[name.value]
    rule, step = solara.use_reactive(first["rule"]), solara.use_reactive(first["step"])
    sigma = solara.use_reactive(first["elasticity"])
    iterations = solara.use_reactive(first["iterations"])

    def choose(chosen: str) -> None:
        given = model.PRESETS[chosen]
        name.set(chosen)
        rule.set(given.rule)
        step.set(given.step)
        sigma.set(given.sigma)

    def link() -> str:
        shown = {"economy": name.peek(), "rule": rule.peek(), "step": step.peek()}
        return urlencode({**shown, "elasticity": sigma.peek(), "iterations": iterations.peek()})

    keys = {"r": ("back to the preset's rule and step", lambda: choose(name.peek()))}
    use_shortcuts(state, keys, link)
    asked = (name.value, rule.value, step.value, sigma.value, iterations.value)
    found, problem = solara.use_memo(lambda: _found(*asked), [asked])
    with Panel("Who finds the prices?", wide=True):
        with Row():
            titles = [(key, each.title) for key, each in model.PRESETS.items()]
            SelectField("economy", name.value, titles, choose)
            SelectField("rule", rule.value, model.RULES, rule.set)
            SliderField("step", step.value, step.set, low=0.005, high=2.5, step=0.005)
            SliderField("elasticity of substitution", sigma.value, sigma.set, low=0.05, high=6,
                        step=0.05, disabled=not preset.elastic)  # fmt: skip
            NumberField("iterations at most", iterations.value, iterations.set, low=1, high=MOST,
                        whole=True, on_error=error.set)  # fmt: skip
            ActionButton("Reset", lambda: choose(name.value), shortcut="r")
        ErrorLine(problem or error.value)
        if found is not None:
            Note(found[0].verdict, live=True)
    Address(query=link())
    if found is not None:
        with Grid():
            _Prices(found[0], dark)
            if found[0].prices.shape[1] == 3:
                _Cycle(found[0], dark)
            if found[1] is not None:
                _Box(found[1], dark)


def _opening(state: State) -> tuple[dict[str, Any], str]:
    """What a link asks for, and what is wrong with it."""
    asked = state.asked()
    try:
        name = one_of("economy", asked.get("economy", "two goods"), model.PRESETS)
        preset = model.PRESETS[name]
        sigma = parsed("elasticity", asked.get("elasticity", preset.sigma), 0.05, 6, False)
        return {
            "economy": name,
            "rule": one_of("rule", asked.get("rule", preset.rule), model.RULES),
            "step": parsed("step", asked.get("step", preset.step), 0.005, 2.5, False),
            "elasticity": sigma,
            "iterations": parsed("iterations", asked.get("iterations", USUAL), 1, MOST, True),
        }, ""
    except EconsimError as error:
        preset = model.PRESETS["two goods"]
        usual = {"rule": preset.rule, "step": preset.step, "elasticity": preset.sigma}
        return {"economy": "two goods", **usual, "iterations": USUAL}, str(error)


def _found(name: str, rule: str, step: float, sigma: float, iterations: int) -> Any:
    """The search and the box, or what is wrong with the question."""
    try:
        return (model.search(name, rule, step, sigma, iterations), model.box(name, sigma)), ""
    except EconsimError as error:
        return None, str(error)


@solara.component
def _Prices(found: model.Search, dark: bool) -> None:
    """Share of each price over the iterations."""
    goods = found.prices.shape[1]
    option = lines(
        found.iteration.tolist(),
        [Line(f"good {k + 1}", found.prices[:, k].tolist()) for k in range(goods)],
        x_label="iteration", y_label="share of all prices", dark=dark,
        description="path of relative prices under the rule", y_low=0, y_high=1,
    )  # fmt: skip
    with Panel("Price path"):
        Chart(option, height=320)
        with Row():
            Download("CSV", "prices.csv", lambda: _csv(found))
            Download("PNG", "prices.png", lambda: _png(found), "image/png")


def _csv(found: model.Search) -> str:
    goods = found.prices.shape[1]
    head = ",".join(["iteration", *(f"good {k + 1}" for k in range(goods))])
    rows = enumerate(found.path.tolist())
    return "\n".join([head, *(",".join(map(repr, [at, *row])) for at, row in rows)]) + "\n"


def _png(found: model.Search) -> bytes:
    figure, file = Figure(figsize=(7, 4), layout="constrained"), BytesIO()
    axis = figure.subplots()
    for good, share in enumerate(found.prices.T, 1):
        axis.plot(found.iteration, share, label=f"good {good}")
    axis.set(xlabel="iteration", ylabel="share of all prices", ylim=(0, 1))
    axis.legend(frameon=False)
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()


@solara.component
def _Cycle(found: model.Search, dark: bool) -> None:
    """The path in the plane of two relative prices: a cycle closes, convergence ends in a point."""
    points = [(float(row[0]), float(row[1])) for row in found.prices]
    option = paths(
        [Path("path", points), Path("start", points[:1], joined=False),
         Path("end", points[-1:], joined=False)],
        x_label="good 1, share of all prices", y_label="good 2", dark=dark,
        description="the price path in the plane of the first two relative prices",
        x_range=(0, 1), y_range=(0, 1),
    )  # fmt: skip
    with Panel("In the plane of two prices"):
        Chart(option, height=320)


@solara.component
def _Box(box: model.Box, dark: bool) -> None:
    """Offer curves, contract curve, budget lines and equilibria."""

    def points(array: Any) -> list[tuple[float, float]]:
        return [(float(x), float(y)) for x, y in array]

    budgets = [
        Path(
            "budget lines" if k == 0 else f"budget line {k + 1}", points(line), dashed=True, color=5
        )
        for k, line in enumerate(box.budgets)
    ]
    option = paths(
        [
            Path("offers of consumer 1", points(box.offers[0]), color=0),
            Path("offers of consumer 2", points(box.offers[1]), color=1),
            Path("contract curve", points(box.contract), color=2),
            *budgets,
            Path("endowment", [box.endowment], joined=False, color=4),
            Path("equilibria", box.equilibria, joined=False, color=6),
        ],
        x_label="good 1 of consumer 1", y_label="good 2 of consumer 1", dark=dark,
        description="Edgeworth box: where the offer curves cross, markets clear",
        x_range=(0, box.width), y_range=(0, box.height),
    )  # fmt: skip
    with Panel("Edgeworth box"):
        Chart(option, height=360)
        Note(
            "Consumer 2 has what is left. Where the offer curves cross away from the endowment, "
            f"markets clear: {len(box.equilibria)} "
            f"{'equilibrium' if len(box.equilibria) == 1 else 'equilibria'}."
        )
