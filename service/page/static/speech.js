// The service's side of the page: requests, answers, refusals. Knows nothing of what is seen.

// What the service says when it refuses: its own sentence, and the field that is at fault (null: none of them).
export class Refusal extends Error {
  constructor(message, field = null) {
    super(message);
    this.field = field;
  }
}

// A number that was written stays as it was written: a seed may have more digits than JavaScript's numbers hold. What is none goes as a string, and the
// service says what is wrong with it.
function written(value) {
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? value : JSON.stringify(value);
}

const NUMBERS = new Set(["speed", "pitch", "volume", "temperature", "seed"]);

// An order (field to value, all strings but for true and false) as the JSON of a request.
export function bodyOf(order) {
  const fields = Object.entries(order).map(([name, value]) => `${JSON.stringify(name)}: ${NUMBERS.has(name) ? written(value) : JSON.stringify(value)}`);
  return `{${fields.join(", ")}}`;
}

// The same request for a terminal. The key is not in it: it is a secret, and commands end up in histories.
export function curlOf(order, extension, needsKey) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const key = needsKey ? ` -H "authorization: Bearer $SONANT_KEY"` : "";
  return `curl -N -H 'content-type: application/json'${key} -d ${quoted(bodyOf(order))} ${quoted(new URL("synthesize", document.baseURI).href)} -o ${fileName(order, extension)}`;
}

export const fileName = (order, extension) => `speech-${order.seed}.${extension}`;

async function answerTo(path, options, key) {
  const headers = { ...options.headers, ...(key ? { authorization: `Bearer ${key}` } : {}) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, cache: "no-store" });
  } catch (error) {
    if (error.name === "TypeError") throw new Refusal("The service cannot be reached.");
    throw error;
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => null); // something between here and the service may answer in words of its own
  throw said?.error ? new Refusal(said.error.message, said.error.field) : new Refusal(`The answer was ${answer.status} ${answer.statusText}.`);
}

const post = (order, signal) => ({ method: "POST", headers: { "content-type": "application/json" }, body: bodyOf(order), signal });

export async function voices(key) {
  return (await (await answerTo("voices", {}, key)).json()).voices;
}

// The sound of an order in its format, whole.
export async function fileOf(order, key) {
  return (await answerTo("synthesize", post(order), key)).blob();
}

// Speaks an order: gives the seed, and the lines of the answer as they come.
export async function speak(order, key, signal) {
  const answer = await answerTo("synthesize", post({ ...order, timestamps: true }, signal), key);
  return { seed: answer.headers.get("x-seed"), lines: linesOf(answer.body) };
}

async function* linesOf(body) {
  let rest = "";
  let last = null;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        last = JSON.parse(line);
        yield last;
      }
    }
  } catch (error) {
    if (error.name === "TypeError") throw new Refusal("The connection broke off before the end.");
    throw error;
  }
  if (last?.type !== "end") throw new Refusal("The answer broke off before its end.");
}

// 16 bits, little-endian, in base64.
export function samplesOf(data) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Int16Array.from({ length: bytes.length / 2 }, (_, at) => view.getInt16(2 * at, true));
}
