// The fields: what they ask for, and which of them the service has found fault with.
import { Refusal } from "./speech.js";

export const field = (name) => document.getElementById(name);

const TYPED = ["speed", "pitch", "volume", "temperature", "seed"];
const FAULTS = ["text", "voice", "speaker", ...TYPED, "format"];
const KEY_FIELDS = ["authorization", "x-api-key"];

// What is to be said, and how: a field that is empty is not sent, so that the service's own default holds.
export function order() {
  const wanted = { text: field("text").value };
  if (field("voice").value) wanted.voice = field("voice").value;
  if (!field("speaker-row").hidden) wanted.speaker = field("speaker").value;
  for (const name of TYPED) {
    const value = field(name).value.trim();
    if (value !== "") wanted[name] = value;
  }
  return wanted;
}

export function clearFaults() {
  field("problem").textContent = "";
  for (const name of [...FAULTS, "key"]) {
    field(name).removeAttribute("aria-invalid");
    field(`${name}-error`).textContent = "";
  }
}

// Shows what was refused, in the service's own sentence and at its field, and takes the reader there. What is no refusal is a defect, and is thrown on.
export function showFault(error) {
  if (!(error instanceof Refusal)) throw error;
  const name = KEY_FIELDS.includes(error.field) ? "key" : error.field === "body" ? "text" : error.field;
  if (name === "key") field("key-row").hidden = false;
  if (name !== "key" && !FAULTS.includes(name)) {
    field("problem").textContent = error.message;
    return;
  }
  field(name).setAttribute("aria-invalid", "true");
  field(`${name}-error`).textContent = sentenceOf(error.message, name);
  field(name).focus();
}

// The service's sentence as its field says it: "pitch must lie in -12..12, not 13" below Pitch is "Must lie in -12..12, not 13".
function sentenceOf(message, name) {
  const said = message.replace(new RegExp(`^${name}(:| (?=must))\\s*`), "");
  return said[0].toUpperCase() + said.slice(1);
}

// What a number's field holds, where it is none; the service's default is what an empty one stands for.
export function checkNumbers() {
  for (const name of TYPED) {
    const value = field(name).value.trim();
    if (value !== "" && !Number.isFinite(Number(value))) throw new Refusal("Must be a number", name);
  }
}

// Every number is there twice: to be typed exactly, and to be drawn. An empty one leaves the slider where the service's default is.
export function joinSliders() {
  for (const slider of document.querySelectorAll("[data-of]")) {
    const typed = field(slider.dataset.of);
    slider.dataset.default = typed.value || "1";
    slider.addEventListener("input", () => {
      typed.value = slider.value;
    });
    const follow = () => {
      slider.value = typed.value.trim() === "" ? slider.dataset.default : typed.value;
    };
    typed.addEventListener("input", follow);
    follow();
  }
}

export function showVoices(voices) {
  field("voice").replaceChildren(...voices.map(({ name }) => new Option(name)));
  const show = () => {
    const voice = voices.find(({ name }) => name === field("voice").value);
    field("voice-told").textContent = `${voice.name}, release ${voice.release} · ${voice.sample_rate / 1000} kHz · ${voice.precision}`;
    field("speaker").replaceChildren(...voice.speakers.map((name) => new Option(name)));
    field("speaker-row").hidden = voice.speakers.length < 2;
    field("temperature").placeholder = voice.temperature;
    const slider = document.querySelector('[data-of="temperature"]');
    slider.dataset.default = voice.temperature;
    if (field("temperature").value.trim() === "") slider.value = voice.temperature;
  };
  field("voice").onchange = show;
  show();
}
