// The power spectrum of a piece of sound under a Hann window: a fast Fourier transform of a power of two, in place (Cooley and Tukey).
export class Spectrum {
  constructor(size) {
    this.size = size;
    this.window = Float32Array.from({ length: size }, (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / size));
    this.cosines = Float32Array.from({ length: size / 2 }, (_, at) => Math.cos((2 * Math.PI * at) / size));
    this.sines = Float32Array.from({ length: size / 2 }, (_, at) => -Math.sin((2 * Math.PI * at) / size));
    this.real = new Float32Array(size);
    this.imaginary = new Float32Array(size);
  }

  // Decibels below a full-scale sine for each of size/2 bins, of the samples around `centre`; beyond the ends there is silence.
  decibels(samples, centre) {
    const { size, window, real, imaginary } = this;
    imaginary.fill(0);
    for (let at = 0; at < size; at += 1) real[reversed(at, size)] = (window[at] * (samples[centre - size / 2 + at] ?? 0)) / 32768;
    for (let half = 1; half < size; half *= 2) this.combine(half);
    return Float32Array.from({ length: size / 2 }, (_, bin) => 10 * Math.log10((real[bin] ** 2 + imaginary[bin] ** 2) / (size / 4) ** 2 + 1e-12));
  }

  combine(half) {
    const { size, real, imaginary, cosines, sines } = this;
    const stride = size / (2 * half);
    for (let start = 0; start < size; start += 2 * half) {
      for (let at = 0; at < half; at += 1) {
        const [low, high] = [start + at, start + at + half];
        const [c, s] = [cosines[at * stride], sines[at * stride]];
        const [r, i] = [real[high] * c - imaginary[high] * s, real[high] * s + imaginary[high] * c];
        [real[high], imaginary[high]] = [real[low] - r, imaginary[low] - i];
        [real[low], imaginary[low]] = [real[low] + r, imaginary[low] + i];
      }
    }
  }
}

function reversed(number, size) {
  let result = 0;
  for (let bit = 1; bit < size; bit *= 2) {
    result = 2 * result + (number & 1);
    number >>= 1;
  }
  return result;
}
