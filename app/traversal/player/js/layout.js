// Where everything lies in a picture of a given width: blocks that stand side by side where they fit, else stack,
// as large as the height of the window allows. All in CSS pixels; a block's own parts are relative to its (x, y).

import { wrapped } from "./words.js";

const EDGE_PX = 4; // room at both sides for the frame of a touched element
const WIDE_PX = 800; // a lane so wide has the cache and the nest at the right of the matrices
const NARROW_PX = 440; // a lane narrower than this is one column
const TWO_LANES_PX = 760; // two lanes stand side by side from this width on
const MOST_CELL_PX = 56;
// Layouts to try, from roomy to dense: the largest height of a matrix; and the height of a row of the first level, the
// gap between blocks (in text sizes), the least size of the nest, whether lines are named, whether lower ones show,
// and the greatest size of the nest where it is not that of the text.
const ROOMY = { row: 1.4, gap: 1, nest: 12, names: true, lower: true };
const TIGHT = { row: 1.22, gap: 0.6, nest: 11, names: true, lower: true };
const FORMS = [
  ...[330, 290, 255, 225].map((side) => ({ ...ROOMY, side })),
  ...[255, 225, 208, 192, 176, 160].map((side) => ({ ...TIGHT, side })),
  ...[192, 160, 136].map((side) => ({ ...TIGHT, lower: false, side })),
  ...[176, 144, 112].map((side) => ({ ...TIGHT, lower: false, names: false, side })),
  ...[144, 112, 80].map((side) => ({ ...TIGHT, lower: false, names: false, most: 13, side })),
  ...[80, 60, 48].map((side) => ({ ...TIGHT, lower: false, names: false, most: 11, gap: 0.4, side })),
];
const BAR_EMS = 10; // width of a level that is a bar beside the nest, in text sizes
const LONGEST_SENTENCE = "C[10,10] (write): miss, conflict; evicts the line of B[1,0..3]; L2: hit";
export const LINE = 1.45; // height of a line of text, in sizes

/** Text size for a picture: readable on a phone, and from the last row of a hall at 1920 pixels. */
export function textSize(width) {
  return Math.round(Math.min(22, Math.max(13, 5.8 + 0.0094 * width)) * 2) / 2;
}

/** The size of what stands beside: 18 pixels where the text has 20. */
export function smaller(px) {
  return Math.max(13, 0.9 * px);
}

/** The layout of one or two lanes in `width` pixels, over a legend and a footer; `widthOf(text, size, mono)` measures.
 *
 * It is to be drawn `larger` times as large: its text is that of so much wider a picture.
 * What is looked at while it plays, all but the footer, is at most `height` where one of FORMS is. Of those with the
 * cache beside the matrices and under them the one with larger elements is taken.
 */
export function layoutPicture(lanes, width, height, legend, footer, widthOf, larger) {
  const letters = Math.max(...lanes.flatMap((lane) => nestLines(lane).map((text) => text.length)));
  const longest = widthOf("0".repeat(letters), 100, true) / 100;
  const paper = { px: textSize(width * larger), longest, widthOf };
  const tried = (form, wide) => layoutForm(lanes, width, legend, footer, { ...paper, ...form, wide });
  if (width < TWO_LANES_PX) return tried({ form: FORMS[0] }, false); // a phone scrolls
  const forms = sizes(larger).flatMap((size) => FORMS.map((form) => ({ form, px: size * paper.px })));
  const found = [true, false].map((wide) => {
    for (const form of forms) {
      const layout = tried(form, wide);
      if (layout.footer.y <= height) return clearOfTheBar(layout, height);
    }
    return tried(forms.at(-1), wide);
  });
  const [beside, under] = found.map((layout) => [layout.footer.y <= height, layout.boxes[0].matrices.cell]);
  return beside[0] >= under[0] && beside[1] >= under[1] ? found[0] : found[1];
}

/** Shares of the text size to try: in a lecture hall all of it may leave no room for what it is about. */
function sizes(larger) {
  return [1, 0.95, 0.9, 0.85, 0.8, 0.77].filter((share) => share === 1 || share * larger >= 1);
}

/** A footer that the bar would cut through moves under it. */
function clearOfTheBar(layout, height) {
  const { footer } = layout;
  if (footer.y + footer.height <= height) return layout;
  const y = Math.ceil(height) + 2;
  return { ...layout, footer: { ...footer, y }, height: y + footer.height };
}

