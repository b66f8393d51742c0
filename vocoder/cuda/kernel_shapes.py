"""The shapes of the kernel, ready to be launched, and which of them serves how many streams.

`whole` is for many streams, `chain` for few; both give the same bytes, so which of them serves can
be left to the clock.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from triton.runtime.errors import OutOfResources

from vocoder.config import WaveNetConfig
from vocoder.cuda.chain_kernel import FLAG_STRIDE, advance_chain
from vocoder.cuda.packed_weights import BLOCK, keepable, kernel_sizes, ownable
from vocoder.cuda.whole_kernel import advance_whole
from vocoder.errors import EngineError

WARPS = 8
# How many blocks' weights are on their way at once, less one. What a GPU has no room for is tried
# with fewer: the sums stay the same.
STAGES = {"fp32": 2, "bf16": 3}
CHAINS_INTERPRETED = 2
# one multiprocessor of so many is in no chain: what begins a stream need not wait for those that
# are spoken
LEFT = 16
HEADS = 2  # programs of a chain behind its blocks: one for the hidden layer, one that draws
TRIES = 3  # calls before a shape's speed at a number of streams is known


class WholeKernel:
    """A program for the whole network, and BLOCK streams.

    Args:
        config: of the network.
        precision: "fp32" or "bf16".
        device: where it runs.
        interpreted: whether Triton interprets.
    """

    def __init__(
        self, config: WaveNetConfig, *, precision: str, device: torch.device, interpreted: bool
    ) -> None:
        del device
        self._sizes = kernel_sizes(config, exact=precision == "fp32", interpreted=interpreted)
        self._stages = STAGES[precision]

    def together(self, num_streams: int) -> int:
        """Programs that wait for each other: none."""
        del num_streams
        return 0

    def launch(
        self, num_streams: int, num_samples: int, arguments: tuple[object, ...], *, forced: bool
    ) -> None:
        """Moves the streams on.

        Raises:
            EngineError: the network does not fit on this GPU.
        """
        while True:
            try:
                advance_whole[(-(-num_streams // BLOCK),)](
                    *arguments,
                    num_streams,
                    num_samples,
                    FORCED=forced,
                    **self._sizes,
                    num_warps=WARPS,
                    num_stages=self._stages,
                    enable_fp_fusion=False,
                )
                return
            except OutOfResources as error:
                if self._stages == 1:
                    raise EngineError(f"this network does not fit on this GPU: {error}") from error
                self._stages -= 1


class ChainKernel:
    """Programs that own blocks and hand on what these made; as many chains as the GPU has
    multiprocessors for. Arguments as `WholeKernel`.

    Raises:
        EngineError: the GPU has fewer multiprocessors than the shortest chain has programs.
    """

    def __init__(
        self, config: WaveNetConfig, *, precision: str, device: torch.device, interpreted: bool
    ) -> None:
        self._config = config
        self._sizes = {
            **kernel_sizes(config, exact=precision == "fp32", interpreted=interpreted),
            **keepable(config, precision),
        }
        self._interpreted = interpreted
        self._device = device
        self._programs = (
            0 if interpreted else torch.cuda.get_device_properties(device).multi_processor_count
        )
        self._ownable = ownable(config, precision)
        self._check_length()

    def _check_length(self) -> None:
        if self.chains == 0:
            raise EngineError(
                f"a chain for this network has {self.length} programs, and the GPU "
                f"{self._programs} multiprocessors"
            )

    @property
    def _own(self) -> int:
        """Blocks of a program."""
        return self._ownable[0]

    @property
    def constants(self) -> dict[str, Any]:
        """What the kernel is compiled for, but for FORCED."""
        return {**self._sizes, "OWN": self._own}

    @property
    def length(self) -> int:
        """Programs of one chain."""
        return self._config.num_layers // self._own + HEADS

    @property
    def chains(self) -> int:
        """How many there are."""
        return (
            CHAINS_INTERPRETED
            if self._interpreted
            else (self._programs - self._programs // LEFT) // self.length
        )

    def together(self, num_streams: int) -> int:
        """Programs that wait for each other: all that are launched for so many streams."""
        across, down = self._grid(num_streams)
        return across * down

    def _grid(self, num_streams: int) -> tuple[int, int]:
        return self.length, min(self.chains, max(1, -(-num_streams // BLOCK)))

    def launch(
        self, num_streams: int, num_samples: int, arguments: tuple[object, ...], *, forced: bool
    ) -> None:
        """Moves the streams on.

        Raises:
            EngineError: the network does not fit on this GPU in this shape.
        """
        while True:
            groups = -(-num_streams // BLOCK)
            handed = self.between(groups)
            # Programs that wait for each other need all to be there; interpreted, they take turns,
            # a sample at a time.
            steps = (
                [(index, index + 1) for index in range(num_samples)]
                if self._interpreted
                else [(0, num_samples)]
            )
            try:
                for begin, end in steps:
                    advance_chain[self._grid(num_streams)](
                        *arguments, num_streams, num_samples, *handed, begin, end, 0, FORCED=forced,
                        **self.constants,
                        num_warps=WARPS, num_stages=1, enable_fp_fusion=False,
                        launch_cooperative_grid=not self._interpreted,
                    )  # fmt: skip
                return
            except OutOfResources as error:
                if len(self._ownable) == 1:
                    raise EngineError(
                        f"a chain for this network does not fit on this GPU: {error}"
                    ) from error
                del self._ownable[0]
                self._check_length()

    def between(self, groups: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Places for what programs hand on, and their flags."""
        stages, sizes = self._config.num_layers // self._own, self._sizes

        def place(*shape: int) -> Tensor:
            return torch.empty(shape, dtype=torch.float32, device=self._device)

        return (
            place(stages + 1, groups, BLOCK, sizes["RP"]),
            place(stages + 1, groups, BLOCK, sizes["SP"]),
            place(groups, BLOCK, sizes["AP"]),
            torch.zeros(
                (groups, 2 * stages + 2, FLAG_STRIDE.value), dtype=torch.int32, device=self._device
            ),
        )


