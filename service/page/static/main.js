// The page: what happens when something is pressed, and what is shown while it is spoken.
import { checkNumbers, clearFaults, field, joinSliders, order, showFault, showVoices } from "./form.js";
import { Pictures } from "./pictures.js";
import { Player, prepare } from "./player.js";
import { Reading } from "./reading.js";
import { curlOf, fileName, fileOf, Refusal, samplesOf, speak, voices } from "./speech.js";

const pictures = new Pictures(field("wave"), field("spectrogram"));
const reading = new Reading(field("lit"), field("phonemes"));
let known = []; // voices
let needsKey = false;
let speaking = null; // how to break off what is being spoken
let player = null;
let heard = null; // the order of what was spoken last, with its seed
let dragging = false;

const key = () => field("key").value.trim();
const extension = () => field("format").selectedOptions[0].dataset.extension;

async function learnVoices() {
  try {
    known = await voices(key());
    showVoices(known);
    clearFaults();
  } catch (error) {
    needsKey ||= error.field === "authorization";
    if (needsKey && !key()) field("key-row").hidden = false; // asked for, not yet refused
    else showFault(error);
  }
}

function show(begun, arrived, start) {
  field("first").textContent = arrived ? `${Math.round(arrived - begun)} ms` : "–";
  field("length").textContent = start ? `${(start.num_samples / start.sample_rate).toFixed(2)} s` : "–";
}

async function say() {
  stop();
  clearFaults();
  field("note").textContent = "";
  const [wanted, breaker, begun] = [order(), new AbortController(), performance.now()];
  speaking = breaker;
  showState();
  for (const name of ["pace", "seed-told"]) field(name).textContent = "–";
  try {
    checkNumbers();
    if (known.length === 0) await learnVoices();
    const voice = known.find(({ name }) => name === wanted.voice) ?? known[0];
    const [{ seed, lines }] = await Promise.all([speak(wanted, key(), breaker.signal), voice && prepare(voice.sample_rate)]);
    if (breaker.signal.aborted) return;
    heard = { ...wanted, seed };
    field("seed-told").textContent = seed;
    await follow(lines, wanted, begun, breaker);
  } catch (error) {
    if (breaker.signal.aborted) return; // whoever stopped it knows
    if (speaking === breaker) stop();
    showFault(error);
  } finally {
    if (speaking === breaker) speaking = null;
    showState();
  }
}

async function follow(lines, wanted, begun, breaker) {
  let [start, arrived] = [null, null];
  for await (const line of lines) {
    if (breaker.signal.aborted) return;
    if (line.type === "start") {
      if (line.num_samples === null) throw new Refusal("This is too long to be drawn: programs can have it spoken (copy as curl).", "text");
      start = line;
      begin(line, wanted.text);
    } else if (line.type === "audio") {
      arrived ??= performance.now();
      const samples = samplesOf(line.data);
      player.add(samples);
      pictures.add(samples);
    } else if (line.type === "end") {
      field("pace").textContent = `${(((line.num_samples / start.sample_rate) * 1000) / (performance.now() - begun)).toFixed(1)} ×`;
    } else {
      reading.add(line);
    }
    show(begun, arrived, start);
  }
  const seconds = (start.num_samples / start.sample_rate).toFixed(1);
  field("told").textContent = `${seconds} seconds of speech. First sound after ${Math.round(arrived - begun)} milliseconds. Seed ${heard.seed}.`;
}

function begin(start, text) {
  pictures.begin(start.num_samples, start.sample_rate);
  reading.begin(text);
  if (start.skipped.length > 0) field("note").textContent = `Not spoken: ${start.skipped.map(({ text: what, reason }) => `${what} (${reason})`).join(", ")}`;
  player = new Player(start.num_samples, (state) => {
    if (state === "running") requestAnimationFrame(step);
    if (player.gaps > 0) field("note").textContent = `The sound ran dry ${player.gaps === 1 ? "once" : `${player.gaps} times`}: the network or the machine is too slow.`;
    showState();
  });
  field("position").max = start.num_samples;
  field("position").dataset.rate = start.sample_rate;
  field("told").textContent = "Speaking.";
}

// What is heard now, until nothing is.
function step() {
  if (player === null) return;
  const [sample, position] = [player.position, field("position")];
  if (!dragging) position.value = sample;
  const seconds = (samples) => (samples / position.dataset.rate).toFixed(1);
  position.setAttribute("aria-valuetext", `${seconds(sample)} of ${seconds(position.max)} seconds`);
  field("head").hidden = player.anchor.state === "ended";
  field("head").style.transform = `translateX(${(sample / position.max) * field("wave").clientWidth}px)`;
  reading.at(player.anchor.state === "ended" ? Infinity : sample);
  if (player.anchor.state === "running") requestAnimationFrame(step);
}

function stop() {
  speaking?.abort();
  speaking = null;
  player?.close();
  player = null;
  field("head").hidden = true;
  reading.at(Infinity);
  showState();
}

function showState() {
  const sounding = player !== null && player.anchor.state !== "ended";
  if (player?.anchor.state === "ended") step();
  field("speak").textContent = speaking || sounding ? "Stop" : "Speak";
  field("again").disabled = player === null || sounding;
  field("position").disabled = player === null;
  field("keep").disabled = heard === null;
  field("download").disabled = heard === null;
  field("copy").disabled = heard === null;
}

async function download() {
  clearFaults();
  const wanted = { ...heard, format: field("format").value };
  const name = fileName(wanted, extension());
  field("download").disabled = true;
  try {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await fileOf(wanted, key()));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
    field("told").textContent = `Downloaded ${link.download}.`;
  } catch (error) {
    showFault(error);
  } finally {
    showState();
  }
}

async function copy() {
  const command = curlOf({ ...heard, format: field("format").value }, extension(), needsKey);
  field("command").textContent = command;
  field("command").hidden = false;
  try {
    if (!navigator.clipboard) throw new DOMException("", "NotAllowedError"); // of a page that came neither from localhost nor over HTTPS
    await navigator.clipboard.writeText(command);
    field("note").textContent = field("told").textContent = "Copied.";
  } catch (error) {
    if (error.name !== "NotAllowedError") throw error;
    field("note").textContent = field("told").textContent = "The browser does not let this page copy; the command is there to be selected.";
    getSelection().selectAllChildren(field("command"));
  }
}

field("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (field("speak").textContent === "Stop") stop();
  else say();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    say();
  } else if (event.key === "Escape") {
    stop();
  }
});
field("text").addEventListener("input", () => reading.clear(field("text").value)); // what is lit belongs to the text that was sent
field("again").addEventListener("click", () => {
  player.seek(0);
  showState();
});
field("position").addEventListener("input", () => {
  dragging = true;
});
field("position").addEventListener("change", () => {
  dragging = false;
  player.seek(Math.floor(field("position").value));
  showState();
});
field("keep").addEventListener("click", () => {
  field("seed").value = heard.seed;
  field("seed").focus();
});
field("download").addEventListener("click", download);
field("copy").addEventListener("click", copy);
field("key").addEventListener("change", learnVoices);

joinSliders();
reading.clear(field("text").value);
learnVoices();
