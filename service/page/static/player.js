// Sound as it arrives, and which sample is heard now.
import { Refusal } from "./speech.js";

let context = null; // at the rate of the voice, so that every sample is played as it came

// An AudioContext at this rate. To be called in the course of a click or a key: browsers let no page sound before.
export async function prepare(rate) {
  if (!window.isSecureContext) throw new Refusal("Browsers play streamed sound for pages from localhost or over HTTPS only.");
  if (context?.sampleRate !== rate) {
    await context?.close();
    context = null; // until all of it is there
    const begun = new AudioContext({ sampleRate: rate, latencyHint: "interactive" });
    await begun.audioWorklet.addModule(new URL("playback.js", import.meta.url));
    context = begun;
  }
  await context.resume();
}

export class Player {
  // onState is told "running", "waiting" and "ended".
  constructor(numSamples, onState) {
    this.anchor = { state: "waiting", sample: 0, frame: 0 };
    this.gaps = 0;
    this.node = new AudioWorkletNode(context, "playback", { numberOfInputs: 0, outputChannelCount: [1], processorOptions: { numSamples } });
    this.node.port.onmessage = ({ data }) => {
      if (data.state === "waiting") this.gaps += 1; // it has run dry
      this.anchor = data;
      onState(data.state);
    };
    this.node.connect(context.destination);
  }

  add(samples) {
    this.node.port.postMessage({ samples });
  }

  seek(sample) {
    this.anchor = { state: "waiting", sample, frame: 0 };
    this.node.port.postMessage({ seek: sample });
  }

  close() {
    this.node.port.onmessage = null;
    this.node.port.postMessage({ close: true });
    this.node.disconnect();
  }

  // The sample that is heard now: what was played left for the loudspeaker a little earlier.
  get position() {
    const { state, sample, frame } = this.anchor;
    if (state !== "running") return sample;
    const since = (context.currentTime - (context.outputLatency || 0)) * context.sampleRate - frame;
    return sample + Math.max(0, since);
  }
}
