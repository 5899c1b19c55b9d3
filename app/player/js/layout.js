// Where everything lies in a picture of a given width: blocks that stand side by side where they fit, else stack.
// All in CSS pixels; a block's own parts are relative to its (x, y).

import { wrapped } from "./words.js";

const EDGE_PX = 4; // room at both sides for the frame of a touched element
const WIDE_PX = 800; // a lane so wide has the cache and the nest at the right of the matrices
const NARROW_PX = 440; // a lane narrower than this is one column
const TWO_LANES_PX = 760; // two lanes stand side by side from this width on
const MOST_CELL_PX = 56;
const MOST_MATRIX_PX = 330;
const NEST_LEAST_PX = 12;
const LONGEST_SENTENCE = "C[10,10] (write): miss, conflict; evicts the line of B[1,0..3]; L2: hit";
const MONO_EM = 0.61; // width of a letter in the fixed-width fonts
export const LINE = 1.45; // height of a line of text, in sizes

/** Text size for a picture: readable on a phone, and from the last row of a hall at 1920 pixels. */
export function textSize(width) {
  return Math.round(Math.min(22, Math.max(13, 5.8 + 0.0094 * width)) * 2) / 2;
}

/** The layout of one or two lanes in `width` pixels, over a legend and a footer; `widthOf(text, size)` measures. */
export function layoutPicture(lanes, width, legend, footer, widthOf) {
  const px = textSize(width);
  const letters = Math.max(...lanes.flatMap((lane) => lane.text.map((text) => nestLine(text).length)));
  const paper = { px, letters, widthOf };
  const gap = Math.round(1.6 * px);
  const beside = lanes.length > 1 && width >= TWO_LANES_PX;
  const inner = width - 2 * EDGE_PX;
  const laneWidth = beside ? (inner - 2 * gap) / 2 : inner;
  const top = lanes.length > 1 ? Math.round(2 * px) : 0;
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
  const legendY = lowest + Math.round(0.8 * px);
  const foot = footerBlock(footer, inner, legendY + key.height, widthOf);
  const below = { legend: { x: EDGE_PX, y: legendY, entries: key.entries }, footer: foot };
  return { width, px, beside, gap, top, boxes, ...below, height: foot.y + foot.height };
}

/** One lane; `paper` has the text size, the longest line of all nests in letters, and how to measure. */
function layoutLane(lane, width, paper) {
  const { px, widthOf } = paper;
  const gap = Math.round(px);
  const sentenceLines = widthOf(LONGEST_SENTENCE, px) <= width - px ? 1 : 2;
  const head = { x: 0, y: 0, width, sentenceLines, height: Math.round((1.9 + 1.35 * sentenceLines) * px) };
  const column = { width, gap, y: head.height + gap / 2, blocks: {} };
  if (width >= WIDE_PX) wideLane(column, lane, paper);
  else narrowLane(column, lane, paper);
  return { width, px, height: column.y, head, ...column.blocks };
}

/** Matrices and the lower levels at the left; the first level and the nest at the right. */
function wideLane(column, lane, paper) {
  const { px } = paper;
  const { width, gap } = column;
  const leftWidth = Math.round(0.62 * width);
  const right = { x: leftWidth + 2 * gap, width: width - leftWidth - 2 * gap };
  const matrices = place(matricesBlock(lane, leftWidth, px), 0, column.y);
  const first = place(levelBlock(lane, 0, right.width, paper), right.x, column.y);
  const nest = place(nestBlock(lane, right.width, paper), right.x, first.y + first.height + gap);
  const below = lowerLevels(lane, leftWidth, paper, column.y + matrices.height + gap, gap);
  column.blocks = { matrices, levels: [first, ...below.levels], nest };
  column.y = Math.max(nest.y + nest.height, below.end);
}

