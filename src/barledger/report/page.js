/* A hair line that reads the curves: times and values are found back from the drawn points. */
(() => {
  const forms = {
    money: (v) => v.toLocaleString("en-US", { maximumFractionDigits: Math.abs(v) < 100 ? 2 : 0 }),
    log_money: (v) => forms.money(10 ** v),
    percent: (v) => (100 * v).toFixed(1) + "%",
    times_of: (v) => v.toFixed(2) + "x",
    number: (v) => v.toFixed(2),
  };
  const sign = (plot, name) => plot.appendChild(Object.assign(document.createElement("div"), { className: name }));
  const write = (read, share, lines) => {
    read.replaceChildren(...lines.flatMap((text) => [text, document.createElement("br")]));
    read.style.display = "block";
    read.style.left = share < 0.5 ? 100 * share + 1 + "%" : "auto";
    read.style.right = share < 0.5 ? "auto" : 100 * (1 - share) + 1 + "%";
  };
  const stamp = (from, to, share) => {
    const number = (text) => Number(text.replace("#", ""));
    const value = number(from) + share * (number(to) - number(from));
    if (from.startsWith("#")) return "bar " + Math.round(value);
    const text = new Date(value).toISOString();
    const isLong = number(to) - number(from) > 40 * 86400000;
    return isLong ? text.slice(0, 10) : text.slice(0, 16).replace("T", " ");
  };
  const pointsOf = (path) => path.getAttribute("d").slice(1).split(/[ML]/).map((pair) => pair.split(" ").map(Number));
  for (const plot of document.querySelectorAll(".plot[data-from]")) {
    const hair = sign(plot, "hair"), read = sign(plot, "read");
    const { from, to, low, high, form } = plot.dataset;
    let curves = null;
    const hide = () => { hair.style.display = read.style.display = "none"; };
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      if (share < 0 || share > 1) return hide();
      curves ??= [...plot.querySelectorAll("path.line")].filter((path) => path.getAttribute("d"))
        .map((path) => [path.dataset.name, pointsOf(path)]);
      const lines = curves.map(([name, points]) => {
        let first = 0, last = points.length - 1;
        while (last - first > 1) {
          const middle = (first + last) >> 1;
          if (points[middle][0] > 1000 * share) last = middle; else first = middle;
        }
        const value = Number(high) - (points[first][1] / 1000) * (Number(high) - Number(low));
        return name + " " + forms[form](value);
      });
      write(read, share, [stamp(from, to, share), ...lines]);
      hair.style.display = "block";
      hair.style.left = 100 * share + "%";
    });
  }
  for (const figure of document.querySelectorAll(".heat")) {
    const plot = figure.querySelector(".plot"), slider = figure.querySelector("input");
    const sheets = [...plot.querySelectorAll(".sheet")];
    const read = sign(plot, "read");
    const cells = JSON.parse(plot.dataset.cells);
    const page = () => (slider ? Number(slider.value) : 0);
    slider?.addEventListener("input", () => {
      sheets.forEach((sheet, k) => { sheet.style.display = k === page() ? "" : "none"; });
      figure.querySelector("output").textContent = JSON.parse(slider.dataset.labels)[page()];
    });
    plot.addEventListener("pointerleave", () => { read.style.display = "none"; });
    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect();
      const across = (event.clientX - box.left) / box.width, up = 1 - (event.clientY - box.top) / box.height;
      const column = Math.floor(across * cells.columns.length), row = Math.floor(up * cells.rows.length);
      const value = cells.pages[page()][row]?.[column];
      if (value == null) { read.style.display = "none"; return; }
      write(read, across, [
        `${cells.a} ${cells.rows[row]}, ${cells.b} ${cells.columns[column]}`,
        `${cells.metric} ${forms[cells.form](value)}`,
      ]);
    });
  }
})();