function layoutForm(lanes, width, legend, footer, paper) {
  const { px, widthOf } = paper;
  const gap = Math.round(1.6 * px);
  const beside = lanes.length > 1 && width >= TWO_LANES_PX;
  const inner = width - 2 * EDGE_PX;
  const laneWidth = beside ? (inner - 2 * gap) / 2 : inner;
  const top = lanes.length > 1 ? Math.round(1.8 * px) : 0;
  let y = top;
  let lowest = top;
  const boxes = lanes.map((lane, number) => {
    const box = layoutLane(lane, laneWidth, paper);
    box.x = EDGE_PX + (beside ? number * (laneWidth + 2 * gap) : 0);
    box.y = beside ? top : y;
    y += box.height + gap;
    lowest = Math.max(lowest, box.y + box.height);
    return box;
  });
  const key = flow(legend, inner, px, widthOf);
  const legendY = lowest + Math.round(0.6 * px);
  const foot = footerBlock(footer, inner, legendY + key.height, px, widthOf);
  const below = { legend: { x: EDGE_PX, y: legendY, entries: key.entries }, footer: foot };
  return { width, px, beside, gap, top, boxes, ...below, height: foot.y + foot.height };
}

/** One lane; `paper` has the text size, the longest line of all nests in text sizes, the form, and how to measure. */
function layoutLane(lane, width, paper) {
  const { px, widthOf, form } = paper;
  const gap = Math.round(form.gap * px);
  const sentenceLines = widthOf(LONGEST_SENTENCE, px) <= width - px ? 1 : 2;
  const head = { x: 0, y: 0, width, sentenceLines, height: Math.round((1.9 + 1.35 * sentenceLines) * px) };
  const column = { width, gap, y: head.height + gap / 2, blocks: {} };
  if (paper.wide && width >= WIDE_PX) wideLane(column, lane, paper);
  else narrowLane(column, lane, paper);
  return { width, px, height: column.y, head, ...column.blocks };
}

/** Matrices and the lower levels at the left; the first level and the nest at the right. */
function wideLane(column, lane, paper) {
  const { px } = paper;
  const { width, gap } = column;
  const leftWidth = Math.round(0.62 * width);
  const right = { x: leftWidth + 2 * gap, width: width - leftWidth - 2 * gap };
  const matrices = place(matricesBlock(lane, leftWidth, paper), 0, column.y);
  const first = place(levelBlock(lane, 0, right.width, paper), right.x, column.y);
  const nest = place(nestBlock(lane, right.width, paper), right.x, first.y + first.height + gap);
  const below = lowerLevels(lane, leftWidth, paper, column.y + matrices.height + gap, gap);
  column.blocks = { matrices, levels: [first, ...below.levels], nest };
  column.y = Math.max(nest.y + nest.height, below.end);
}

/** Matrices; the first level with the nest beside it where both fit; else the nest beside the lower levels. */
function narrowLane(column, lane, paper) {
  const { px, form } = paper;
  const { width, gap } = column;
  const matrices = place(matricesBlock(lane, width, paper), 0, column.y);
  const y = matrices.y + matrices.height + gap;
  const first = place(levelBlock(lane, 0, width, paper), 0, y);
  const between = 1.5 * px;
  const fitsIn = (rest) => width >= NARROW_PX && nestWidth(paper, form.nest) <= rest;
  const rest = width - first.width - between;
  const under = y + first.height + gap;
  column.blocks = { matrices };
  if (fitsIn(rest)) {
    first.room = first.width + 0.5 * between;
    const nest = place(nestBlock(lane, rest, paper), width - rest, y);
    const below = lowerLevels(lane, width, paper, Math.max(under, nest.y + nest.height + gap), gap);
    Object.assign(column.blocks, { levels: [first, ...below.levels], nest });
    column.y = below.end;
    return;
  }
  const bars = lane.levels.slice(1).every((_, number) => levelBlock(lane, number + 1, width, paper).mode === "bar");
  const side = BAR_EMS * px;
  const split = bars && lane.levels.length > 1 && fitsIn(width - side - between);
  const nest = place(nestBlock(lane, split ? width - side - between : width, paper), 0, under);
  const below = split
    ? lowerLevels(lane, side, paper, under, 0.5 * gap, width - side)
    : lowerLevels(lane, width, paper, nest.y + nest.height + gap, gap);
  Object.assign(column.blocks, { levels: [first, ...below.levels], nest });
  column.y = Math.max(below.end, nest.y + nest.height);
}

/** The lower levels from (x, y) on, side by side where there is room. */
function lowerLevels(lane, width, paper, y, gap, x = 0) {
  const lower = lane.levels.length - 1;
  const columns = width >= NARROW_PX ? Math.max(1, lower) : 1;
  const room = (width - (columns - 1) * gap) / columns;
  let end = y - gap;
  const levels = Array.from({ length: lower }, (_, number) => {
    const left = x + (columns > 1 ? number * (room + gap) : 0);
    const block = place(levelBlock(lane, number + 1, room, paper), left, columns > 1 ? y : end + gap);
    end = Math.max(end, block.y + block.height);
    return block;
  });
  return { levels, end };
}

