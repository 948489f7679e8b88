(function () {
  "use strict";
  var root = document.documentElement;
  var figures = document.querySelectorAll("details.fig");

  function setTheme(choice) {
    if (choice === "auto") delete root.dataset.theme; else root.dataset.theme = choice;
    try { localStorage.setItem("momentwise-theme", choice); } catch (error) { /* a browser may forbid it */ }
  }
  document.querySelectorAll("input[name=theme]").forEach(function (input) {
    input.checked = input.value === (root.dataset.theme || "auto");
    input.addEventListener("change", function () { setTheme(input.value); });
  });

  function closeFigures(but) {
    figures.forEach(function (figure) { if (figure !== but) figure.open = false; });
  }
  function addCopy(code) {
    if (!navigator.clipboard || code.nextElementSibling) return;
    var button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(code.textContent).then(
        function () { button.textContent = "Copied"; },
        function () { button.textContent = "Select and copy it by hand"; });
    });
    code.after(button);
  }
  figures.forEach(function (figure) {
    figure.addEventListener("toggle", function () {
      if (!figure.open) return;
      closeFigures(figure);
      addCopy(figure.querySelector("code"));
    });
  });
  document.querySelectorAll("details.data code, .run code").forEach(addCopy);
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    var open = document.querySelector("details.fig[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
  });
  document.addEventListener("click", function (event) {
    if (!event.target.closest("details.fig")) closeFigures(null);
  });

  function reveal() {
    var target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (var around = target.parentElement; around; around = around.parentElement) {
      if (around.tagName === "DETAILS") around.open = true;
    }
    target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  reveal();
  addEventListener("beforeprint", function () {
    document.querySelectorAll("details.rest, .tree details").forEach(function (fold) { fold.open = true; });
  });

  var rows = document.querySelectorAll("tr[data-stage]");
  var shown = document.getElementById("shown");
  document.querySelectorAll(".filters input").forEach(function (input) {
    input.addEventListener("change", function () {
      var left = Array.prototype.filter.call(rows, function (row) {
        return getComputedStyle(row).display !== "none";
      }).length;
      shown.textContent = "Showing " + left + " of " + rows.length + " moments.";
    });
  });
})();
