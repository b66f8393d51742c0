// What the test of the JavaScript client does, in Node and in a browser alike: everything that arrives, and how often there was something.
export async function check({ Sonant, SonantError, samplesOf }, url, order, kind) {
  const sonant = new Sonant(url, { tries: 4 });
  try {
    if (kind === "stream") {
      const bytes = [];
      for await (const piece of sonant.stream(order)) bytes.push(...piece);
      return { bytes };
    }
    const events = [];
    const samples = [];
    for await (const event of sonant.events(order)) {
      if (event.type === "audio") samples.push(...samplesOf(event.data));
      else events.push(event);
    }
    return { events, samples };
  } catch (error) {
    if (!(error instanceof SonantError)) return { lost: error.name };
    return { status: error.status, code: error.code, message: error.message, field: error.field };
  }
}
