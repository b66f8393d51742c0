"""The engine for GPUs without Triton: torch's own operations, recorded once as a CUDA graph and replayed for every sample.

A sample is a hundred and more small operations (171 at the reference size, views not counted), each of which takes longer to ask for than to do. A graph
asks for all of them at once. It has a price: what was recorded reads and writes the same tensors for ever, in the same shapes, and decides nothing. So
there are always `ROWS` rows, whether streams lie in them or not; the step counts samples itself; and a row that has all its samples goes on computing, but
what it computes is written nowhere.

Because the shape of no product ever changes, neither does the order of its sums: the company that a stream has, and the row that it lies in,
change none of its bytes.

L layers, K taps, R residual, G gate, H gated (half of G), S skip, A head, O output parameters, Q levels, P prediction order, F frames, T samples; a
trailing P (RP, HP ...) is the size padded to whole vectors, with weights of 0.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from vocoder.config import WaveNetConfig
from vocoder.engine.base import Codes, Engine, Job
from vocoder.engine.philox import uniforms
from vocoder.engine.reference import one_torch_thread
from vocoder.engine.state import RingLayout, StreamState
from vocoder.engine.weights import EngineWeights
from vocoder.errors import EngineError
from vocoder.wavenet.distributions import MIN_LOG_SCALE
from vocoder.wavenet.network import WaveNet

ROWS = 16  # streams of a step; never another number, or sums could have another order
# Widths are padded to whole vectors, for the sake of the same law: of products of other widths some rows are summed in another order than others (by
# MKL, of 16 rows and up to 41 inputs and outputs each, 153 of 1,681).
VECTOR = 16
FRAMES = 64  # of each row that the card holds at a time; a call that needs more is done in several goes
DRAWN = -1  # in `GraphStep.codes`, where no code is given
WARM_UPS = 3  # steps before one is recorded, in which libraries set up what they may not set up while that is done

_recording = threading.Lock()  # of all engines: what is switched for it is switched for the whole process


def padded(size: int) -> int:
    """The next multiple of `VECTOR`."""
    return -(-size // VECTOR) * VECTOR


class GraphStep:
    """The next sample of every row: called, it moves on all rows that want more, in the tensors below and nowhere else.

    It makes no decision that depends on a number and waits for nothing, so that it can be recorded.

    Args:
        network: whose weights are copied.
        device: of all tensors.

    Attributes:
        rings: float32 [ROWS, rows of all rings, RP]; history: int64 [ROWS, history_length]; positions: int64 [ROWS]: the rows' stream states.
        counts: int64 [ROWS], how many samples each row is to make in this go; index: int64 [1], how many the longest has made.
        first_frames: int64 [ROWS], the index in its stream of the first frame that a row has here.
        conditioning: float32 [ROWS, FRAMES, L, 2, HP]; coefficients: float64 [ROWS, FRAMES, P]; lags: int64 [ROWS, FRAMES];
            temperatures: float64 [ROWS, FRAMES]: of each row's frames.
        uniforms: float64 [ROWS, FRAMES * hop_length, 2], u0 and u1 of each sample of this go.
        codes: int64 [ROWS, FRAMES * hop_length], of this go: `DRAWN` or the code that is given; the step puts what it has drawn there.
        outputs: float32 [ROWS, O], what the network said of the last sample.
    """

    def __init__(self, network: WaveNet, device: torch.device) -> None:
        self.config = config = network.config
        weights, layout = EngineWeights.of(network), RingLayout.of(config)
        layers, taps, residual, gated = config.num_layers, config.kernel_size, config.residual_channels, config.gated_channels
        RP, HP, SP, AP, OP = (padded(size) for size in (residual, gated, config.skip_channels, config.head_channels, config.output_channels))

        def put(array: npt.NDArray[Any], *shape: int) -> Tensor:
            """Array to the device; to this shape by zeros at the ends."""
            shape = shape or array.shape
            return torch.from_numpy(np.pad(array, [(0, size - there) for size, there in zip(shape, array.shape, strict=True)])).to(device)

        def zeros(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
            return torch.zeros(shape, dtype=dtype, device=device)

        by_tap = put(weights.taps.reshape(layers, taps, residual, 2, gated), layers, taps, RP, 2, HP).flatten(3)
        self._older_taps, self._newest_tap = by_tap[:, :-1].flatten(1, 2).contiguous(), by_tap[:, -1].contiguous()  # [L, (K-1) * RP, 2 HP], [L, RP, 2 HP]
        self._inputs = put(weights.inputs, *weights.inputs.shape[:2], RP).flatten(0, 1)  # [(1 + predictions) * Q, RP]
        self._tables = put(np.arange(len(weights.inputs)) * config.quantisation_levels)  # where in it each one's begins
        self._residual, self._residual_bias = put(weights.residual, layers - 1, HP, RP), put(weights.residual_bias, layers - 1, RP)
        self._skip, self._skip_bias = put(weights.skip.reshape(layers, gated, -1), layers, HP, SP).flatten(0, 1), put(weights.skip_bias, SP)
        self._head1, self._head1_bias = put(weights.head1, SP, AP), put(weights.head1_bias, AP)
        self._head2, self._head2_bias = put(weights.head2, AP, OP), put(weights.head2_bias, OP)
        self._values = put(network.quantiser.values.astype(np.float64))
        self._edges = put(network.quantiser.edges)
        self._rows = put(np.arange(ROWS))
        self._back = put(np.arange(1, max(config.prediction_order, 1) + 1))  # how far back those codes lie that every sample needs
        self._ring_rows = put(np.array(layout.rows)[:, np.newaxis])  # [L, 1]
        self._ring_starts = put(np.array(layout.offsets)[:, np.newaxis] // layout.width)  # [L, 1], which row is a ring's first
        self._ahead = put(np.outer(config.dilations, np.arange(taps - 1)))  # [L, K-1], rows from the oldest tap's to each older tap's

        self.rings = zeros(ROWS, sum(layout.rows), RP)
        self.history = zeros(ROWS, config.history_length, dtype=torch.int64)
        self.positions, self.counts, self.first_frames = (zeros(ROWS, dtype=torch.int64) for _ in range(3))
        self.index = zeros(1, dtype=torch.int64)
        self.conditioning = zeros(ROWS, FRAMES, layers, 2, HP)
        self.coefficients = zeros(ROWS, FRAMES, config.prediction_order, dtype=torch.float64)
        self.lags = zeros(ROWS, FRAMES, dtype=torch.int64)
        self.temperatures = zeros(ROWS, FRAMES, dtype=torch.float64)
        self.uniforms = zeros(ROWS, FRAMES * config.hop_length, 2, dtype=torch.float64)
        self.codes = zeros(ROWS, FRAMES * config.hop_length, dtype=torch.int64)
        self.outputs = zeros(ROWS, config.output_channels)

    def __call__(self) -> None:
        """One sample; rows that have made `counts` samples, or were to make none, change nothing but their `outputs`."""
        live = self.index < self.counts
        # A row that is done may stand behind its last frame, and one that nobody has anywhere: what they find there is not used.
        frame = (self.positions // self.config.hop_length - self.first_frames).clamp(0, FRAMES - 1)
        x = self._first_input(frame)
        # The row of time t still holds time t - (K-1) d, the oldest tap; later ones follow d rows apart.
        places = (self.positions.view(ROWS, 1, 1) + self._ahead) % self._ring_rows + self._ring_starts  # [ROWS, L, K-1]
        shown = self._speak(x, self.rings[self._rows.unsqueeze(1), places.flatten(1)], self.conditioning[self._rows, frame])

        given = self.codes.index_select(1, self.index)[:, 0]
        uniform = self.uniforms.index_select(1, self.index)[:, 0]
        drawn = draw(self.config, self.outputs, self.temperatures[self._rows, frame], uniform, self._edges)
        code = torch.where(given == DRAWN, drawn, given)

        self._write(self.rings, places[:, :, 0], shown, live)
        self._write(self.history, (self.positions % self.config.history_length).unsqueeze(1), code.unsqueeze(1), live)
        self._write(self.codes, self.index.expand(ROWS, 1), code.unsqueeze(1), live)
        self.positions += live
        self.index += 1

    def _write(self, whole: Tensor, places: Tensor, new: Tensor, live: Tensor) -> None:
        """Puts new [ROWS, N, ...] at places [ROWS, N] of whole [ROWS, more, ...], in the rows that are live."""
        rows = self._rows.unsqueeze(1)
        whole[rows, places] = torch.where(live.view(ROWS, *[1] * (new.dim() - 1)), new, whole[rows, places])

    def _first_input(self, frame: Tensor) -> Tensor:
        """What the first block is shown, [ROWS, RP]: of the code before, and of what is foretold of this one (`predict_next`)."""
        config, length = self.config, self.config.history_length
        before = self.history.gather(1, (self.positions.unsqueeze(1) - self._back) % length)
        found = []
        if config.prediction_order > 0:
            found.append((self.coefficients[self._rows, frame] * self._values[before]).sum(1))
        if config.max_lag > 0:
            then = (self.positions - self.lags[self._rows, frame]) % length
            found.append(self._values[self.history.gather(1, then.unsqueeze(1))[:, 0]])
        known = [before[:, :1]]
        if found:
            known.append(torch.bucketize(torch.stack(found, dim=1), self._edges, right=True))
        return self._inputs[torch.cat(known, dim=1) + self._tables].sum(1)

    def _speak(self, x: Tensor, older: Tensor, conditioning: Tensor) -> Tensor:
        """Through the blocks and the head to `outputs`; what each block was shown, [ROWS, L, RP].

        Args:
            x: [ROWS, RP].
            older: [ROWS, L * (K-1), RP], the older taps of every block; none depends on another's, so they are one product for all.
            conditioning: [ROWS, L, 2, HP].
        """
        layers = self.config.num_layers
        pre = torch.baddbmm(conditioning.flatten(2).transpose(0, 1), older.view(ROWS, layers, -1).transpose(0, 1), self._older_taps)
        shown, gates = [], []
        for layer in range(layers):
            shown.append(x)
            filtered, gate = torch.addmm(pre[layer], x, self._newest_tap[layer]).chunk(2, dim=1)
            gated = torch.tanh(filtered) * torch.sigmoid(gate)
            gates.append(gated)
            if layer < layers - 1:
                x = torch.addmm(x, gated, self._residual[layer]) + self._residual_bias[layer]
        skips = torch.addmm(self._skip_bias, torch.cat(gates, dim=1), self._skip)
        hidden = torch.addmm(self._head1_bias, functional.relu(skips), self._head1)
        said = torch.addmm(self._head2_bias, functional.relu(hidden), self._head2)
        self.outputs.copy_(said[:, : self.config.output_channels])
        return torch.stack(shown, dim=1)


def draw(config: WaveNetConfig, outputs: Tensor, temperatures: Tensor, uniform: Tensor, edges: Tensor) -> Tensor:
    """`vocoder.engine.sampling.draw` where nothing may wait for the device.

    Args:
        config: names the distribution.
        outputs: float32 [N, O], the network's.
        temperatures: float64 [N], at least 0.
        uniform: float64 [N, 2], each in 0..1 exclusive.
        edges: float64 [Q - 1], of the network's quantiser.

    Returns:
        int64 [N], 0..Q-1.
    """
    wide, (first, second) = outputs.double(), uniform.unbind(1)
    if config.output == "softmax":
        return _categorical(wide, temperatures, first)
    if config.output == "gaussian":
        mean, log_scale = wide.unbind(1)
        noise = torch.sqrt(-2.0 * torch.log(first)) * torch.cos(2.0 * math.pi * second)
    else:
        logits, means, log_scales = wide.chunk(3, dim=1)
        component = _categorical(logits, temperatures, first).unsqueeze(1)
        mean, log_scale = means.gather(1, component)[:, 0], log_scales.gather(1, component)[:, 0]
        noise = torch.log(second) - torch.log1p(-second)
    spread = (torch.exp(log_scale.clamp(min=MIN_LOG_SCALE)) * temperatures * noise).masked_fill(temperatures == 0, 0.0)
    # The number of edges not above a value is its code, also where the value lies outside -1..1.
    return torch.bucketize((mean + spread).float().double(), edges, right=True)


def _categorical(logits: Tensor, temperatures: Tensor, uniform: Tensor) -> Tensor:
    """Logits [N, Q], temperatures [N], uniform [N] to the index drawn, int64 [N]; the largest logit's where the temperature is 0."""
    cold = temperatures == 0
    shifted = logits - logits.amax(dim=1, keepdim=True)
    cumulative = torch.exp(shifted / temperatures.masked_fill(cold, 1.0).unsqueeze(1)).cumsum(dim=1)
    drawn = (cumulative <= uniform.unsqueeze(1) * cumulative[:, -1:]).sum(dim=1)
    return torch.where(cold, logits.argmax(dim=1), drawn)


