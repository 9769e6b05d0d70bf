"""What holds the parts of a page."""

import solara

from econsim.visualization.widgets import Boundary


def parts(widget):
    """A widget and all in it."""
    yield widget
    for child in getattr(widget, "children", []):
        if not isinstance(child, str):
            yield from parts(child)


def words(widget):
    return [
        child
        for each in parts(widget)
        for child in getattr(each, "children", [])
        if isinstance(child, str)
    ]


def test_a_page_that_cannot_be_drawn_is_a_line_and_can_be_tried_again():
    broken = [True]

    @solara.component
    def page(word):
        if broken[0]:
            raise ValueError(f"no {word}\nand more")
        solara.Text(f"drawn: {word}")

    box, context = solara.render(Boundary(page, "welcome"), handle_error=False)
    try:
        assert words(box) == ["This page cannot be shown. ValueError: no welcome and more"]
        broken[0] = False
        next(each for each in parts(box) if getattr(each, "label", "") == "Try again").vue_press(
            None
        )
        assert words(box) == ["drawn: welcome"]
    finally:
        context.close()
