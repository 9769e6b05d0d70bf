"""Equilibrium: the path of prices as a rule adjusts them, Scarf's cycle, the Edgeworth box."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import solara
import solara.lab

from econsim.errors import EconsimError, one_of
from econsim.visualization.charts import equilibrium as charts
from econsim.visualization.numbers import equilibrium as model
from econsim.visualization.numbers.typed import amounts, parsed
from econsim.visualization.pages.state import State, use_shortcuts
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
)

_STEP = {"low": 0.005, "high": 2.5, "step": 0.005}
_SIGMA = {"low": 0.05, "high": 6.0}


@solara.component
def Page(state: State) -> None:
    """The page."""
    dark = bool(solara.lab.use_dark_effective())
    first, wrong = solara.use_memo(lambda: _opening(state), [])
    question, error = solara.use_reactive(first), solara.use_reactive(wrong)

    def change(**entries: Any) -> None:
        error.set("")
        question.set(replace(question.peek(), **entries))

    def choose(name: str) -> None:
        error.set("")
        question.set(model.usual(name))

    asked = question.value
    keys = {"r": ("back to the preset", lambda: choose(question.peek().economy))}
    use_shortcuts(state, keys, lambda: _link(question.peek()))
    answer, problem = solara.use_memo(lambda: _answer(asked), [asked])
    with Panel("Who finds the prices?", wide=True):
        _Controls(asked, change, choose, error.set)
        ErrorLine(error.value or problem)
        if answer is not None:
            Note(answer[0].verdict, live=True)
    Address(query=_link(asked))
    if answer is not None:
        _Pictures(answer[0], answer[1], dark)


@solara.component
def _Controls(asked: model.Question, change: Any, choose: Any, fail: Any) -> None:
    """Economy, rule, step, elasticity, start."""

    def begin(text: str) -> None:
        try:
            change(start=tuple(amounts("start", text)))
        except EconsimError as error:
            fail(str(error))

    with Row():
        titles = [(key, preset.title) for key, preset in model.PRESETS.items()]
        SelectField("economy", asked.economy, titles, choose, wide=True)
        SelectField("rule", asked.rule, model.RULES, lambda rule: change(rule=rule))
        SliderField("step", asked.step, lambda step: change(step=step), **_STEP)
        SliderField("elasticity of substitution", asked.elasticity,
                    lambda sigma: change(elasticity=sigma), step=0.05, **_SIGMA,
                    disabled=not model.PRESETS[asked.economy].elastic)  # fmt: skip
        TextField("start from prices", ", ".join(f"{price:g}" for price in asked.start), begin)
        NumberField("iterations at most", asked.iterations, lambda most: change(iterations=most),
                    low=1, high=model.MOST, whole=True, on_error=fail)  # fmt: skip
        ActionButton("Reset", lambda: choose(asked.economy), shortcut="r")


def _link(asked: model.Question) -> str:
    """The query string of a question."""
    start = ",".join(map(repr, asked.start))
    return urlencode({**vars(asked), "start": start}, safe=",")


def _opening(state: State) -> tuple[model.Question, str]:
    """What a link asks for, and what is wrong with it."""
    linked, default = state.asked(), next(iter(model.PRESETS))
    try:
        usual = model.usual(linked.get("economy", default))
        asked = {**vars(usual), **linked}
        for name in asked:
            one_of("link entry", name, vars(usual))
        return model.Question(
            usual.economy,
            one_of("rule", asked["rule"], model.RULES),
            parsed("step", asked["step"], _STEP["low"], _STEP["high"], False),
            parsed("elasticity", asked["elasticity"], _SIGMA["low"], _SIGMA["high"], False),
            parsed("iterations", asked["iterations"], 1, model.MOST, True),
            tuple(amounts("start", linked["start"])) if "start" in linked else usual.start,
        ), ""
    except EconsimError as error:
        return model.usual(default), str(error)


def _answer(asked: model.Question) -> Any:
    """The search and the box, or what is wrong with the question."""
    try:
        return (model.search(asked), model.box(asked)), ""
    except EconsimError as error:
        return None, str(error)


@solara.component
def _Pictures(search: model.Search, box: model.Box | None, dark: bool) -> None:
    """Path, cycle and box, where there is such a thing."""
    with Grid(large=True):
        with Panel("Price path"):
            Chart(charts.prices(search, dark), height=320)
            with Row():
                Download("CSV", "prices.csv", lambda: model.prices_csv(search))
                Download("PNG", "prices.png", lambda: charts.prices_png(search), "image/png")
        if search.prices.shape[1] == 3:
            with Panel("In the plane of two prices"):
                Chart(charts.cycle(search, dark), height=320)
        if box is not None:
            with Panel("Edgeworth box"):
                Chart(charts.edgeworth(box, dark), height=360)
                Note(_crossings(len(box.equilibria)))


def _crossings(count: int) -> str:
    equilibria = "equilibrium" if count == 1 else "equilibria"
    return (
        "Consumer 2 has what is left. Where the offer curves cross away from the endowment, "
        f"markets clear: {count} {equilibria}."
    )
