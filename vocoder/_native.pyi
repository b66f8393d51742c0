"""Types of the compiled module; the `bind_` functions of `native/*_bindings.cpp` are where it is
made.
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
DoubleArray = npt.NDArray[np.float64]
ShortArray = npt.NDArray[np.int32]
IntArray = npt.NDArray[np.int64]

def available_isas() -> list[str]: ...
def philox(counter: list[int], key0: int, key1: int) -> list[int]: ...
def peak(isa: str, precision: str, rounds: int) -> int: ...
def read_through(isa: str, values: FloatArray, rounds: int) -> float: ...
def gate(
    isa: str, precision: str, filtered: FloatArray, gates: FloatArray, out: FloatArray
) -> None: ...
def exponential(isa: str, x: FloatArray, out: FloatArray) -> None: ...

class Job:
    def __init__(
        self,
        *,
        rings: FloatArray,
        history: ShortArray,
        conditioning: FloatArray,
        coefficients: FloatArray,
        lags: ShortArray,
        temperatures: FloatArray,
        codes: IntArray,
        outputs: FloatArray | None,
        seed: int,
        position: int,
        first_frame: int,
        forced: bool,
    ) -> None: ...

class Network:
    def __init__(
        self,
        *,
        isa: str,
        precision: str,
        threads: int,
        dilations: tuple[int, ...],
        hop_length: int,
        output: str,
        mixtures: int,
        prediction_order: int,
        max_lag: int,
        values: DoubleArray,
        edges: DoubleArray,
        inputs: FloatArray,
        taps: FloatArray,
        residual: FloatArray,
        residual_bias: FloatArray,
        skip: FloatArray,
        skip_bias: FloatArray,
        head1: FloatArray,
        head1_bias: FloatArray,
        head2: FloatArray,
        head2_bias: FloatArray,
    ) -> None: ...
    @property
    def isa(self) -> str: ...
    def generate(self, jobs: list[Job]) -> None: ...

def de_emphasise(
    samples: FloatArray, coefficient: float, last: float, made: FloatArray
) -> float: ...
def second_order(
    numerator: DoubleArray, denominator: DoubleArray, state: DoubleArray, samples: DoubleArray
) -> None: ...

class Predictor:
    def __init__(self, *, isa: str, bins: int, window: DoubleArray) -> None: ...
    def predict(self, powers: DoubleArray, coefficients: FloatArray) -> None: ...

class Windows:
    def __init__(
        self,
        *,
        isa: str,
        hop_length: int,
        points: int,
        window: FloatArray,
        mel_begins: ShortArray,
        mel_columns: ShortArray,
        mel_weights: FloatArray,
        bin_begins: ShortArray,
        bin_columns: ShortArray,
        bin_weights: FloatArray,
        floor: float,
        largest_gain: float,
    ) -> None: ...
    @property
    def isa(self) -> str: ...
    def add_corrected(
        self, samples: FloatArray, targets: FloatArray, added: FloatArray
    ) -> None: ...

class Linear:
    def __init__(
        self, *, isa: str, activation: str, weight: FloatArray, bias: FloatArray
    ) -> None: ...
    def forward(self, x: FloatArray, out: FloatArray) -> None: ...

class Conv:
    def __init__(
        self, *, isa: str, activation: str, weight: FloatArray, bias: FloatArray
    ) -> None: ...
    def forward(self, x: FloatArray, out: FloatArray) -> None: ...

class Stack:
    def __init__(
        self,
        *,
        isa: str,
        enter: FloatArray,
        enter_bias: FloatArray,
        norms: FloatArray,
        norm_biases: FloatArray,
        convs: FloatArray,
        conv_biases: FloatArray,
        mixes: FloatArray,
        mix_biases: FloatArray,
        leave: FloatArray,
        leave_bias: FloatArray,
    ) -> None: ...
    @property
    def outputs(self) -> int: ...
    def forward(self, x: FloatArray, out: FloatArray) -> None: ...
