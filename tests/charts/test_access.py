"""The page as a machine that checks for barriers sees it: axe in a browser, where both are installed."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SERIOUS = ("serious", "critical")
SCRIPT = """
addEventListener("load", function () {
  document.querySelectorAll("details:not(.fig)").forEach(function (fold) { fold.open = true; });
  axe.run(document, {resultTypes: ["violations"]}).then(function (found) {
    var said = document.createElement("pre");
    said.id = "axe";
    said.textContent = JSON.stringify(found.violations.map(function (one) {
      return [one.impact, one.id, one.nodes.length, one.nodes[0].html.slice(0, 200)];
    }));
    document.body.appendChild(said);
  });
});
"""


@pytest.mark.parametrize("scheme", [0, 1], ids=["dark", "light"])
@pytest.mark.parametrize("width", [500, 1280])
def test_axe_finds_nothing_serious(rich_page: str, tmp_path: Path, width: int, scheme: int) -> None:
    """Every fold open, light and dark, narrow and wide: no barrier that axe calls serious."""
    axe = pytest.importorskip("axe_core_python", reason="axe is not installed")
    if not BROWSER:
        pytest.skip("no browser is installed")
    source = (resources.files(axe) / "axe.min.js").read_text(encoding="utf-8").replace("</script>", "<\\/script>")
    page = tmp_path / "page.html"
    page.write_text(rich_page.replace("</body>", f"<script>{source}</script><script>{SCRIPT}</script></body>"), "utf-8")
    found = _check(page, tmp_path / "profile", width, scheme)
    assert [] == [one for one in found if one[0] in SERIOUS]


def _check(page: Path, profile: Path, width: int, scheme: int) -> list[list[object]]:
    """What axe says of the page: impact, rule, how often, and the first place."""
    assert BROWSER
    arguments = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}",
        f"--window-size={width},2000", f"--blink-settings=preferredColorScheme={scheme}", "--virtual-time-budget=60000",
        "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    shown = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=True).stdout
    said = re.search(r'<pre id="axe">(.*?)</pre>', shown, re.DOTALL)
    assert said, "axe did not finish"
    return list(json.loads(html.unescape(said[1])))
