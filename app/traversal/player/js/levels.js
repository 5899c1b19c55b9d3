// The sets and ways of each cache level: which line lies where, and what the last access did there.

import { isDirty, lineIn } from "./replay.js";
import { operandOfLine, shortNameOfLine } from "./trace.js";
import { grouped, HIT, OUTCOMES } from "./words.js";

/** One level of the lane at `box`. */
export function paintLevel(surface, colours, lane, replay, box, level) {
  const block = box.levels[level];
  const [x, y] = [box.x + block.x, box.y + block.y];
  surface.text(titleOf(surface, lane, box, block, level), x, y + 0.5 * block.title, {
    size: 0.95 * box.px, weight: 600, fill: colours.ink,
  });
  const at = { x: x + block.number, y: y + block.title };
  if (block.mode === "bar") return paintBar(surface, colours, lane, replay, block, at, level);
  if (block.mode === "labels") paintNumbers(surface, colours, lane, block, x, at.y, level);
  const last = new Map(replay.lastCells().filter((c) => c.level === level).map((c) => [c.cell, c.at]));
  const { ways } = lane.levels[level];
  replay.ways[level].forEach((content, cell) => {
    const [set, way] = [Math.floor(cell / ways), cell % ways];
    const [across, down] = block.mode === "labels" ? [way, set] : [set, way];
    const corner = { x: at.x + across * block.cellWidth, y: at.y + down * block.cellHeight };
    paintWay(surface, colours, lane, block, corner, level, content, last.get(cell));
  });
}

function titleOf(surface, lane, box, block, level) {
  const { name, sets, ways, lineBytes } = lane.levels[level];
  const shape = `${name}: ${grouped(sets)} set${sets > 1 ? "s" : ""} × ${ways} way${ways > 1 ? "s" : ""}`;
  const key = block.mode === "marks" ? " (full: A, half: B, frame: C)" : "";
  const shortest = `${name}: ${grouped(sets)} × ${ways}`;
  const forms = [`${shape}, ${lineBytes} B lines${key}`, `${shape}${key}`, shape, shortest];
  const style = { size: 0.95 * box.px, weight: 600 };
  return forms.find((form) => surface.width(form, style) <= block.room) ?? forms.at(-1);
}

function paintNumbers(surface, colours, lane, block, x, y, level) {
  for (let set = 0; set < lane.levels[level].sets; set += 1) {
    const middle = y + (set + 0.5) * block.cellHeight;
    surface.text(String(set), x, middle, { size: block.size, fill: colours.muted });
  }
}

/** One way of one set. `event` is the number of the event that wrote it just now, undefined where none did. */
function paintWay(surface, colours, lane, block, { x, y }, level, content, event) {
  const [width, height] = [block.cellWidth - 1, block.cellHeight - 1];
  const fresh = event !== undefined;
  surface.rect(x, y, width, height, content < 0 ? colours.panel : colours.grid);
  if (content >= 0) {
    if (block.mode === "labels") paintLabel(surface, colours, lane, block, x, y, level, content);
    else if (block.mode === "letters") paintLetter(surface, colours, lane, block, x, y, level, content);
    else paintMark(surface, colours, x, y, block.cellWidth - 1, operandOfLine(lane, level, lineIn(content)));
  }
  if (fresh) {
    const { outcome } = lane.events;
    const colour = outcome[event] === HIT ? colours.hit : colours[OUTCOMES[outcome[event]]];
    const line = block.mode === "marks" ? 2 : 3;
    surface.frames([[x + line / 2, y + line / 2, width - line, height - line]], colour, line);
  }
}

function paintLabel(surface, colours, lane, block, x, y, level, content) {
  const middle = y + (block.cellHeight - 1) / 2;
  const name = shortNameOfLine(lane, level, lineIn(content));
  surface.text(name, x + 0.5 * block.size, middle, { size: block.size, fill: colours.ink });
  if (isDirty(content)) {
    const side = 0.4 * block.size;
    surface.rect(x + block.cellWidth - 1.9 * side, middle - side / 2, side, side, colours.ink);
  }
}

function paintLetter(surface, colours, lane, block, x, y, level, content) {
  const { name } = lane.operands[operandOfLine(lane, level, lineIn(content))];
  const [middle, side] = [(block.cellWidth - 1) / 2, block.cellWidth - 1];
  surface.text(name, x + middle, y + middle + 0.5, { size: block.size, fill: colours.ink, align: "center" });
  if (isDirty(content)) surface.rect(x + side - 4, y + side - 4, 3, 3, colours.ink);
}

/** Too small for a letter: A is a full cell, B its upper half, C a frame. */
function paintMark(surface, colours, x, y, side, operand) {
  if (operand === 2) surface.frames([[x + 1, y + 1, side - 2, side - 2]], colours.muted, 1);
  else surface.rect(x, y, side, operand === 0 ? side : side / 2, colours.muted);
}

/** A level too large to draw: how much of it is full. */
function paintBar(surface, colours, lane, replay, block, { x, y }, level) {
  const lines = lane.levels[level].sets * lane.levels[level].ways;
  const held = replay.held[level];
  const height = 0.35 * block.size;
  surface.rect(x, y, block.width, height, colours.grid);
  surface.rect(x, y, (block.width * held) / lines, height, colours.hit);
  const text = `${grouped(held)} of ${grouped(lines)} lines`;
  surface.text(text, x, y + height + 0.75 * block.size, { size: block.size, fill: colours.muted });
}
