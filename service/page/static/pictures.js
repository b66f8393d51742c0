// Waveform and spectrogram that draw themselves as sound arrives. The length is known beforehand, so every sample has its place from the beginning.
import { Spectrum } from "./spectrum.js";

const WINDOW_SECONDS = 0.03;
const WAVE_GAIN = 2; // speech has peaks far above what it mostly is
const FLOOR_DECIBELS = -78; // paper
const TOP_DECIBELS = -20; // ink

const melOf = (hertz) => Math.log1p(hertz / 700);
const hertzOf = (mel) => 700 * Math.expm1(mel);

export class Pictures {
  constructor(wave, spectrogram) {
    this.wave = wave;
    this.spectrogram = spectrogram;
    this.begin(0, 16000);
    new ResizeObserver(() => this.redraw()).observe(wave);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  begin(numSamples, rate) {
    this.samples = new Int16Array(numSamples);
    this.rate = rate;
    this.filled = 0;
    this.spectrum = new Spectrum(2 ** Math.round(Math.log2(WINDOW_SECONDS * rate)));
    this.redraw();
  }

  add(samples) {
    this.samples.set(samples, this.filled);
    this.filled += samples.length;
    this.draw();
  }

  redraw() {
    for (const canvas of [this.wave, this.spectrogram]) {
      canvas.width = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio)); // also clears it
      canvas.height = Math.max(1, Math.round(canvas.clientHeight * devicePixelRatio));
    }
    const style = getComputedStyle(document.documentElement);
    this.colours = ["--paper", "--accent", "--ink"].map((name) => rgbOf(style.getPropertyValue(name).trim()));
    this.ink = style.getPropertyValue("--ink");
    this.line = style.getPropertyValue("--line");
    this.bins = this.binsOfRows(this.spectrogram.height);
    this.drawn = 0; // columns
    const context = this.wave.getContext("2d");
    context.fillStyle = this.line;
    context.fillRect(0, this.wave.height / 2, this.wave.width, 1);
    this.draw();
  }

  // Which place between two bins each row of pixels shows, the highest first.
  binsOfRows(rows) {
    const top = melOf(this.rate / 2);
    return Float32Array.from({ length: rows }, (_, row) => (hertzOf((top * (rows - row - 0.5)) / rows) / this.rate) * this.spectrum.size);
  }

  // Every column of which all samples, and those under the window, have arrived.
  draw() {
    const perColumn = this.samples.length / this.wave.width;
    const whole = this.filled === this.samples.length;
    const ready = this.filled === 0 ? 0 : whole ? this.wave.width : Math.floor((this.filled - this.spectrum.size / 2) / perColumn);
    for (; this.drawn < ready; this.drawn += 1) this.drawColumn(this.drawn, perColumn);
  }

  drawColumn(column, perColumn) {
    const [from, to] = [Math.floor(column * perColumn), Math.max(Math.floor(column * perColumn) + 1, Math.floor((column + 1) * perColumn))];
    let [low, high] = [0, 0];
    for (let at = from; at < to; at += 1) {
      low = Math.min(low, this.samples[at]);
      high = Math.max(high, this.samples[at]);
    }
    const [context, half] = [this.wave.getContext("2d"), this.wave.height / 2];
    context.fillStyle = this.ink;
    const [top, bottom] = [Math.min(1, (WAVE_GAIN * high) / 32768), Math.max(-1, (WAVE_GAIN * low) / 32768)];
    context.fillRect(column, half - top * half, 1, Math.max(1, (top - bottom) * half));
    const decibels = this.spectrum.decibels(this.samples, Math.floor((from + to) / 2));
    const rows = this.spectrogram.height;
    const pixels = new ImageData(1, rows);
    for (let row = 0; row < rows; row += 1) pixels.data.set(this.colourOf(between(decibels, this.bins[row])), 4 * row);
    this.spectrogram.getContext("2d").putImageData(pixels, column, 0);
  }

  colourOf(decibels) {
    const strength = Math.min(1, Math.max(0, (decibels - FLOOR_DECIBELS) / (TOP_DECIBELS - FLOOR_DECIBELS)));
    const [from, to, share] = strength < 0.6 ? [0, 1, strength / 0.6] : [1, 2, (strength - 0.6) / 0.4];
    return [0, 1, 2].map((at) => this.colours[from][at] + share * (this.colours[to][at] - this.colours[from][at])).concat(255);
  }
}

function between(values, place) {
  const low = Math.min(values.length - 1, Math.floor(place));
  const high = Math.min(values.length - 1, low + 1);
  return values[low] + (place - low) * (values[high] - values[low]);
}

function rgbOf(hex) {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}
