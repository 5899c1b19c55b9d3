"use strict";
// Asks what its hall shows, draws that, and sends the vote. Text is set as text only.
const by = (id) => document.getElementById(id);
const make = (tag, props = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
};
const here = location.pathname.replace(/\/+$/, "");
const VOTES = { commit: "first", again: "second" };
const TOLD = {
  join: "You are in. Your screen follows the hall.",
  ask: "Think first. The vote opens in a moment.",
  commit: "Nobody sees your guess. You can change it until the vote closes.",
  discuss: "Convince your neighbour. Then you vote once more.",
  again: "The second vote. Change your guess, or send it again.",
  run: "The vote is closed. The measurement runs: watch the screen in the hall.",
  reveal: "",
  end: "That was the last question. Thank you.",
};
let seen = null;   // the state that is drawn
let read = null;   // gives the guess of the drawn form, or null
let drawn = "";    // which form is drawn: question and step
let ends = 0;      // when a discussion is over

const number = (value) => String(Number(value.toPrecision(2)));

function numberForm(form, said) {
  const low = Math.log10(form.low), high = Math.log10(form.high);
  const field = make("input", { type: "text", id: "guess", inputMode: "decimal", autocomplete: "off" });
  const slider = make("input", { type: "range", min: low, max: high, step: 0.05 });
  slider.value = (low + high) / 2;
  slider.setAttribute("aria-label", "Guess, on a scale of powers of ten");
  const say = () => slider.setAttribute("aria-valuetext", `${number(10 ** slider.value)} ${form.unit}`);
  const value = () => {
    const typed = field.value.replace(/\s/g, "");
    const plain = /^\d{1,3}(,\d{3})+$/.test(typed) ? typed.replaceAll(",", "") : typed.replace(",", ".");
    return Number(plain) || NaN;
  };
  slider.addEventListener("input", () => { field.value = number(10 ** slider.value); say(); changed(); });
  field.addEventListener("input", () => {
    if (value() > 0) slider.value = Math.log10(value());
    say(); changed();
  });
  if (said !== null) { field.value = said; slider.value = Math.log10(Number(said)); }
  say();
  read = () => (value() >= form.low && value() <= form.high ? String(value()) : null);
  const label = make("label", { className: "name", htmlFor: "guess", textContent: "Your guess" });
  const row = make("div", { className: "number" }, field, make("span", { textContent: form.unit }));
  const scale = make("div", { className: "ends" },
    make("span", { textContent: form.low.toLocaleString("en") }),
    make("span", { textContent: form.high.toLocaleString("en") }));
  return [label, row, slider, scale];
}

function choiceForm(form, said) {
  const set = make("fieldset", {}, make("legend", { textContent: "Your guess" }));
  for (const [name, text] of form.answers) {
    const radio = make("input", { type: "radio", name: "guess", value: name, checked: name === said });
    radio.addEventListener("change", changed);
    set.append(make("label", { className: "choice" }, radio, make("span", { textContent: text })));
  }
  read = () => set.querySelector(":checked")?.value ?? null;
  return [set];
}

function orderForm(form, said) {
  const texts = Object.fromEntries(form.answers);
  const names = said === null ? form.answers.map(([name]) => name) : said.split(",");
  const list = make("ol");
  const heard = make("span", { className: "ends", role: "status" });
  const move = (at, by) => {
    [names[at], names[at + by]] = [names[at + by], names[at]];
    draw(at + by, by);
    heard.textContent = `${texts[names[at + by]]} is number ${at + by + 1}.`;
    changed();
  };
  const arrow = (at, by, sign, word) => {
    const off = at + by < 0 || at + by >= names.length;
    const button = make("button", { type: "button", textContent: sign, disabled: off });
    button.setAttribute("aria-label", `Move ${texts[names[at]]} ${word}`);
    button.addEventListener("click", () => move(at, by));
    return button;
  };
  const draw = (focus = -1, by = 0) => {
    list.replaceChildren(...names.map((name, at) => make("li", {},
      make("span", { textContent: texts[name] }), arrow(at, -1, "↑", "up"), arrow(at, 1, "↓", "down"))));
    if (focus < 0) return;
    const [up, down] = list.children[focus].querySelectorAll("button");
    const wanted = by < 0 ? up : down;
    (wanted.disabled ? (wanted === up ? down : up) : wanted).focus();
  };
  draw();
  read = () => names.join(",");
  const legend = make("p", { className: "name", textContent: "The greatest first" });
  return [legend, list, heard];
}

