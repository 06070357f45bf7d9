"use strict";
// Probabilities of one track over time: smoothed as lines, single frames as dots.

function curvesOf(data, times, track, range) {
  const labels = data.labels;
  if (!track.curve) return h("p", { class: "note" }, "No expression was read of this track.");
  const curve = new Curve(track, labels.length);
  const at = track.readings ? sums(track.readings.at) : [];
  const values = track.readings ? bytesOf(track.readings.code) : [];
  // One row of x for lines (twice for bins: least, greatest) and dots.
  const rows = [];
  for (let i = 0; i < curve.length; i++) {
    const x = times[Math.min(times.length - 1, track.first + i * curve.step)];
    for (const which of curve.step > 1 ? [0, 1] : [0]) {
      rows.push([x + which * 1e-6, labels.map((_, label) => curve.value(i, label)[which]), null]);
    }
  }
  for (let i = 0; i < at.length; i++) {
    rows.push([times[at[i]], null, labels.map((_, label) => values[i * labels.length + label] / 254)]);
  }
  rows.sort((a, b) => a[0] - b[0]);
  const series = [{}], columns = [Float64Array.from(rows, (row) => row[0])];
  labels.forEach((label, number) => {
    const colour = colourOf(label);
    series.push({ label, stroke: colour, width: 1.6, points: { show: false }, spanGaps: false,
      value: (_, value) => (value === null || value === undefined ? "" : percent(value)) });
    columns.push(rows.map((row) => (row[1] ? row[1][number] : undefined)));
    series.push({ label: `${label}, single frames`, stroke: colour, paths: () => null, show: true,
      points: { show: true, size: 4, width: 0.5, fill: colour }, value: (_, value) => (value ? percent(value) : "") });
    columns.push(rows.map((row) => (row[2] ? row[2][number] : undefined)));
  });
  const element = h("div", { class: "curves" });
  const style = getComputedStyle(document.body);
  const axis = { stroke: style.color, grid: { stroke: colourNamed("--line"), width: 1 }, ticks: { show: false } };
  const plot = new uPlot({
    width: 800, height: 190, legend: { show: false }, cursor: { y: false, drag: { x: true, y: false } },
    scales: { x: { time: false, range: () => range() }, y: { range: [0, 1] } },
    axes: [{ ...axis, values: (_, ticks) => ticks.map((time) => clock(time, ticks[1] - ticks[0] < 1 ? 1 : 0)) },
      { ...axis, size: NAME + 8, values: (_, ticks) => ticks.map((share) => percent(share)) }],
    series,
  }, columns, element);
  new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: 190 })).observe(element);
  element.plot = plot;
  return element;
}
