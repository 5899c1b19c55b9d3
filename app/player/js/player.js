// The player: what Streamlit calls, the clock, the controls and the keys.
//
// Python sends the lanes once (they stay while `data.id` stays), and hears of the step only when it rests: after a
// pause, a step or the end of a scrub. The state stands on the root element as data attributes, for tests.

import { paletteFor } from "./colours.js";
import { Picture } from "./picture.js";
import { Replay } from "./replay.js";
import { scoreOf, sentenceOf } from "./sentence.js";
import { missesAt, openLane, rounds, touchedAt } from "./trace.js";
import { grouped } from "./words.js";

const REPORT_AFTER_MS = 400; // a burst of single steps is one report
const CALM_FRAME_MS = 250; // with reduced motion, the picture changes at most so often
const SPEAK_AT_MOST = 2; // steps a second up to which each one is said aloud

const players = new WeakMap();

/** Called by Streamlit at first, and whenever the data or the theme changes. */
export default function render({ data, parentElement, setStateValue }) {
  let player = players.get(parentElement);
  if (!player) {
    player = new Player(parentElement.querySelector(".player"));
    players.set(parentElement, player);
  }
  player.report = setStateValue;
  player.open(data);
  return () => {
    player.close();
    players.delete(parentElement);
  };
}

class Player {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.canvas = this.part("picture");
    this.id = null;
    this.step = 0;
    this.count = 0;
    this.playing = false;
    this.width = 0;
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#listen();
  }

  /** Show `data`: a new traversal from its start, or the same one in another theme. */
  open(data) {
    const background = getComputedStyle(this.root).getPropertyValue("--st-background-color").trim();
    this.colours = paletteFor(data.palettes, background);
    this.root.style.colorScheme = this.colours === data.palettes.dark ? "dark" : "light";
    if (data.id !== this.id) {
      this.pause(false);
      this.id = data.id;
      this.lanes = data.lanes.map(openLane);
      this.count = Math.max(...this.lanes.map((lane) => lane.count));
      this.picture = new Picture(this.lanes.map((lane) => new Replay(lane)), data.font, data.footer);
      this.rounds = rounds(this.lanes[0]);
      this.part("scrub").max = this.count;
      this.step = Math.min(data.start, this.count);
      this.picture.goTo(this.step);
    }
    this.#fit();
  }

  close() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.reporting);
    this.resizes.disconnect();
  }

  /** Show `step`, wherever the lanes are now. */
  goTo(step) {
    this.step = Math.max(0, Math.min(step, this.count));
    this.picture.goTo(this.step);
    this.picture.draw();
    this.#tell();
  }

  play() {
    if (this.playing || !this.count) return;
    if (this.step >= this.count) this.goTo(0);
    this.playing = true;
    this.due = 0;
    this.last = null;
    this.seconds = { began: performance.now(), frames: 0 };
    this.frame = requestAnimationFrame((now) => this.#tick(now));
    this.#tell();
  }

  pause(report = true) {
    this.playing = false;
    cancelAnimationFrame(this.frame);
    if (!this.picture) return;
    this.#tell();
    if (report) this.#reportSoon();
  }

  /** One frame: as many steps as are due at this speed. */
  #tick(now) {
    if (!this.playing) return;
    this.frame = requestAnimationFrame((next) => this.#tick(next));
    if (this.last === null) this.last = now;
    if (this.calm && now - this.last < CALM_FRAME_MS) return;
    this.due += ((now - this.last) / 1000) * this.speed;
    this.last = now;
    this.#countFrame(now);
    const steps = Math.floor(this.due);
    if (steps === 0) return;
    this.due -= steps;
    if (this.step + steps < this.count) this.goTo(this.step + steps);
    else if (this.part("loop").checked && this.step === this.count) this.goTo(0);
    else {
      this.goTo(this.count);
      if (!this.part("loop").checked) this.pause();
    }
  }

  /** Frames a second over the last second, for tests and reports. */
  #countFrame(now) {
    this.seconds.frames += 1;
    const passed = now - this.seconds.began;
    if (passed < 1000) return;
    this.root.dataset.fps = ((1000 * this.seconds.frames) / passed).toFixed(1);
    this.seconds = { began: now, frames: 0 };
  }

  get speed() {
    return 2 ** Number(this.part("speed").value);
  }

  // -- saying what is shown ------------------------------------------------------------------------------------

  /** Bring controls, attributes and the spoken sentence in line with the step. */
  #tell() {
    const misses = this.lanes.map((lane) => missesAt(lane, this.step));
    Object.assign(this.root.dataset, {
      step: this.step,
      steps: this.count,
      playing: this.playing,
      misses: misses.join(" "),
    });
    const scrub = this.part("scrub");
    scrub.value = this.step;
    scrub.setAttribute("aria-valuetext", `access ${this.step} of ${this.count}`);
    this.part("counter").textContent = `${grouped(this.step)} / ${grouped(this.count)}`;
    this.part("play").setAttribute("aria-label", this.playing ? "Pause" : "Play");
    this.part("play").title = this.playing ? "Pause (space)" : "Play (space)";
    this.part("back").disabled = this.part("home").disabled = this.step === 0;
    this.part("next").disabled = this.part("end").disabled = this.step === this.count;
    if (!this.playing || this.speed <= SPEAK_AT_MOST) this.#say(misses);
  }

  #say(misses) {
    const said = this.lanes.map((lane) => {
      const which = this.lanes.length > 1 ? `${lane.title}: ` : "";
      return `${which}${sentenceOf(lane, Math.min(this.step, lane.count))}.`;
    });
    if (this.lanes.length > 1) said.push(`${scoreOf(this.lanes.map((lane) => lane.title), misses)}.`);
    const text = said.join(" ");
    const live = this.part("sentence");
    if (live.textContent !== text) live.textContent = text;
    this.canvas.setAttribute("aria-label", `Step ${this.step} of ${this.count}. ${text}`);
    this.root.dataset.touched = this.lanes.map((lane) => elementAt(lane, this.step)).join(" ");
  }

  #reportSoon() {
    clearTimeout(this.reporting);
    this.reporting = setTimeout(() => this.report("place", { id: this.id, step: this.step }), REPORT_AFTER_MS);
  }

  // -- controls ------------------------------------------------------------------------------------------------

  #listen() {
    const part = this.part;
    part("play").onclick = () => this.#toggle();
    part("back").onclick = () => this.#jump(this.step - 1);
    part("next").onclick = () => this.#jump(this.step + 1);
    part("home").onclick = () => this.#jump(0);
    part("end").onclick = () => this.#jump(this.count);
    part("scrub").oninput = () => {
      const step = Number(part("scrub").value);
      this.pause(false);
      this.goTo(step);
    };
    part("scrub").onchange = () => this.#reportSoon();
    part("speed").oninput = () => this.#sayspeed();
    part("png").onclick = () => this.canvas.toBlob((blob) => this.#download(blob, "png"));
    part("svg").onclick = () => {
      const title = this.canvas.getAttribute("aria-label");
      this.#download(new Blob([this.picture.svg(title)], { type: "image/svg+xml" }), "svg");
    };
    this.root.onkeydown = (event) => this.#key(event);
    this.resizes = new ResizeObserver(() => this.#fit());
    this.resizes.observe(this.root);
    this.#sayspeed();
  }

  #toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  #jump(step) {
    this.pause(false);
    this.goTo(step);
    this.#reportSoon();
  }

  #sayspeed() {
    const speed = this.speed;
    const text = `${speed < 10 ? Number(speed.toFixed(2)) : Math.round(speed)} steps/s`;
    this.part("speedtext").textContent = text;
    this.part("speed").setAttribute("aria-valuetext", text);
    this.root.dataset.speed = speed;
  }

  /** Keys act wherever the focus is in the player, except where a control has its own use for them. */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const control = event.target.tagName === "INPUT" ? event.target.type : event.target.tagName;
    if (event.key === " " && (control === "BUTTON" || control === "checkbox")) return;
    if (event.key !== " " && control === "range") return;
    const act = {
      " ": () => this.#toggle(),
      ArrowRight: () => this.#jump(this.step + 1),
      ArrowLeft: () => this.#jump(this.step - 1),
      Home: () => this.#jump(0),
      End: () => this.#jump(this.count),
      PageDown: () => this.#jump(this.rounds.find((step) => step > this.step) ?? this.count),
      PageUp: () => this.#jump(this.rounds.findLast((step) => step < this.step) ?? 0),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  #fit() {
    const width = this.canvas.parentElement.clientWidth;
    if (!this.picture || width < 50) return;
    this.picture.fit(this.canvas, width, this.colours);
    this.#tell();
  }

  #download(blob, form) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `traversal-${this.lanes.map((lane) => lane.file).join("-")}-step-${this.step}.${form}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}

function elementAt(lane, step) {
  const touched = touchedAt(lane, Math.min(step, lane.count));
  return touched ? `${lane.operands[touched.operand].name}[${touched.row},${touched.column}]` : "-";
}
