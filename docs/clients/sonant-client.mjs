// A client of Sonant, to be copied into your page or program: nothing but fetch, in browsers and in Node (18 or later).
//
//   import { Sonant, samplesOf } from "./sonant-client.mjs";
//   const sonant = new Sonant("http://localhost:8000");
//   for await (const piece of sonant.stream({ text: "Hello there.", seed: 7 })) file.write(piece); // Uint8Array, as it is made
//   for await (const event of sonant.events({ text: "Hello there." })) {                           // when each word is heard, and the sound
//     if (event.type === "audio") play(samplesOf(event.data));
//   }
//
// A connection that is lost is picked up again at the byte where it stopped; where there is no room, the request is made again when the service says. Where whoever
// spoke is gone (one of several servers), another is asked for the same bytes, and what was heard of them is left out.
// A page of another origin needs `sonant serve --allow-origin`.

// The service says no. `field` names what of the order is at fault, where it is the order.
export class SonantError extends Error {
  constructor(status, code, message, field = null) {
    super(message);
    Object.assign(this, { name: "SonantError", status, code, field });
  }
}

const LOST = "TypeError"; // what fetch and its bodies raise where a connection is refused, or breaks
const NO_ROOM = [429, 503];
const seconds = (count) => new Promise((resolve) => setTimeout(resolve, 1000 * count));

export class Sonant {
  // key: an API key, where the service asks for one; tries: how often something is tried that makes no progress.
  constructor(url = "http://localhost:8000", { key = null, tries = 5 } = {}) {
    this.url = url.replace(/\/$/, "");
    this.headers = key ? { authorization: `Bearer ${key}` } : {};
    this.tries = tries;
  }

  // The bytes that POST /synthesize answers, each once, in order. `signal` (of an AbortController) stops it, and the service's work with it.
  async *stream(order, { signal } = {}) {
    const speak = (order) => this.#ask("/synthesize", { method: "POST", body: JSON.stringify(order), signal, headers: { "content-type": "application/json" } });
    let answer = await speak(order);
    let [stream, etag, seed] = ["x-stream-id", "etag", "x-seed"].map((name) => answer.headers.get(name));
    for (let received = 0, skip = 0, failures = 0; ; ) {
      let missing = Number(answer.headers.get("content-length") ?? 0);
      const reader = answer.body.getReader();
      try {
        for (let read; !(read = await reader.read()).done; ) {
          const kept = read.value.subarray(skip);
          missing -= read.value.length;
          skip = Math.max(0, skip - read.value.length);
          if (!kept.length) continue;
          received += kept.length;
          failures = 0;
          yield kept;
        }
        if (missing <= 0) return;
        throw new TypeError("the answer is shorter than it was said to be"); // not every browser minds
      } catch (error) {
        failures += 1;
        if (error.name !== LOST || failures >= this.tries || stream === null) throw error;
      } finally {
        reader.cancel().catch(() => {}); // whoever stops early; a connection that is lost has nothing to stop
      }
      await seconds(0.1 * 2 ** failures);
      // Formats whose length is not known beforehand come again as a whole: the same bytes, of which the first are known.
      try {
        answer = await this.#ask(`/streams/${stream}`, { signal, headers: { range: `bytes=${received}-`, "if-range": etag } });
      } catch (error) {
        if (error.code !== "unknown_stream") throw error;
        answer = await speak({ ...order, seed: order.seed ?? Number(seed) });
        stream = answer.headers.get("x-stream-id");
      }
      if (answer.headers.get("etag") !== etag) throw new SonantError(409, "changed", "the service would speak it otherwise now");
      skip = answer.status === 206 ? 0 : received;
    }
  }

  // What is heard when, and the sound: each line of the answer with timestamps as an object.
  async *events(order, options) {
    const decoder = new TextDecoder();
    let rest = "";
    let event = null;
    for await (const piece of this.stream({ ...order, timestamps: true }, options)) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
      rest = lines.pop();
      for (const line of lines) yield (event = JSON.parse(line));
    }
    if (event?.type !== "end") throw new TypeError("the answer broke off before its end");
  }

  async #ask(path, options) {
    for (let left = this.tries - 1; ; left -= 1) {
      let answer;
      try {
        answer = await fetch(this.url + path, { ...options, headers: { ...this.headers, ...options.headers } });
      } catch (error) {
        if (error.name !== LOST || left === 0) throw error;
        await seconds(0.5);
        continue;
      }
      if (answer.ok) return answer;
      const said = await answer.json().catch(() => null); // something between here and the service may answer in words of its own
      if (NO_ROOM.includes(answer.status) && left > 0) {
        await seconds(Number(answer.headers.get("retry-after") ?? 1));
        continue;
      }
      const { code = "unknown", message = answer.statusText, field = null } = said?.error ?? {};
      throw new SonantError(answer.status, code, message, field);
    }
  }
}

// The samples of an event of type "audio": 16 bits, little-endian, in base64.
export function samplesOf(data) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Int16Array.from({ length: bytes.length / 2 }, (_, at) => view.getInt16(2 * at, true));
}
