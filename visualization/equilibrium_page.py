"""Equilibrium: the path of prices as a rule adjusts them, Scarf's cycle, the Edgeworth box."""

from dataclasses import replace
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import solara
import solara.lab
from matplotlib.figure import Figure

from econsim.errors import EconsimError, one_of
from econsim.visualization import equilibrium_model as model
from econsim.visualization import lab_model
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
    TextField,
    parsed,
)

_STEP = {"low": 0.005, "high": 2.5, "step": 0.005}
_SIGMA = {"low": 0.05, "high": 6.0}


@solara.component
def Page(state: State) -> None:
    """The page."""
    dark = solara.lab.use_dark_effective()
    first, wrong = solara.use_memo(lambda: _opening(state), [])
    held, error = solara.use_reactive(first), solara.use_reactive(wrong)

    def change(**entries: Any) -> None:
        error.set("")
        held.set(replace(held.peek(), **entries))

    def choose(name: str) -> None:
        error.set("")
        held.set(model.usual(name))

    asked = held.value
    keys = {"r": ("back to the preset", lambda: choose(held.peek().economy))}
    use_shortcuts(state, keys, lambda: _link(held.peek()))
    found, problem = solara.use_memo(lambda: _found(asked), [asked])
    with Panel("Who finds the prices?", wide=True):
        _Controls(asked, change, choose, error.set)
        ErrorLine(error.value or problem)
        if found is not None:
            Note(found[0].verdict, live=True)
    Address(query=_link(asked))
    if found is not None:
        with Grid(large=True):
            _Prices(found[0], dark)
            if found[0].prices.shape[1] == 3:
                _Cycle(found[0], dark)
            if found[1] is not None:
                _Box(found[1], dark)


@solara.component
def _Controls(asked: model.Question, change: Any, choose: Any, fail: Any) -> None:
    """Economy, rule, step, elasticity, start."""

    def begin(text: str) -> None:
        try:
            change(start=tuple(lab_model.amounts("start", text)))
        except EconsimError as error:
            fail(str(error))

    with Row():
        titles = [(key, each.title) for key, each in model.PRESETS.items()]
        SelectField("economy", asked.economy, titles, choose, wide=True)
        SelectField("rule", asked.rule, model.RULES, lambda rule: change(rule=rule))
        SliderField("step", asked.step, lambda step: change(step=step), **_STEP)
        SliderField("elasticity of substitution", asked.elasticity,
                    lambda sigma: change(elasticity=sigma), step=0.05, **_SIGMA,
                    disabled=not model.PRESETS[asked.economy].elastic)  # fmt: skip
        TextField("start from prices", ", ".join(f"{each:g}" for each in asked.start), begin)
        NumberField("iterations at most", asked.iterations, lambda most: change(iterations=most),
                    low=1, high=model.MOST, whole=True, on_error=fail)  # fmt: skip
        ActionButton("Reset", lambda: choose(asked.economy), shortcut="r")


def _link(asked: model.Question) -> str:
    """The query string of a question."""
    start = ",".join(map(repr, asked.start))
    return urlencode({**vars(asked), "start": start}, safe=",")


def _opening(state: State) -> tuple[model.Question, str]:
    """What a link asks for, and what is wrong with it."""
    given, default = state.asked(), next(iter(model.PRESETS))
    try:
        usual = model.usual(given.get("economy", default))
        asked = {**vars(usual), **given}
        for name in asked:
            one_of("link entry", name, vars(usual))
        return model.Question(
            usual.economy,
            one_of("rule", asked["rule"], model.RULES),
            parsed("step", asked["step"], _STEP["low"], _STEP["high"], False),
            parsed("elasticity", asked["elasticity"], _SIGMA["low"], _SIGMA["high"], False),
            parsed("iterations", asked["iterations"], 1, model.MOST, True),
            tuple(lab_model.amounts("start", given["start"])) if "start" in given else usual.start,
        ), ""
    except EconsimError as error:
        return model.usual(default), str(error)


def _found(asked: model.Question) -> Any:
    """The search and the box, or what is wrong with the question."""
    try:
        return (model.search(asked), model.box(asked)), ""
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

    budgets = [Path("budget lines", points(line), dashed=True, color=5) for line in box.budgets]
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
