"""Writes the whole demonstration into a folder: the shop's data, how to read them, and what to look for."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Literal

from momentwise.simulate.shop import make_shop

DemoFile = Literal["sources.yaml", "playbook.yaml"]
DEMO_FILES: tuple[DemoFile, ...] = ("sources.yaml", "playbook.yaml")


def demo_text(name: DemoFile) -> str:
    """The YAML of the demonstration, comments included."""
    return resources.files("momentwise.simulate").joinpath(name).read_text(encoding="utf-8")


def write_demo(folder: Path) -> None:
    """Four CSV files, `sources.yaml` and `playbook.yaml` in a folder, which is made if it is not there.

    Example:
        `write_demo(Path("demo"))`, then `momentwise audit demo --sources demo/sources.yaml --playbook demo/playbook.yaml`.
    """
    make_shop(folder)
    for name in DEMO_FILES:
        (folder / name).write_text(demo_text(name), encoding="utf-8")