/** Matrices; the first level with the nest beside it where both fit; the lower levels. */
function narrowLane(column, lane, paper) {
  const { px } = paper;
  const { width, gap } = column;
  const matrices = place(matricesBlock(lane, width, px), 0, column.y);
  const y = matrices.y + matrices.height + gap;
  const first = place(levelBlock(lane, 0, width, paper), 0, y);
  const rest = width - first.width - 1.5 * gap;
  const fits = width >= NARROW_PX && nestWidth(paper, NEST_LEAST_PX) <= rest;
  if (fits) first.room = width - rest - 0.5 * gap;
  const nest = fits
    ? place(nestBlock(lane, rest, paper), width - rest, y)
    : place(nestBlock(lane, width, paper), 0, y + first.height + gap);
  const end = Math.max(first.y + first.height, nest.y + nest.height) + gap;
  const below = lowerLevels(lane, width, paper, end, gap);
  column.blocks = { matrices, levels: [first, ...below.levels], nest };
  column.y = below.end;
}

/** The lower levels, side by side where there is room. */
function lowerLevels(lane, width, paper, y, gap) {
  const lower = lane.levels.length - 1;
  const columns = width >= NARROW_PX ? Math.max(1, lower) : 1;
  const room = (width - (columns - 1) * gap) / columns;
  let end = y - gap;
  const levels = Array.from({ length: lower }, (_, number) => {
    const top = columns > 1 ? y : end + gap;
    const block = place(levelBlock(lane, number + 1, room, paper), columns > 1 ? number * (room + gap) : 0, top);
    end = Math.max(end, block.y + block.height);
    return block;
  });
  return { levels, end };
}

function place(block, x, y) {
  return { ...block, x: Math.round(x), y: Math.round(y) };
}

/** A, B and C side by side, all with the same cell, each over the bar of its misses. */
function matricesBlock(lane, width, px) {
  const gap = Math.round(1.2 * px);
  const across = lane.operands.reduce((sum, operand) => sum + operand.columns, 0);
  const tallest = Math.max(...lane.operands.map((operand) => operand.rows));
  const fit = Math.min((width - 2 * gap) / across, MOST_CELL_PX, MOST_MATRIX_PX / tallest);
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
function levelBlock(lane, level, width, { px, widthOf }) {
  const { sets, ways } = lane.levels[level];
  const title = Math.round(1.6 * px);
  const size = Math.round(0.9 * px * 2) / 2;
  const number = Math.round(widthOf(String(sets - 1), size) + 0.6 * px);
  const label = Math.round(longestLabel(lane, size, widthOf) + 1.3 * px);
  if (level === 0 && sets <= 16 && number + ways * label <= width) {
    const row = Math.round(1.4 * px);
    const inside = { mode: "labels", title, size, number, cellWidth: label, cellHeight: row, room: width };
    return { ...inside, width: number + ways * label, height: title + sets * row };
  }
  const cell = Math.floor(Math.min(1.15 * px, width / sets, (9 * px) / ways));
  if (cell >= 4) {
    const mode = cell >= 12 ? "letters" : "marks";
    const inside = { mode, title, size: 0.75 * cell, number: 0, cellWidth: cell, cellHeight: cell, room: width };
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

/** The indentation of the nest is halved, so that six loops fit. */
export function nestLine(text) {
  return text.replace(/^ +/, (spaces) => " ".repeat(spaces.length / 2));
}

function nestWidth({ letters }, size) {
  return letters * MONO_EM * size + 1.4 * size;
}

function nestBlock(lane, width, paper) {
  const { px } = paper;
  const fitting = (width * px) / nestWidth(paper, px);
  const size = Math.max(NEST_LEAST_PX - 2, Math.min(px, Math.floor(2 * fitting) / 2));
  const title = Math.round(1.6 * px);
  const values = lane.blocks ? 2 : 1;
  return { width, title, size, height: title + Math.round((lane.text.length + values + 0.4) * LINE * size) };
}

/** Entries one after another, broken into rows. */
function flow(entries, width, px, widthOf) {
  const size = Math.max(13, Math.round(0.88 * px));
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
function footerBlock(text, width, y, widthOf) {
  const size = Math.max(13, Math.round(0.0085 * width + 4.5));
  const lines = wrapped(text, width, (part) => widthOf(part, size));
  return { x: EDGE_PX, y, size, lines, height: Math.round(lines.length * LINE * size) };
}