function place(block, x, y) {
  return { ...block, x: Math.round(x), y: Math.round(y) };
}

/** A, B and C side by side, all with the same cell, each over the bar of its misses. */
function matricesBlock(lane, width, { px, form }) {
  const gap = Math.round(1.2 * px);
  const across = lane.operands.reduce((sum, operand) => sum + operand.columns, 0);
  const tallest = Math.max(...lane.operands.map((operand) => operand.rows));
  const fit = Math.min((width - 2 * gap) / across, MOST_CELL_PX, form.side / tallest);
  const cell = fit >= 2 ? Math.floor(fit) : fit;
  const title = Math.round(1.6 * px);
  let x = 0;
  const parts = lane.operands.map((operand) => {
    const part = { x, y: title, width: cell * operand.columns, height: cell * operand.rows };
    x += part.width + gap;
    return part;
  });
  const [high, text] = [Math.round(0.9 * px), Math.round(1.4 * px)];
  const bar = { y: title + cell * tallest + Math.round(0.4 * px), height: high, text };
  return { width: x - gap, height: bar.y + bar.height + bar.text, cell, title, parts, bar };
}

/** A level as labelled cells, as cells with a letter or a mark, or, where it is too large, as one bar. */
function levelBlock(lane, level, width, { px, widthOf, form }) {
  const { sets, ways } = lane.levels[level];
  const title = Math.round(1.6 * px);
  const size = Math.round(0.9 * px * 2) / 2;
  const number = Math.round(widthOf(String(sets - 1), size) + 0.6 * px);
  const label = Math.round(longestLabel(lane, size, widthOf) + 1.3 * px);
  if (level === 0 && form.names && sets <= 16 && number + ways * label <= width) {
    const row = Math.round(form.row * px);
    const inside = { mode: "labels", title, size, number, cellWidth: label, cellHeight: row, room: width };
    return { ...inside, width: number + ways * label, height: title + sets * row };
  }
  const cell = Math.floor(Math.min(1.15 * px, width / sets, (9 * px) / ways));
  if (cell >= 4 && lane.levels[level].content && (level === 0 || form.lower)) {
    const mode = cell >= 12 ? "letters" : "marks";
    const inside = { mode, title, size: 0.8 * cell, number: 0, cellWidth: cell, cellHeight: cell, room: width };
    return { ...inside, width: Math.max(cell * sets, 12 * px), height: title + cell * ways };
  }
  return { mode: "bar", title, size, number: 0, width, room: width, height: title + Math.round(1.4 * px) };
}

function longestLabel(lane, size, widthOf) {
  const names = lane.operands.map(({ name, rows, columns }) => {
    return `${name}[${rows - 1},${columns - 1}..${columns - 1}]`;
  });
  return Math.max(...names.map((name) => widthOf(name, size)));
}

/** The text of the nest with less indentation, so that six loops fit. */
export function nestLines({ text, blocks }) {
  const by = blocks ? 4 : 2;
  return text.map((line) => line.replace(/^ +/, (spaces) => " ".repeat(spaces.length / by)));
}

function nestWidth({ longest }, size) {
  return (longest + 1.4) * size;
}

function nestBlock(lane, width, paper) {
  const { px, form } = paper;
  const fitting = (width * px) / nestWidth(paper, px);
  const size = Math.max(form.nest - 2, Math.min(form.most ?? px, px, Math.floor(2 * fitting) / 2));
  const title = Math.round(1.6 * px);
  const values = lane.blocks ? 2 : 1;
  return { width, title, size, height: title + Math.round((lane.text.length + values + 0.4) * LINE * size) };
}

/** Entries one after another, broken into rows. */
function flow(entries, width, px, widthOf) {
  const size = smaller(px);
  const row = Math.round(1.6 * px);
  let [x, y] = [0, 0];
  const placed = entries.map((entry) => {
    const long = Math.round(1.7 * px + widthOf(entry.label, size) + 1.2 * px);
    if (x > 0 && x + long - 1.2 * px > width) [x, y] = [0, y + row];
    const at = { ...entry, x, y, size };
    x += long;
    return at;
  });
  return { entries: placed, height: y + row };
}

/** What the picture is of, so that it can stand alone in a homework. */
function footerBlock(text, width, y, px, widthOf) {
  const size = smaller(px);
  const lines = wrapped(text, width, (part) => widthOf(part, size));
  return { x: EDGE_PX, y, size, lines, height: Math.round(lines.length * LINE * size) };
}
