// In the audio thread: plays the samples that have arrived, waits where there are none yet, and says when which sample was played.
const PREROLL_SECONDS = 0.15; // of sound that must be there before it begins, and before it goes on after a gap

class Playback extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.samples = new Float32Array(processorOptions.numSamples);
    this.filled = 0;
    this.next = 0;
    this.state = "waiting"; // or "running", "ended", "closed"
    this.port.onmessage = ({ data }) => this.hear(data);
  }

  hear({ samples, seek, close }) {
    if (samples) {
      for (const sample of samples) this.samples[this.filled++] = sample / 32768;
    } else if (seek !== undefined) {
      this.next = Math.min(seek, this.filled);
      this.state = "waiting";
    } else if (close) {
      this.state = "closed";
    }
  }

  tell(state) {
    this.state = state;
    this.port.postMessage({ state, sample: this.next, frame: currentFrame });
  }

  process(_, [[output]]) {
    const whole = this.filled === this.samples.length;
    if (this.state === "waiting" && (whole || this.filled - this.next >= PREROLL_SECONDS * sampleRate)) this.tell("running");
    if (this.state === "running") {
      output.set(this.samples.subarray(this.next, Math.min(this.next + output.length, this.filled)));
      this.next = Math.min(this.next + output.length, this.filled);
      if (this.next === this.filled) this.tell(whole ? "ended" : "waiting");
    }
    return this.state !== "closed";
  }
}

registerProcessor("playback", Playback);