@contextmanager
def exact_products() -> Iterator[None]:
    """Products of float32 on CUDA cards are products of float32, whatever the process has chosen; its choice is put back.

    By the newer of torch's two names for it: that one can be read whichever of them was used to choose.
    """
    products = torch.backends.cuda.matmul
    before = products.fp32_precision
    products.fp32_precision = "ieee"
    try:
        yield
    finally:
        products.fp32_precision = before


class Replay:
    """Does a step again and again: on a CUDA card as a graph that is recorded here and now, elsewhere by calling it.

    Args:
        step: works in place, on tensors that outlive it; it is called some times before it is recorded.
        device: where those tensors are; the current one, when the replay is called.
    """

    def __init__(self, step: Callable[[], None], device: torch.device) -> None:
        self._step = step  # what was recorded does not keep its tensors alive
        self._play: Callable[[], None] = step if device.type == "cpu" else self._record(device).replay

    def __call__(self) -> None:
        """One step, on the current stream; on a card it may end later."""
        self._play()

    @torch.inference_mode()
    def _record(self, device: torch.device) -> torch.cuda.CUDAGraph:
        with _recording, torch.cuda.device(device), exact_products():
            graph, aside = torch.cuda.CUDAGraph(), torch.cuda.Stream()  # type: ignore[no-untyped-call]
            aside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(aside):
                for _ in range(WARM_UPS):
                    self._step()
            torch.cuda.current_stream().wait_stream(aside)
            # Other threads may use the card meanwhile: only this one's work is recorded.
            with torch.cuda.graph(graph, stream=aside, capture_error_mode="thread_local"):
                self._step()
        return graph


