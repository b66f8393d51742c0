// Words lit in the text where they were written, and phonemes passing by, while they are heard.
export class Reading {
  constructor(lit, phonemes) {
    this.lit = lit;
    this.row = phonemes;
    this.clear("");
  }

  // Nothing is lit; the text is there all the same, for it gives the field its height.
  clear(text) {
    this.text = text;
    this.units = null;
    this.words = [];
    this.phonemes = [];
    this.word = null;
    this.phoneme = null;
    this.show(null);
    this.row.replaceChildren();
  }

  // The service counts in characters, JavaScript in halves of surrogate pairs.
  begin(text) {
    this.clear(text);
    this.units = [0];
    for (const character of text) this.units.push(this.units.at(-1) + character.length);
  }

  add(line) {
    if (line.type === "word" && line.start_char !== undefined) {
      this.words.push(line);
    } else if (line.type === "phoneme") {
      const span = document.createElement("span");
      span.textContent = line.phoneme === "sil" ? " · " : line.phoneme;
      this.row.append(span);
      this.phonemes.push({ ...line, span });
    }
  }

  at(sample) {
    const word = heardAt(this.words, sample);
    if (word !== this.word) this.show(word);
    const phoneme = heardAt(this.phonemes, sample);
    if (phoneme === this.phoneme) return;
    this.phoneme?.span.classList.remove("now");
    phoneme?.span.classList.add("now");
    if (phoneme) this.row.style.transform = `translateX(${-(phoneme.span.offsetLeft + phoneme.span.offsetWidth / 2)}px)`;
    this.phoneme = phoneme;
  }

  show(word) {
    this.word = word;
    if (word === null) {
      this.lit.replaceChildren(`${this.text}\n`);
      return;
    }
    const [from, to] = [this.units[word.start_char], this.units[word.end_char]];
    const mark = document.createElement("mark");
    mark.textContent = this.text.slice(from, to);
    mark.dataset.said = word.text;
    this.lit.replaceChildren(this.text.slice(0, from), mark, `${this.text.slice(to)}\n`);
    const [box, seen, place] = [this.lit.closest(".writing"), this.lit.closest(".writing").getBoundingClientRect(), mark.getBoundingClientRect()];
    if (place.bottom > seen.bottom || place.top < seen.top) box.scrollTop += place.top - seen.top - seen.height / 3;
  }
}

// The one among these, in the order of their times, in which the sample lies; null where it lies in none.
function heardAt(events, sample) {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle].start_sample <= sample) low = middle + 1;
    else high = middle;
  }
  const last = events[low - 1];
  return last !== undefined && sample < last.end_sample ? last : null;
}
