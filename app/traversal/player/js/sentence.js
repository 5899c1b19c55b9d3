// What one access was, in a sentence: "B[3,5]: miss, conflict; evicts the line of B[0,4..7]".

import { nameOfLine, stepAt, touchedAt } from "./trace.js";
import { grouped, HIT, OUTCOMES } from "./words.js";

/** The sentence of `step` in `lane`. */
export function sentenceOf(lane, step) {
  const touched = touchedAt(lane, step);
  if (!touched) return untouched(lane);
  const { name } = lane.operands[touched.operand];
  const element = `${name}[${touched.row},${touched.column}]${touched.write ? " (write)" : ""}`;
  if (touched.outcome === HIT) return `${element}: hit`;
  const evicts = touched.evicted >= 0 ? `; evicts the line of ${nameOfLine(lane, 0, touched.evicted)}` : "";
  return `${element}: miss, ${kind(touched.outcome)}${evicts}${below(lane, step)}`;
}

function untouched({ start, total }) {
  if (start === total) return `All its ${grouped(total)} accesses are over`;
  return start ? `${grouped(start)} accesses came before: press play or step` : "Nothing has been touched yet: press play or step";
}

function kind(outcome) {
  return outcome === 1 ? "first touch" : OUTCOMES[outcome];
}

/** What the levels below said to the fetch: the first events, one a level; later ones are of lines written back. */
function below(lane, step) {
  const { steps, events } = lane;
  const said = lane.levels.map((level, number) => {
    const at = steps.first[step - 1] + number;
    if (number === 0 || at >= steps.first[step] || events.level[at] !== number) return "";
    return `; ${level.name}: ${events.outcome[at] === HIT ? "hit" : "miss"}`;
  });
  return said.join("");
}

/** Which of two lanes has fewer misses so far, and by how many. */
export function scoreOf(titles, misses) {
  const lead = misses[1] - misses[0];
  if (lead === 0) return `Level: ${grouped(misses[0])} misses each`;
  const winner = lead > 0 ? 0 : 1;
  const many = Math.abs(lead);
  return `${titles[winner]} is ahead by ${grouped(many)} miss${many === 1 ? "" : "es"}`;
}

/** All that is said aloud of the lanes after `accesses`: a sentence each and, of two, who is ahead. */
export function spokenOf(lanes, accesses, misses) {
  const titled = lanes.length > 1;
  const said = lanes.map((lane) => {
    return `${titled ? `${lane.title}: ` : ""}${sentenceOf(lane, stepAt(lane, accesses))}.`;
  });
  if (titled) said.push(`${scoreOf(lanes.map((lane) => lane.title), misses)}.`);
  return said.join(" ");
}

/** The element that the last of `accesses` touched, as "B[3,5]"; "-" where there is none. */
export function elementAt(lane, accesses) {
  const touched = touchedAt(lane, stepAt(lane, accesses));
  return touched ? `${lane.operands[touched.operand].name}[${touched.row},${touched.column}]` : "-";
}
