"""The engine as it is made where there is a GPU, with none: see `tests.cuda.layers.without_gpu`. A
process of its own, as there.
"""

from __future__ import annotations

from unittest import mock

from vocoder.cuda import engine as cuda_engine
from vocoder.cuda.kernel_shapes import KernelChooser, shapes_for
from vocoder.wavenet.network import WaveNet


class EngineWithoutGpu(cuda_engine.CudaEngine):
    """Its kernels are those of a GPU; all else is the processor's. Arguments as the engine's."""

    def __init__(self, network: WaveNet, *, precision: str, shape: str = "auto") -> None:
        with mock.patch.object(cuda_engine, "INTERPRETED", True):
            super().__init__(network, device="cpu", precision=precision, shape=shape)
        self._shapes = shapes_for(
            self.config, shape, precision=precision, device=self.device, interpreted=False
        )
        self._warm_up()

    def serve_by(self, shape: str) -> None:
        """Whatever would be faster."""
        self._choice = KernelChooser((shape,))