class KernelChooser:
    """Which of several shapes makes so many groups of streams fastest: each is tried, and then the
    fastest serves.

    Args:
        names: of the shapes, in the order in which they are tried.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._seen: dict[tuple[int, str], list[float]] = {}

    def pick(self, groups: int) -> str:
        """The shape for a call."""
        known = {name: self._seen.get((groups.bit_length(), name), []) for name in self._names}
        for name, times in known.items():
            if len(times) < TRIES:
                return name
        return min(self._names, key=lambda name: min(known[name]))

    def untried(self, groups: int) -> int:
        """Calls of so many groups that are left until it is known what serves them; 0 where there
        is nothing to choose.
        """
        tried = sum(len(self._seen.get((groups.bit_length(), name), [])) for name in self._names)
        return TRIES * len(self._names) - tried if len(self._names) > 1 else 0

    def took(self, name: str, groups: int, seconds: float) -> None:
        """A shape took so long for a sample of so many groups."""
        times = self._seen.setdefault((groups.bit_length(), name), [])
        if len(times) < TRIES:
            times.append(seconds / groups)


def shapes_for(
    config: WaveNetConfig, wanted: str, **options: Any
) -> dict[str, WholeKernel | ChainKernel]:
    """The shapes that an engine has: those that it may choose among.

    Args:
        config: of the network.
        wanted: "whole", "chain", or "auto" for both, where the GPU and the precision allow it.
        options: as `WholeKernel`.

    Raises:
        EngineError: an unknown shape, or one that the GPU is too small for.
    """
    if wanted not in (names := ("auto", "whole", "chain")):
        raise EngineError(f"unknown shape {wanted!r}: there are {', '.join(names)}")
    made: dict[str, WholeKernel | ChainKernel] = {}
    # In fp32 a block's weights are too large for one multiprocessor: a chain is there for those who
    # ask for it.
    if wanted == "chain" or (wanted == "auto" and options["precision"] == "bf16"):
        try:
            made["chain"] = ChainKernel(config, **options)
        except EngineError:
            if wanted == "chain":
                raise
    if wanted in ("auto", "whole"):
        made["whole"] = WholeKernel(config, **options)
    return made
