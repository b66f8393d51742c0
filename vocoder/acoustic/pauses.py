"""How long a pause lasts at the least.

A reader pauses at one comma and not at the next, so a model that learns the mean of log-durations
makes short work of all of them, and lists run together. What it predicts is kept where it is longer
than a lower bound, which lies a little below the median of the default voice's recordings (0.17 s
at commas, 0.29 s at colons and the like). Between sentences, of which a recording holds one, it is
a reader's breath; between paragraphs it is longer, for that is how they are heard.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vocoder.text.features import PHRASE_TYPES, LinguisticFeatures

# by the type of the phrase before, of `vocoder.text.features.PHRASE_TYPES`
SHORTEST_SECONDS = {
    "comma": 0.12,
    "colon": 0.25,
}
BETWEEN_SENTENCES_SECONDS = 0.3
BETWEEN_PARAGRAPHS_SECONDS = 0.7
LAST_SECONDS = 0.06  # at the end of all, no speed shortens a pause below this: the voice dies away


def with_pauses(
    durations: npt.NDArray[np.float32],
    features: LinguisticFeatures,
    *,
    frames_per_second: float,
    at_end: float,
) -> npt.NDArray[np.float32]:
    """Predicted durations with no pause shorter than it may be.

    Args:
        durations: float32 [P], in frames.
        features: of the sentence, P phonemes.
        frames_per_second: of the voice.
        at_end: seconds, the shortest pause at the sentence's end; 0 where none is spoken after it.

    Returns:
        float32 [P].
    """
    shortest = np.zeros(len(durations), np.float32)
    inside = features.pauses.copy()
    inside[[0, -1]] = False
    for phrase_type, seconds in SHORTEST_SECONDS.items():
        shortest[inside & (features.categories[:, 3] == PHRASE_TYPES.index(phrase_type))] = (
            seconds * frames_per_second
        )
    shortest[-1] = at_end * frames_per_second
    return np.maximum(durations, shortest)
