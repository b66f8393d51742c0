"""espeak-ng, the library, from Python: text in, IPA out.

espeak-ng is a separate program library under GPL-3; it is loaded at run time, as a shared library
of its own, from the wheel `espeakng-loader`. Sonant itself is Apache-2.0 and contains none of it.
Nothing but `vocoder.text.phonemes` uses this module, so that another backend can take its place.

The library keeps one global state for the process (the language that was chosen last), so one lock
goes around every use of it.
"""

from __future__ import annotations

import ctypes
import re
import threading
from pathlib import Path

import espeakng_loader

from vocoder.errors import InputError, SonantError

# From espeak-ng/speak_lib.h.
_AUDIO_OUTPUT_RETRIEVAL = 2  # no sound device is opened
_INITIALIZE_DONT_EXIT = 0x8000  # errors are returned, the process lives on
_CHARS_UTF8 = 1
_IPA = 0x02
_BETWEEN_PHONES = "_"  # given in bits 8 and up of the phoneme mode
_EE_OK = 0

_LONGEST_DATA_PATH = 159  # bytes: what fits its buffer (N_PATH_HOME)
_LANGUAGE_NAME = re.compile(r"[a-z]{2,3}(-[a-z0-9]+)*")  # what is no name could be taken for a path
# "(fr)": espeak says that it reads what follows as another language
_LANGUAGE_SWITCH = re.compile(r"\([a-z0-9-]+\)")


class Espeak:
    """The library. `Espeak.shared()` is the only one of the process."""

    _shared: Espeak | None = None
    _lock = threading.Lock()

    @classmethod
    def shared(cls) -> Espeak:
        """The library, loaded at the first call.

        Raises:
            SonantError: it cannot be loaded, or its data cannot be read.
        """
        with cls._lock:
            if cls._shared is None:
                cls._shared = cls()
            return cls._shared

    def __init__(self) -> None:
        data = espeakng_loader.get_data_path()
        if len(data.encode()) > _LONGEST_DATA_PATH:
            raise SonantError(
                f"espeak-ng reads no data from a path longer than {_LONGEST_DATA_PATH} bytes: "
                f"install Sonant in a shorter one than {data}"
            )
        library = Path(espeakng_loader.get_library_path())
        try:
            self._library = ctypes.CDLL(str(library))
        except OSError as error:
            raise SonantError(f"espeak-ng cannot be loaded: {error}") from error
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._library.espeak_TextToPhonemes.argtypes = [
            ctypes.POINTER(ctypes.c_char_p),
            ctypes.c_int,
            ctypes.c_int,
        ]
        self._library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
        sample_rate = self._library.espeak_Initialize(
            _AUDIO_OUTPUT_RETRIEVAL, 0, data.encode(), _INITIALIZE_DONT_EXIT
        )
        # it returns 0 where its data is missing, and an error below 0 otherwise
        if sample_rate <= 0:
            raise SonantError(f"espeak-ng cannot read its data in {data}")
        self._language: str | None = None

    def require(self, language: str) -> None:
        """Raises InputError (field "language") where espeak-ng has no such language."""
        with self._lock:
            self._select(language)

    def ipa(self, text: str, language: str) -> list[str]:
        """The IPA of a text, in espeak's chunks: most often one for each word.

        Args:
            text: any Unicode; lone surrogates and NUL are taken for spaces.
            language: espeak-ng's name, as "en-us".

        Returns:
            chunks with stress marks, phones separated by "_"; no chunk is without a phone.

        Raises:
            InputError: there is no such language.
        """
        encoded = re.sub("[\0\ud800-\udfff]", " ", text).encode()
        clauses: list[str] = []
        with self._lock:
            self._select(language)
            rest = ctypes.c_char_p(encoded)
            # each call takes one clause and moves the pointer behind it, to NULL after the last
            while rest.value is not None:
                said = self._library.espeak_TextToPhonemes(
                    ctypes.byref(rest), _CHARS_UTF8, _IPA | ord(_BETWEEN_PHONES) << 8
                )
                clauses.append(said.decode("utf-8"))
        chunks = _LANGUAGE_SWITCH.sub("", " ".join(clauses)).split()
        return [chunk for chunk in chunks if chunk.strip("_ˈˌ")]

    def _select(self, language: str) -> None:
        if language == self._language:
            return
        if (
            not _LANGUAGE_NAME.fullmatch(language)
            or self._library.espeak_SetVoiceByName(language.encode()) != _EE_OK
        ):
            raise InputError(f"espeak-ng has no language {language!r}", field="language")
        self._language = language
