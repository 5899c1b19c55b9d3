// A lane: one traversal through one cache hierarchy, decoded from what Python packed (app/traversal/player/payload.py).
//
// A lane is a window of `count` accesses of the `total`, after the first `start`. Step n is the n-th access of the
// window, counted from 1; at step 0 nothing of it has been touched. Every access is a few events: one for the first
// level, then whatever it causes in the levels below. `first[n]` is where the events of the access n + 1 begin.

import { HIT } from "./words.js";

const ARRAYS = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array };

/** "u16:<base64>" as a typed array (little endian, as every browser's machine is). */
export function unpack(text) {
  const [kind, body] = text.split(":");
  const raw = atob(body);
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at += 1) bytes[at] = raw.charCodeAt(at);
  return new ARRAYS[kind](bytes.buffer);
}

/** The lane that Python described: its arrays unpacked, its sums and its undo log worked out once. */
export function openLane(data) {
  const steps = Object.fromEntries(Object.entries(data.steps).map(([name, text]) => [name, unpack(text)]));
  const events = Object.fromEntries(Object.entries(data.events).map(([name, text]) => [name, unpack(text)]));
  const levels = data.levels.map((level) => ({ ...level, content: level.content && unpack(level.content) }));
  const lane = { ...data, levels, steps, events, count: steps.operand.length };
  lane.sums = data.levels.map((_, level) => prefixSums(lane, level));
  lane.hottest = mostMissesOfAnElement(lane);
  return lane;
}

/** Where a lane is when the program has made `accesses`: the step of its window. */
export function stepAt(lane, accesses) {
  return Math.max(0, Math.min(accesses - lane.start, lane.count));
}

/** Running counts at one level: sums[4 * operand + outcome][n] at step n, with those before the window. */
function prefixSums(lane, level) {
  const { steps, events, count } = lane;
  const before = lane.levels[level].before.flat();
  const sums = before.map((number) => new Uint32Array(count + 1).fill(number, 0, 1));
  for (let step = 0; step < count; step += 1) {
    for (const sum of sums) sum[step + 1] = sum[step];
    for (let at = steps.first[step]; at < steps.first[step + 1]; at += 1) {
      if (events.level[at] !== level) continue;
      const operand = operandOfLine(lane, level, events.line[at]);
      sums[4 * operand + events.outcome[at]][step + 1] += 1;
    }
  }
  return sums;
}

/** Which operand a line belongs to: each array begins with a line of its own. */
export function operandOfLine(lane, level, line) {
  const address = line * lane.levels[level].lineBytes;
  let found = 0;
  while (found + 1 < lane.operands.length && address >= lane.operands[found + 1].base) found += 1;
  return found;
}

function mostMissesOfAnElement(lane) {
  const heat = lane.operands.map((operand) => new Uint16Array(operand.rows * operand.columns));
  let most = 1;
  for (let step = 0; step < lane.count; step += 1) {
    const touched = touchedAt(lane, step + 1);
    if (touched.outcome === HIT) continue;
    const { columns } = lane.operands[touched.operand];
    const misses = (heat[touched.operand][touched.row * columns + touched.column] += 1);
    most = Math.max(most, misses);
  }
  return most;
}

/** What access number `step` (from 1) did; null at step 0. */
export function touchedAt(lane, step) {
  if (step < 1) return null;
  const { steps, events } = lane;
  const at = step - 1;
  const first = steps.first[at];
  return {
    operand: steps.operand[at] >> 1,
    write: (steps.operand[at] & 1) === 1,
    row: steps.row[at],
    column: steps.column[at],
    textLine: steps.text[at],
    i: steps.i[at],
    j: steps.j[at],
    k: steps.k[at],
    line: events.line[first],
    outcome: events.outcome[first],
    evicted: events.evicted[first],
  };
}

/** Hits and misses of one operand at one level until `step`. */
export function countsAt(lane, step, level, operand) {
  const at = Math.min(step, lane.count);
  const sums = lane.sums[level].slice(4 * operand, 4 * operand + 4);
  const [hit, compulsory, capacity, conflict] = sums.map((sum) => sum[at]);
  const misses = compulsory + capacity + conflict;
  return { hit, compulsory, capacity, conflict, misses, accesses: hit + misses };
}

/** Misses of all operands at one level until `step`. */
export function missesAt(lane, step, level = 0) {
  return lane.operands.reduce((sum, _, operand) => sum + countsAt(lane, step, level, operand).misses, 0);
}

/** The steps after which another block begins, or, without blocks, another iteration of the outermost loop. */
export function iterations(lane) {
  const { steps, blocks, count, order } = lane;
  const length = blocks ?? [1, 1, 1];
  const axes = blocks ? ["i", "j", "k"] : [order[0]];
  const place = (step) => axes.map((axis) => Math.floor(steps[axis][step] / length["ijk".indexOf(axis)])).join();
  const found = [0];
  for (let step = 1; step < count; step += 1) {
    if (place(step) !== place(step - 1)) found.push(step);
  }
  return [...found, count];
}

/** The elements of a line, as runs [row, column, length along the line]; padding holds none. */
export function runsOfLine(lane, level, line) {
  const operand = operandOfLine(lane, level, line);
  const { base, leading, byRows, itemsize, rows, columns } = lane.operands[operand];
  const [majors, minors] = byRows ? [rows, columns] : [columns, rows];
  const first = (line * lane.levels[level].lineBytes - base) / itemsize;
  const end = first + lane.levels[level].lineBytes / itemsize;
  const runs = [];
  for (let at = first; at < end; ) {
    const major = Math.floor(at / leading);
    const minor = at - major * leading;
    const stop = Math.min(end, (major + 1) * leading);
    const length = Math.min(minors, minor + stop - at) - minor;
    if (major < majors && length > 0) runs.push({ major, minor, length });
    at = stop;
  }
  return { operand, byRows, runs };
}

/** A line as people write it: "B[0,4..7]", "B[0,6] to B[1,1]" over two rows, "padding of B" without an element. */
export function nameOfLine(lane, level, line) {
  const { operand, byRows, runs } = runsOfLine(lane, level, line);
  const { name } = lane.operands[operand];
  if (!runs.length) return `padding of ${name}`;
  const at = (major, minor) => `${name}[${byRows ? `${major},${minor}` : `${minor},${major}`}]`;
  const [{ major, minor, length }, last] = [runs[0], runs.at(-1)];
  if (runs.length > 1) return `${at(major, minor)} to ${at(last.major, last.minor + last.length - 1)}`;
  return at(major, length > 1 ? `${minor}..${minor + length - 1}` : minor);
}

/** The same where there is little room: "B[0,6]…" over two rows, "(B)" without an element. */
export function shortNameOfLine(lane, level, line) {
  const name = nameOfLine(lane, level, line);
  return name.replace(/^padding of (.)$/, "($1)").replace(/ to .*$/, "…");
}