const FORMS = { number: numberForm, choice: choiceForm, order: orderForm };

function told(form, said) {
  if (form.kind === "number") return `${said} ${form.unit}`;
  const texts = Object.fromEntries(form.answers);
  return said.split(",").map((name) => texts[name] ?? name).join(", then ");
}

function changed() {
  by("send").disabled = read() === null;
  const said = seen[VOTES[seen.step]];
  if (said) by("send").textContent = read() === said ? "Sent" : "Change my guess";
}

function confirm(text) {
  by("sent").textContent = text;
  by("sent").hidden = !text;
}

function pairs(rows) {
  const list = make("dl");
  for (const [name, text] of rows) {
    if (text) list.append(make("dt", { textContent: name }), make("dd", { textContent: text }));
  }
  return list;
}

function draw(state) {
  const before = seen;
  seen = state;
  const vote = VOTES[state.step];
  const key = `${state.at} ${state.step}`;
  const moved = before === null || key !== `${before.at} ${before.step}`;
  by("place").textContent = state.of ? `Question ${state.at + 1} of ${state.of}` : "";
  by("question").textContent = state.question ?? (state.step === "end" ? "The end" : "Welcome");
  by("told").textContent = TOLD[state.step];
  by("form").hidden = !vote;
  by("shown").replaceChildren();
  if (vote && (drawn !== key || (state[vote] !== null && before?.[vote] !== state[vote]))) {
    drawn = key;
    by("fields").replaceChildren(...FORMS[state.form.kind](state.form, state[vote] ?? state.first));
    by("send").textContent = "Send";
    changed();
  }
  if (vote) {
    confirm(state[vote] === null ? "" : `✓ Your guess: ${told(state.form, state[vote])}`);
  } else {
    drawn = "";
    confirm("");
    if (state.question) shown(state);
  }
  if (moved && before !== null) by("question").focus();
}

function shown(state) {
  const mine = [["Your first guess", state.first], ["Your second guess", state.second]]
    .map(([name, said]) => [name, said && told(state.form, said)]);
  const parts = [];
  if (state.step === "discuss") {
    ends = Date.now() + 1000 * state.left_s;
    parts.push(make("p", { className: "big", id: "left" }));
  }
  if (state.found) {
    parts.push(make("p", { className: "name", textContent: state.recorded ? "Measured earlier" : "Measured" }));
    parts.push(make("p", { className: "big", textContent: state.found }));
    if (state.beside) parts.push(make("p", { textContent: state.beside }));
    parts.push(make("p", { textContent: state.says }));
  }
  by("shown").replaceChildren(...parts, pairs(mine));
  tick();
}

function tick() {
  const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
  const clock = by("left");
  if (clock) clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}
setInterval(tick, 1000);

by("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { at, step } = seen, said = read();
  if (said === null) {
    confirm(`Give a number from ${seen.form.low} to ${seen.form.high}.`);
    return;
  }
  by("send").disabled = true;
  for (let tries = 0; seen.at === at && seen.step === step; tries++) {
    try {
      const answer = await fetch(`${here}/vote`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ at, step, said }),
      });
      const body = await answer.json();
      if (answer.ok) {
        seen[VOTES[step]] = body.said;
        confirm(`✓ Your guess: ${told(seen.form, body.said)}`);
      } else {
        confirm(body.fault);
      }
      break;
    } catch {
      confirm("Not sent yet: no connection. Trying again …");
      await new Promise((done) => setTimeout(done, Math.min(1000 * (tries + 1), 5000)));
    }
  }
  if (VOTES[seen.step]) changed();
});

async function follow() {
  for (let faults = 0; ;) {
    let wait = 0.05;
    try {
      const answer = await fetch(`${here}/state${seen ? `?seen=${seen.turn}` : ""}`, { cache: "no-store" });
      const state = await answer.json();
      if (answer.status === 404) {
        by("told").textContent = state.fault;
        by("form").hidden = true;
        wait = 10;
      } else if (!answer.ok) {
        throw new Error(answer.status);
      } else {
        faults = 0;
        if (seen === null || state.turn !== seen.turn) draw(state);
        wait = Math.max(state.again_s, 0.05 + 0.2 * Math.random());
      }
    } catch {
      faults += 1;
      if (faults > 1) by("told").textContent = "No connection to the hall. Trying again …";
      wait = Math.min(2 ** faults, 8) * (0.5 + Math.random() / 2);
    }
    await new Promise((done) => setTimeout(done, 1000 * wait));
  }
}
follow();
