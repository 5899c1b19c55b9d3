// The caches while a lane plays. Each event writes at most one cell of a level, and what stood there before is
// worked out once at the start, so a step back is as exact as a step forward and a scrub costs one write a step.

import { HIT } from "./words.js";

const EMPTY = -1;

/** A cell's content: the line and whether it was written to; EMPTY holds nothing. */
export const lineIn = (content) => content >> 1;
export const isDirty = (content) => (content & 1) === 1;

export class Replay {
  /** The caches at step 0 of `lane`. */
  constructor(lane) {
    this.lane = lane;
    this.step = 0;
    this.ways = lane.levels.map(contentBefore);
    this.held = lane.levels.map((level) => level.held);
    this.heat = lane.operands.map((operand) => new Uint16Array(operand.rows * operand.columns));
    this.log = undoLog(lane);
  }

  /** Go to `step` in either direction; `changed(operand, element)` is told of every element whose heat changes. */
  goTo(step, changed = () => {}) {
    const target = Math.max(0, Math.min(step, this.lane.count));
    while (this.step < target) {
      this.#apply(this.step, this.log.after, false);
      this.#warm(this.step, 1, changed);
      this.step += 1;
    }
    while (this.step > target) {
      this.step -= 1;
      this.#apply(this.step, this.log.before, true);
      this.#warm(this.step, -1, changed);
    }
  }

  /** The cells that the last access wrote: [{level, cell, at}], `at` being the number of the event. */
  lastCells() {
    if (this.step === 0) return [];
    const { first } = this.lane.steps;
    const cells = [];
    for (let at = first[this.step - 1]; at < first[this.step]; at += 1) {
      if (this.log.cell[at] >= 0) cells.push({ level: this.lane.events.level[at], cell: this.log.cell[at], at });
    }
    return cells;
  }

  #apply(step, contents, backwards) {
    const { first } = this.lane.steps;
    const { level } = this.lane.events;
    const [low, high] = [first[step], first[step + 1]];
    for (let n = low; n < high; n += 1) {
      const at = backwards ? low + high - 1 - n : n;
      const cell = this.log.cell[at];
      this.held[level[at]] += backwards ? -this.log.gained[at] : this.log.gained[at];
      if (cell >= 0) this.ways[level[at]][cell] = contents[at];
    }
  }

  #warm(step, by, changed) {
    const { steps, events, operands } = this.lane;
    if (events.outcome[steps.first[step]] === HIT) return;
    const operand = steps.operand[step] >> 1;
    const element = steps.row[step] * operands[operand].columns + steps.column[step];
    this.heat[operand][element] += by;
    changed(operand, element);
  }
}

/** What a level that is drawn holds before the window, set by set; nothing of one that is not. */
function contentBefore({ sets, ways, content }) {
  const cells = new Int32Array(content ? sets * ways : 0).fill(EMPTY);
  const used = new Uint16Array(content ? sets : 0);
  for (const held of content ?? []) {
    const set = lineIn(held) % sets;
    cells[set * ways + used[set]] = held;
    used[set] += 1;
  }
  return cells;
}

/** For each event the cell that it writes (-1: none), that cell's content before and after, and lines gained. */
function undoLog(lane) {
  const { level, line, write, outcome, evicted } = lane.events;
  const log = {
    cell: new Int32Array(line.length).fill(EMPTY),
    before: new Int32Array(line.length).fill(EMPTY),
    after: new Int32Array(line.length).fill(EMPTY),
    gained: line.map((_, at) => (outcome[at] !== HIT && evicted[at] === EMPTY ? 1 : 0)),
  };
  const ways = lane.levels.map(contentBefore);
  for (let at = 0; at < line.length; at += 1) {
    const shape = lane.levels[level[at]];
    if (!shape.content) continue;
    const content = ways[level[at]];
    const cell = cellFor(content, shape, line[at], evicted[at]);
    const held = content[cell] !== EMPTY && lineIn(content[cell]) === line[at];
    log.cell[at] = cell;
    log.before[at] = content[cell];
    log.after[at] = 2 * line[at] + (write[at] || (held && isDirty(content[cell])) ? 1 : 0);
    content[cell] = log.after[at];
  }
  return log;
}

/** Where in its set a line is, or goes: to its own cell, to the evicted line's, or to the first empty one. */
function cellFor(content, shape, line, evicted) {
  const first = (line % shape.sets) * shape.ways;
  let empty = EMPTY;
  let victims = EMPTY;
  for (let cell = first; cell < first + shape.ways; cell += 1) {
    if (content[cell] === EMPTY) empty = empty === EMPTY ? cell : empty;
    else if (lineIn(content[cell]) === line) return cell;
    else if (lineIn(content[cell]) === evicted) victims = cell;
  }
  return victims === EMPTY ? empty : victims;
}
