// The parts of a picture that are text and bars: title and sentence, the loop nest, the misses, the legend.

import { heatColour, readableOn } from "./colours.js";
import { LINE, nestLines, smaller } from "./layout.js";
import { sentenceOf } from "./sentence.js";
import { countsAt, missesAt, touchedAt } from "./trace.js";
import { grouped, percent, wrapped, OUTCOMES } from "./words.js";

const KINDS = OUTCOMES.slice(1);
export const HATCHES = { compulsory: "dots", capacity: "lines", conflict: "cross" };

/** The lane's name with its count so far, and what this access was. */
export function paintHead(surface, colours, lane, replay, box) {
  const { px } = box;
  const step = replay.step;
  const title = { size: 1.2 * px, weight: 700, fill: colours.ink };
  surface.text(lane.title, box.x, box.y + 0.8 * px, title);
  const misses = missesAt(lane, step);
  const accesses = lane.start + step;
  const ended = accesses === lane.total ? ", the end" : "";
  const count = `${grouped(misses)} misses in ${grouped(accesses)} accesses (${percent(misses, accesses)})${ended}`;
  const room = box.width - surface.width(lane.title, title) - 1.5 * px;
  const short = `${grouped(misses)} of ${grouped(accesses)} missed`;
  const said = surface.width(count, { size: px }) <= room ? count : short;
  surface.text(said, box.x + box.width, box.y + 0.8 * px, { size: px, fill: colours.ink, align: "right" });
  const touched = touchedAt(lane, step);
  const colour = touched ? colours[OUTCOMES[touched.outcome]] : colours.grid;
  const top = box.y + 1.75 * px;
  surface.rect(box.x, top, 0.35 * px, 1.3 * box.head.sentenceLines * px, colour);
  const measure = (part) => surface.width(part, { size: px });
  const lines = wrapped(sentenceOf(lane, step), box.width - px, measure);
  lines.push(lines.splice(box.head.sentenceLines - 1).join(" ")); // what is too long for its lines gets smaller
  lines.forEach((line, number) => {
    const size = Math.min(px, (px * (box.width - px)) / measure(line));
    surface.text(line, box.x + 0.9 * px, top + (0.65 + 1.25 * number) * px, { size, fill: colours.ink });
  });
}

/** The loop nest, its current line marked, and the values of its indices under it. */
export function paintNest(surface, colours, lane, replay, box) {
  const { nest, px } = box;
  const [x, y] = [box.x + nest.x, box.y + nest.y];
  const row = LINE * nest.size;
  const touched = touchedAt(lane, replay.step);
  surface.text("Loop nest", x, y + 0.5 * nest.title, { size: 0.95 * px, weight: 600, fill: colours.ink });
  surface.rect(x, y + nest.title, nest.width, lane.text.length * row, colours.panel);
  nestLines(lane).forEach((text, number) => {
    const top = y + nest.title + number * row;
    const current = touched !== null && touched.textLine === number;
    if (current) {
      surface.rect(x, top, nest.width, row, colours.grid);
      surface.rect(x, top, 0.3 * nest.size, row, colours.ink);
    }
    surface.text(text, x + 0.7 * nest.size, top + row / 2, {
      size: nest.size, fill: colours.ink, mono: true, weight: current ? 700 : 400,
    });
  });
  const values = indexValues(lane, touched);
  values.forEach((text, number) => {
    const middle = y + nest.title + (lane.text.length + 0.7 + number) * row;
    surface.text(text, x + 0.7 * nest.size, middle, { size: nest.size, fill: colours.ink, mono: true });
  });
}

/** "i = 3  j = 5  k = 2", and where the blocks begin, where there are blocks. */
function indexValues(lane, touched) {
  const axes = ["i", "j", "k"];
  const value = (axis) => (touched ? touched[axis] : "-");
  const lines = [axes.map((axis) => `${axis} = ${value(axis)}`.padEnd(7)).join(" ")];
  if (lane.blocks) {
    const start = (axis, n) => (touched ? touched[axis] - (touched[axis] % lane.blocks[n]) : "-");
    lines.unshift(axes.map((axis, n) => `${axis}${axis} = ${start(axis, n)}`.padEnd(7)).join(" "));
  }
  return lines;
}

/** Under each matrix the share of its accesses that missed in the first level, by kind. */
export function paintBars(surface, colours, lane, replay, box) {
  const { px, matrices } = box;
  const { bar, parts } = matrices;
  const y = box.y + matrices.y + bar.y;
  lane.operands.forEach((_, number) => {
    const [x, width] = [box.x + matrices.x + parts[number].x, parts[number].width];
    const counts = countsAt(lane, replay.step, 0, number);
    surface.rect(x, y, width, bar.height, colours.grid);
    paintKinds(surface, colours, counts, x, y, width, bar.height);
    const share = percent(counts.misses, counts.accesses);
    const forms = [
      `${grouped(counts.misses)} of ${grouped(counts.accesses)} miss: ${share}`,
      `${grouped(counts.misses)} of ${grouped(counts.accesses)}: ${share}`,
      `${share} miss`,
    ];
    const size = smaller(px);
    const text = forms.find((form) => surface.width(form, { size }) <= width) ?? share;
    surface.text(text, x, y + bar.height + 0.6 * bar.text, { size, fill: colours.ink });
  });
}

function paintKinds(surface, colours, counts, x, y, width, height) {
  let at = x;
  for (const kind of KINDS) {
    const long = counts.accesses ? (width * counts[kind]) / counts.accesses : 0;
    surface.rect(at, y, long, height, colours[kind]);
    surface.hatch(at, y, long, height, HATCHES[kind], colours.background);
    at += long;
  }
}

/** What the colours, hatches and frames mean. */
export function paintLegend(surface, colours, legend) {
  for (const entry of legend.entries) {
    const side = 1.05 * entry.size;
    const [x, y] = [legend.x + entry.x, legend.y + entry.y + 2];
    if (entry.kind in HATCHES) {
      surface.rect(x, y, side, side, colours[entry.kind]);
      surface.hatch(x, y, side, side, HATCHES[entry.kind], colours.background);
    } else if (entry.kind === "evicted") {
      surface.frames([[x, y, side, side]], colours.evicted, 2, [5, 3]);
      surface.lines([[x, y, x + side, y + side]], colours.evicted, 1.5, [5, 3]);
    } else if (entry.kind === "touched") {
      surface.frames([[x + 1, y + 1, side - 2, side - 2]], colours.ink, 3);
    } else if (entry.kind === "dirty") {
      surface.rect(x + 0.3 * side, y + 0.3 * side, 0.4 * side, 0.4 * side, colours.ink);
    } else if (entry.kind === "heat") {
      const fill = heatColour(colours, 3, 4);
      surface.rect(x, y, side, side, fill);
      const style = { size: 0.75 * side, fill: readableOn(fill, colours), align: "center" };
      surface.text("3", x + side / 2, y + side / 2, style);
    } else {
      surface.frames([[x, y, side, side]], colours.hit, 2.5);
    }
    surface.text(entry.label, x + 1.6 * entry.size, y + side / 2, { size: entry.size, fill: colours.ink });
  }
}

/** What the picture is of. */
export function paintFooter(surface, colours, { lines, size, x, y }) {
  lines.forEach((line, number) => {
    surface.text(line, x, y + (number + 0.5) * LINE * size, { size, fill: colours.muted });
  });
}
