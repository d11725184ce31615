/**
 * Time series as stacked panels of one picture (SVG), with the spans in which something was broken shaded behind them.
 */

export interface Panel {
  readonly label: string;
  readonly unit: string;
  readonly series: readonly {
    readonly name: string;
    readonly colour: string;
    readonly values: readonly number[];
  }[];
}

export interface Span {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

const width = 900;
const panelHeight = 110;
const left = 70;
const right = 20;
const top = 34;
const gap = 26;

/** @param minutes of each sample, rising; `values` of every series have its length */
export function plot(minutes: readonly number[], panels: readonly Panel[], spans: readonly Span[]): string {
  const last = minutes.at(-1) ?? 1;
  const x = (minute: number) => left + (minute / last) * (width - left - right);
  const height = top + panels.length * (panelHeight + gap);
  const shaded = spans.map(
    ({ label, from, to }, index) =>
      `<rect x="${x(from).toFixed(1)}" y="${top - 6}" width="${(x(to) - x(from)).toFixed(1)}" height="${height - top - gap + 6}" fill="#d9822b" opacity="0.13"/>` +
      `<text x="${x(from).toFixed(1)}" y="${index % 2 === 0 ? 12 : 24}" class="span">${escaped(label)}</text>`,
  );
  const drawn = panels.map((panel, index) => {
    const base = top + index * (panelHeight + gap) + panelHeight;
    const most = Math.max(1, ...panel.series.flatMap(({ values }) => values)) * 1.05;
    const y = (value: number) => base - (value / most) * panelHeight;
    const lines = panel.series.map(({ colour, values }) => {
      const points = values.map((value, at) => `${x(minutes[at] ?? 0).toFixed(1)},${y(value).toFixed(1)}`);
      return `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="1.3"/>`;
    });
    const legend = panel.series
      .map(
        ({ name, colour }, at) =>
          `<text x="${width - right - 4}" y="${base - panelHeight + 12 + at * 13}" fill="${colour}" text-anchor="end">${escaped(name)}</text>`,
      )
      .join("");
    return (
      `<line x1="${left}" y1="${base}" x2="${width - right}" y2="${base}" class="axis"/>` +
      `<text x="${left - 6}" y="${base}" text-anchor="end">0</text>` +
      `<text x="${left - 6}" y="${(base - panelHeight + 8).toFixed(1)}" text-anchor="end">${number(most / 1.05)} ${escaped(panel.unit)}</text>` +
      `<text x="${left + 4}" y="${base - panelHeight + 8}" class="label">${escaped(panel.label)}</text>${lines.join("")}${legend}`
    );
  });
  const ticks = Array.from({ length: 7 }, (_, index) => (last * index) / 6).map(
    (minute) =>
      `<text x="${x(minute).toFixed(1)}" y="${height - 8}" text-anchor="middle">${Math.round(minute)} min</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    "<title>An hour of rpop serve: memory, CPU, visits, queue and marks</title>",
    `<style>text{fill:#333}.label{font-weight:bold}.span{fill:#a65b10}.axis{stroke:#999}</style>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...shaded,
    ...drawn,
    ...ticks,
    "</svg>",
    "",
  ].join("\n");
}

function number(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(2);
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[one] ?? one);
}
