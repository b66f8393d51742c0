"""A state as bytes: what comes back, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.wavenet.networks import CONFIGS
from vocoder.engine.state import HEADER, RingLayout, StreamState, fingerprint
from vocoder.errors import EngineError

CONFIG = CONFIGS["three taps"]


def some_state() -> StreamState:
    state = StreamState.initial(CONFIG, 2**64 - 1)
    state.rings[:] = np.random.default_rng(0).standard_normal(state.rings.size)
    state.position, state.history[:] = 2**40 + 3, np.arange(CONFIG.history_length)
    return state


def test_bytes_hold_everything() -> None:
    state = some_state()
    found = StreamState.from_bytes(state.to_bytes(), CONFIG)
    assert found == StreamState(
        config=CONFIG, rings=found.rings, history=found.history, position=2**40 + 3, seed=2**64 - 1
    )
    assert found.rings.tobytes() == state.rings.tobytes()
    assert found.history.tobytes() == state.history.tobytes()
    assert found.rings.flags.writeable
    assert found.history.flags.writeable
    assert found.to_bytes() == state.to_bytes()
    assert state.nbytes == len(state.to_bytes())


def test_rings_hold_what_the_older_taps_need() -> None:
    layout = RingLayout.of(CONFIG)
    assert layout.rows == tuple(2 * dilation for dilation in CONFIG.dilations)
    assert layout.offsets == tuple(
        sum(layout.rows[:layer]) * CONFIG.residual_channels for layer in range(CONFIG.num_layers)
    )
    assert (
        layout.size == (CONFIG.receptive_field - CONFIG.history_length) * CONFIG.residual_channels
    )


def test_a_stream_begins_in_silence() -> None:
    state = StreamState.initial(CONFIG, 0)
    assert (state.position, state.rings.any()) == (0, False)
    assert (state.history == CONFIG.quantisation_levels // 2).all()


SAVED = some_state().to_bytes()


@pytest.mark.parametrize(
    "data, said",
    [
        (b"", "cut short: 0 bytes"),
        (SAVED[:20], "cut short: 20 bytes"),
        (SAVED[:-1], f"{len(SAVED) - HEADER.size - 1} bytes.*needs {len(SAVED) - HEADER.size}"),
        (SAVED + b"\0", f"{len(SAVED) - HEADER.size + 1} bytes"),
        (b"RIFF" + SAVED[4:], "RIFF"),
        (SAVED[:4] + b"\1" + SAVED[5:], "version 1, this release reads version 2"),
        (SAVED[:-1] + bytes([SAVED[-1] ^ 1]), "damaged"),
        (SAVED[: HEADER.size] + SAVED[HEADER.size :][::-1], "damaged"),
    ],
)
def test_what_is_no_state_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        StreamState.from_bytes(data, CONFIG)


@pytest.mark.parametrize("name", [name for name in CONFIGS if CONFIGS[name] != CONFIG])
def test_a_state_of_another_network_is_refused_and_both_are_named(name: str) -> None:
    with pytest.raises(
        EngineError, match=f"{fingerprint(CONFIG).hex()}.*{fingerprint(CONFIGS[name]).hex()}"
    ):
        StreamState.from_bytes(SAVED, CONFIGS[name])


def test_a_code_that_the_network_has_not_is_refused() -> None:
    state = some_state()
    state.history[3] = 32
    with pytest.raises(EngineError, match=r"codes 0\.\.32"):
        StreamState.from_bytes(state.to_bytes(), CONFIG)


@pytest.mark.parametrize("pieces", [[30], [1] * 30, [5, 0, 12, 13], [29, 1]])
def test_the_history_is_the_last_codes(pieces: list[int]) -> None:
    state = StreamState.initial(CONFIG, 0)
    codes = np.arange(30) % CONFIG.quantisation_levels
    done = 0
    for piece in pieces:
        state.append(codes[done : done + piece])
        done += piece
    assert state.position == 30
    assert state.past().tolist() == codes[::-1][: CONFIG.history_length].tolist()
    assert [state.history[t % CONFIG.history_length] for t in range(18, 30)] == codes[18:].tolist()
