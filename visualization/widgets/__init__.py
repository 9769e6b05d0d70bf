"""Widgets: what all pages are made of; they know neither pages nor engines."""

from econsim.visualization.widgets.browser import (
    STYLE,
    Address,
    Client,
    CopyText,
    Download,
    Nav,
    Pulse,
)
from econsim.visualization.widgets.chart import (
    Chart,
)
from econsim.visualization.widgets.controls import (
    ActionButton,
    CheckField,
    NumberField,
    SelectField,
    SliderField,
    SpecificationField,
    TextField,
    UploadField,
)
from econsim.visualization.widgets.layout import (
    Boundary,
    DataTable,
    Dialog,
    ErrorLine,
    Grid,
    Note,
    Panel,
    Row,
)

__all__ = [
    "STYLE",
    "ActionButton",
    "Address",
    "Boundary",
    "Chart",
    "CheckField",
    "Client",
    "CopyText",
    "DataTable",
    "Dialog",
    "Download",
    "ErrorLine",
    "Grid",
    "Nav",
    "Note",
    "NumberField",
    "Panel",
    "Pulse",
    "Row",
    "SelectField",
    "SliderField",
    "SpecificationField",
    "TextField",
    "UploadField",
]
