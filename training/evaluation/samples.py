"""A voice to be listened to: ten sentences of no corpus, each as a sound and its picture, with a
page that shows them.
"""

from __future__ import annotations

from pathlib import Path

from training.evaluation.picture import spectrogram
from vocoder.audio.file_writing import encode_audio
from vocoder.audio.pcm import to_float32
from vocoder.audio.whole_file import whole_file
from vocoder.synthesis.voice import load_voice

SENTENCES = (
    "The train will leave the station at half past nine.",
    "Did you hear the rain against the window last night?",
    "Where have all the swallows gone?",
    "Bread, butter, two apples, and a jar of honey.",
    "The number you have called is 555, 0 1 4 9.",
    "She opened the door, looked around, and closed it again.",
    "It costs $12.50; the other one is free.",
    "On March 3rd, 1847, the inventor of the telephone was born.",
    "Nobody spoke. The clock struck eleven, and then the lights went out.",
    "What a day!",
)
LARGEST_BYTES = 200_000


def write_samples(pack: Path, folder: Path, *, seed: int = 0) -> list[Path]:
    """Speaks the sentences with a voice's defaults: FLAC, PNG and a README.md that shows them.

    Args:
        pack: the voice's folder.
        folder: made if missing; files of the same names are replaced.
        seed: of every sentence.

    Returns:
        the sounds' files.
    """
    voice = load_voice(pack)
    manifest = voice.manifest
    folder.mkdir(parents=True, exist_ok=True)
    engine = f"{voice.engine.name} {voice.engine.precision} {voice.engine.isa}"
    lines = [
        f"# Voice {manifest.name}, release {manifest.release}",
        "",
        (
            f"Made by `sonant-train samples --voice {manifest.name}`: the voice's defaults, seed "
            f"{seed}, engine {engine}. No sentence is from the corpus."
        ),
    ]
    written = []
    for number, text in enumerate(SENTENCES, 1):
        samples = voice.synthesize(text, seed=seed)
        sound = folder / f"{number:02}.flac"
        contents = {
            sound: encode_audio(samples, voice.sample_rate, "flac"),
            sound.with_suffix(".png"): spectrogram(to_float32(samples), manifest.audio),
        }
        for path, content in contents.items():
            assert len(content) < LARGEST_BYTES, f"{path} has {len(content)} bytes"
            with whole_file(path) as file:
                file.write(content)
        lines += [
            "",
            f"{number}. {text} [{sound.name}]({sound.name})",
            "",
            f"   ![its spectrogram]({sound.stem}.png)",
        ]
        written.append(sound)
    with whole_file(folder / "README.md") as file:
        file.write(("\n".join(lines) + "\n").encode())
    return written
