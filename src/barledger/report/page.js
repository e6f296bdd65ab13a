/* A hair line that reads the curves: times and values are found back from the drawn points. */
(() => {
  const forms = {
    money: (v) => v.toLocaleString("en-US", { maximumFractionDigits: Math.abs(v) < 100 ? 2 : 0 }),
    percent: (v) => (100 * v).toFixed(1) + "%",
    times_of: (v) => v.toFixed(2) + "x",
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
    const hair = plot.appendChild(Object.assign(document.createElement("div"), { className: "hair" }));
    const read = plot.appendChild(Object.assign(document.createElement("div"), { className: "read" }));
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
      read.replaceChildren(...[stamp(from, to, share), ...lines].flatMap((text) => [text, document.createElement("br")]));
      hair.style.display = read.style.display = "block";
      hair.style.left = 100 * share + "%";
      read.style.left = share < 0.5 ? 100 * share + 1 + "%" : "auto";
      read.style.right = share < 0.5 ? "auto" : 100 * (1 - share) + 1 + "%";
    });
  }
})();
