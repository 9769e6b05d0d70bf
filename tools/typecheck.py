"""Check the types of econsim, its models and its dashboard as one program.

The installed layout (``models/`` as ``econsim.models``, ``visualization/`` as
``econsim.visualization``) exists in no folder of the repository. This lays it out as symbolic links
in ``build/types``, where pyproject.toml tells mypy to look, and runs mypy; arguments are mypy's.
New files are found by themselves.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TREE = ROOT / "build" / "types"


def lay_out() -> None:
    """Link what there is, and unlink what there was; links that are right stay."""
    package = TREE / "econsim"
    package.mkdir(parents=True, exist_ok=True)
    inner = [path for path in (ROOT / "econsim").iterdir() if path.name != "__pycache__"]
    wanted = {path.name: path for path in (*inner, ROOT / "models", ROOT / "visualization")}
    for link in package.iterdir():
        if link.name not in wanted:
            link.unlink()
    for name, path in wanted.items():
        if not (package / name).is_symlink():
            (package / name).symlink_to(os.path.relpath(path, package))


if __name__ == "__main__":
    lay_out()
    sys.exit(subprocess.call([sys.executable, "-m", "mypy", *sys.argv[1:]], cwd=ROOT))