class GraphEngine(Engine):
    """Generation by torch's own operations, on a CUDA card without launching each. Any number of threads may call it; one is served at a time.

    Args:
        network: whose weights are copied.
        device: a CUDA device; or "cpu", where the same step is called instead of replayed, which is for tests: the reference engine is quicker. The
            state of a stream stays in main memory between calls.

    Raises:
        EngineError: a device that is neither, or is not there; or a weight that is not a finite number.
    """

    name = "cuda-graphs"
    precision = "fp32"

    def __init__(self, network: WaveNet, *, device: str | torch.device = "cuda") -> None:
        self.config = network.config
        self.device = torch.device(device)
        on_gpu = self.device.type == "cuda" and torch.cuda.is_available() and (self.device.index or 0) < torch.cuda.device_count()
        if not on_gpu and self.device.type != "cpu":
            raise EngineError(f"CUDA graphs need a CUDA GPU, and torch sees none here that is called {str(device)!r}")
        if on_gpu and self.device.index is None:  # each thread has a current one of its own
            self.device = torch.device("cuda", torch.cuda.current_device())
        self.isa = torch.cuda.get_device_name(self.device) if on_gpu else "cpu"
        self._step = GraphStep(network, self.device)
        # Recording takes some steps, and no row wants a sample yet: nothing is moved on by them.
        self._replay = Replay(self._step, self.device)
        self._lock = threading.Lock()

    def _advance(self, jobs: Sequence[Job]) -> list[Codes]:
        groups = [jobs[first : first + ROWS] for first in range(0, len(jobs), ROWS)]
        return [codes for group in groups for codes in self._generate(group, forced=None)[0]]

    def _logits(self, job: Job, codes: Codes) -> npt.NDArray[np.float32]:
        return self._generate([job], forced=codes)[1]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock, torch.inference_mode(), torch.cuda.device(self.device) if self.device.type == "cuda" else one_torch_thread():
            yield

    def _generate(self, jobs: Sequence[Job], *, forced: Codes | None) -> tuple[list[Codes], npt.NDArray[np.float32]]:
        """Codes of at most ROWS jobs; outputs [T, O] of the first where codes are forced."""
        step = self._step
        made: list[Codes] = [np.zeros(job.num_samples, np.int64) for job in jobs]
        done = [0] * len(jobs)
        with self._alone():
            outputs = torch.zeros((0 if forced is None else len(forced), self.config.output_channels), device=self.device)
            self._load([job.state for job in jobs])
            while any(count < job.num_samples for count, job in zip(done, jobs, strict=True)):
                counts = [self._fill(row, job, done[row]) for row, job in enumerate(jobs)]
                self._prepare(counts, given=None if forced is None else forced[done[0] : done[0] + counts[0]])
                for index in range(max(counts)):
                    self._replay()
                    if forced is not None:
                        outputs[done[0] + index].copy_(step.outputs[0])
                codes = step.codes[:, : max(counts)].cpu().numpy()
                for row, count in enumerate(counts):
                    made[row][done[row] : done[row] + count] = codes[row, :count]
                    done[row] += count
            for job, rings, some in zip(jobs, step.rings.cpu().numpy(), made, strict=False):
                job.state.rings[:] = rings[:, : self.config.residual_channels].reshape(-1)
                job.state.append(some)
            return made, outputs.cpu().numpy()

    def _load(self, states: Sequence[StreamState]) -> None:
        """The states to the first rows."""
        for row, state in enumerate(states):
            rings = state.rings.reshape(-1, self.config.residual_channels)
            _copy(self._step.rings[row, :, : rings.shape[1]], rings)
            _copy(self._step.history[row], state.history)
        _copy(self._step.positions[: len(states)], np.array([state.position for state in states]))

    def _fill(self, row: int, job: Job, done: int) -> int:
        """What a row needs for the samples after the `done` first ones, as many as its frames here allow; says how many these are."""
        step, hop, position = self._step, self.config.hop_length, job.state.position + done
        first = position // hop
        count = min(job.num_samples - done, (first + FRAMES) * hop - position)
        if count == 0:
            return 0
        length = (position + count - 1) // hop - first + 1
        here, there = slice(length), slice(first - job.first_frame, first - job.first_frame + length)
        step.first_frames[row] = first
        assert isinstance(job.conditioning, np.ndarray)  # it has been checked
        halves = job.conditioning[there].reshape(length, self.config.num_layers, 2, self.config.gated_channels)
        _copy(step.conditioning[row, here, :, :, : halves.shape[3]], halves)
        _copy(step.coefficients[row, here], job.predictors.coefficients[there])
        _copy(step.lags[row, here], job.predictors.lags[there])
        _copy(step.temperatures[row, here], job.temperatures[there])
        _copy(step.uniforms[row, :count], uniforms(job.state.seed, position, count)[:, :2])
        return count

    def _prepare(self, counts: Sequence[int], *, given: Codes | None) -> None:
        """A go of so many samples of the first rows and none of the others; the first row's codes may be given."""
        self._step.index.zero_()
        self._step.codes.fill_(DRAWN)
        if given is not None:
            _copy(self._step.codes[0, : len(given)], given)
        _copy(self._step.counts, np.array([*counts, *[0] * (ROWS - len(counts))]))


def _copy(tensor: Tensor, array: npt.NDArray[Any]) -> None:
    """Array to tensor, of the same shape and perhaps of another type or on a device; a copy in between, because torch wants arrays that can be written to."""
    tensor.copy_(torch.from_numpy(np.array(array)))
