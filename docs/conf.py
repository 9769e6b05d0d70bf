"""Sphinx: MyST pages whose Python blocks are executed, offline, warnings as errors."""

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive

import econsim

project = "econsim"
author = "the econsim authors"
copyright = "the econsim authors"
version = release = econsim.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "jupyter_execute", "**/.ipynb_checkpoints"]
root_doc = "index"
html_theme = "furo"
html_title = f"econsim {version}"
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["econsim.css"]
html_theme_options = {"navigation_with_keys": True}

myst_heading_anchors = 3
# "force": a cache is keyed by the page alone and would show outputs of an earlier econsim.
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_output_stderr = "warn"
nb_merge_streams = True

default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "show-inheritance": True}
# Aliases and defaults as their author wrote them, not expanded.
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_preprocess_types = False

_FENCE = re.compile(r"^```python$", re.MULTILINE)
_NOTEBOOK = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n"


def execute_python_blocks(app, docname, source):
    """Turn the ```python blocks of a page into cells, so that it shows what they print.

    The files keep plain blocks, which every Markdown viewer highlights. `tests/test_docs.py` runs
    the same blocks in the same order.
    """
    # The notebook, too, passes here; its cells hold no fence at the start of a line.
    if docname.startswith("notebooks/") or not _FENCE.search(source[0]):
        return
    source[0] = _NOTEBOOK + _FENCE.sub("```{code-cell} ipython3", source[0])


def prepare_kernels(app):
    """Give kernels a profile of their own, so that a build does not depend on the user's."""
    profile = Path(app.srcdir) / "_build" / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    # Quiet about unencrypted sockets, which do not leave this machine.
    settings = "c.IPKernelApp.log_level = 'ERROR'\n"
    (profile / "ipython_kernel_config.py").write_text(settings)
    os.environ["IPYTHONDIR"] = str(profile.parent)
    # Mesa imports tqdm, which warns of missing widgets in any notebook.
    os.environ["PYTHONWARNINGS"] = "ignore:IProgress not found"
    logging.getLogger("traitlets").setLevel(logging.WARNING)


class Help(Directive):
    """What ``econsim COMMAND --help`` prints."""

    optional_arguments = 1

    def run(self):
        command = [sys.executable, "-m", "econsim", *self.arguments, "--help"]
        environment = {**os.environ, "COLUMNS": "88", "TERM": "dumb", "NO_COLOR": "1"}
        printed = subprocess.run(
            command, capture_output=True, text=True, check=True, env=environment
        ).stdout
        text = printed.strip()
        return [nodes.literal_block(text, text, language="text")]


def setup(app):
    app.connect("builder-inited", prepare_kernels)
    app.connect("source-read", execute_python_blocks)
    app.add_directive("econsim-help", Help)
