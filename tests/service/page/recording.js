// Runs in the page before its own scripts: whatever it sends to the loudspeaker goes to a recorder as well.
window.recorders = [];
window.lit = []; // each word, and the frame of the clock at which it was lit
const addModule = AudioWorklet.prototype.addModule;
AudioWorklet.prototype.addModule = async function add(...given) {
  await addModule.apply(this, ["/page/recorder.js"]);
  return addModule.apply(this, given);
};
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function attach(target, ...rest) {
  if (target instanceof AudioDestinationNode) {
    const recorder = new AudioWorkletNode(this.context, "recorder", { numberOfOutputs: 0 });
    window.clock = this.context;
    window.recorders.push(recorder);
    connect.call(this, recorder);
  }
  return connect.call(this, target, ...rest);
};
window.recorded = (index) =>
  new Promise((resolve) => {
    const { port } = window.recorders.at(index);
    port.onmessage = ({ data }) => resolve(data);
    port.postMessage("tell");
  });
addEventListener("DOMContentLoaded", () => {
  new MutationObserver(() => {
    const mark = document.querySelector("#lit mark");
    if (mark) {
      const { currentTime, sampleRate, outputLatency } = window.clock;
      window.lit.push({ said: mark.dataset.said, written: mark.textContent, frame: (currentTime - outputLatency) * sampleRate });
    }
  }).observe(document.getElementById("lit"), { childList: true });
});
