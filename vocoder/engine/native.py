"""The native engine: generation in C++ (`vocoder/native/engine`), for the instruction set that
suits the processor.

The algorithm is the reference engine's, rearranged so that weights are read as seldom as can be:
the older taps of a block are computed for several samples at once, the skips are added up block by
block, and streams that share a call share every read. How it stays exact is said in
`vocoder/native/engine/product.h`.

T samples, O output parameters.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vocoder import _native
from vocoder.compiled import available_isas
from vocoder.engine.base import NATIVE_PRECISIONS, Codes, Engine, Job
from vocoder.engine.weights import EngineWeights
from vocoder.errors import EngineError
from vocoder.wavenet.network import WaveNet

PRECISIONS = NATIVE_PRECISIONS


def peak_multiply_adds(isa: str, precision: str, *, seconds: float = 0.1) -> float:
    """The most multiply-adds per second of processor time that one core makes in registers, in the
    manner of a precision: measured here and now.
    """
    rounds = 1000
    while True:
        before = time.thread_time()
        made = _native.peak(isa, precision, rounds)
        taken = time.thread_time() - before
        if taken > seconds:
            return made / taken
        rounds *= 2


class NativeEngine(Engine):
    """Generation in C++. Any number of threads may call one engine at a time: it only reads its
    weights.

    Args:
        network: whose weights are copied.
        isa: "auto" (the fastest) or one of `available_isas()`.
        precision: one of `PRECISIONS`.
        threads: at least 1, that the streams of one call are shared out to; one stream alone is
            made by one.

    Raises:
        EngineError: an unknown precision, no thread, this processor does not offer the instruction
            set, or a weight is not a finite number.
    """

    name = "native"

    def __init__(
        self, network: WaveNet, *, isa: str = "auto", precision: str = "fp32", threads: int = 1
    ) -> None:
        config = network.config
        if isa != "auto" and isa not in available_isas():
            raise EngineError(
                f"this processor does not offer instruction set {isa!r}: it has "
                f"{', '.join(available_isas())}"
            )
        if threads < 1:
            raise EngineError(f"threads must be at least 1, not {threads}")
        if precision not in PRECISIONS:
            raise EngineError(f"unknown precision {precision!r}: there are {', '.join(PRECISIONS)}")
        weights = EngineWeights.of(network)
        self.config = config
        self.precision = precision
        self.threads = threads
        self._network = _native.Network(
            isa=isa,
            precision=precision,
            threads=threads,
            dilations=config.dilations,
            hop_length=config.hop_length,
            output=config.output,
            mixtures=config.num_mixtures,
            prediction_order=config.prediction_order,
            max_lag=config.max_lag,
            values=network.quantiser.values.astype(np.float64),
            edges=network.quantiser.edges,
            inputs=weights.inputs,
            taps=weights.taps,
            residual=weights.residual,
            residual_bias=weights.residual_bias,
            skip=weights.skip,
            skip_bias=weights.skip_bias,
            head1=weights.head1,
            head1_bias=weights.head1_bias,
            head2=weights.head2,
            head2_bias=weights.head2_bias,
        )
        self.isa = self._network.isa

    def _advance(self, jobs: Sequence[Job]) -> list[Codes]:
        codes = [np.empty(job.num_samples, np.int64) for job in jobs]
        self._network.generate(
            [
                _native_job(job, made, outputs=None, forced=False)
                for job, made in zip(jobs, codes, strict=True)
            ]
        )
        for job, made in zip(jobs, codes, strict=True):
            job.state.position += len(made)
        return codes

    def _logits(self, job: Job, codes: Codes) -> npt.NDArray[np.float32]:
        outputs = np.empty((job.num_samples, self.config.output_channels), np.float32)
        self._network.generate([_native_job(job, codes, outputs=outputs, forced=True)])
        job.state.position += job.num_samples
        return outputs


def _native_job(
    job: Job, codes: Codes, *, outputs: npt.NDArray[np.float32] | None, forced: bool
) -> _native.Job:
    return _native.Job(
        rings=job.state.rings,
        history=job.state.history,
        conditioning=np.ascontiguousarray(job.conditioning),
        coefficients=np.ascontiguousarray(job.predictors.coefficients),
        lags=np.ascontiguousarray(job.predictors.lags),
        temperatures=np.ascontiguousarray(job.temperatures),
        codes=codes,
        outputs=outputs,
        seed=job.state.seed,
        position=job.state.position,
        first_frame=job.first_frame,
        forced=forced,
    )
