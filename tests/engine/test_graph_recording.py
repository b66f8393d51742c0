"""What is recorded for the engine of CUDA graphs, and in which order, as far as it shows where there is no card."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.wavenet.networks import CONFIGS, make_network
from vocoder.engine.graphs import WARM_UPS, GraphStep, Replay, exact_products

CPU = torch.device("cpu")


class Recordable(TorchDispatchMode):
    """Refuses what a graph cannot record: to read a number, to bring one from main memory, to have a shape that depends on numbers."""

    REFUSED = ("_local_scalar_dense", "scalar_tensor", "lift_fresh", "nonzero", "masked_select", "unique")

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), options: Any = None) -> Any:
        name = str(function)
        self.seen.append(name)
        assert not any(part in name for part in self.REFUSED), name
        assert (options or {}).get("device") is None, name
        tensors = [argument for argument in torch.utils._pytree.tree_leaves((arguments, options)) if isinstance(argument, torch.Tensor)]
        assert all(tensor.is_meta for tensor in tensors), f"{name} has {[tensor.device.type for tensor in tensors]}"
        if "aten.index" in name:  # by a mask, it would ask how many there are
            assert all(tensor.dtype == torch.int64 for tensor in torch.utils._pytree.tree_leaves(arguments[1]) if isinstance(tensor, torch.Tensor)), name
        return function(*arguments, **(options or {}))


@pytest.mark.parametrize("config", CONFIGS)
def test_a_step_can_be_recorded(config: str) -> None:
    """On a device of shapes without numbers: where one were needed, or another device, it would fail."""
    step = GraphStep(make_network(CONFIGS[config]), CPU)
    for name, value in list(vars(step).items()):
        if isinstance(value, torch.Tensor):
            setattr(step, name, torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device="meta"))
    with torch.no_grad(), Recordable() as recorded:  # with `inference_mode` operations would be seen before they are taken apart
        step()
    assert len(recorded.seen) > 50


@pytest.mark.parametrize(
    "detour, seen",
    [
        (lambda mask, numbers: torch.where(mask, numbers, 0.0), "scalar_tensor"),
        (lambda mask, numbers: numbers[mask], "index"),
        (lambda mask, numbers: numbers + torch.arange(2), "arange"),
        (lambda mask, numbers: numbers * torch.tensor(0.5), "lift_fresh"),
        (lambda mask, numbers: numbers[0].item(), "local_scalar_dense"),
        (lambda mask, numbers: numbers.cpu(), "copy"),
    ],
)
def test_what_cannot_be_recorded_is_seen(detour: Callable[[torch.Tensor, torch.Tensor], Any], seen: str) -> None:
    mask, numbers = torch.empty(2, dtype=torch.bool, device="meta"), torch.empty(2, device="meta")
    with pytest.raises(AssertionError, match=seen), torch.no_grad(), Recordable():
        detour(mask, numbers)


def test_a_step_that_nobody_wants_moves_nothing() -> None:
    """As those are that come before a recording."""
    step = GraphStep(make_network(CONFIGS["softmax"]), CPU)
    step.rings.fill_(2.0)
    step.history.fill_(3)
    step.codes.fill_(4)
    for _ in range(WARM_UPS):
        step()
    assert (step.rings == 2.0).all()
    assert (step.history == 3).all()
    assert (step.codes == 4).all()
    assert (step.positions == 0).all()
    assert step.index.tolist() == [WARM_UPS]


@pytest.fixture
def own_choice() -> Iterator[None]:
    """What a test chooses for products is not chosen for the next."""
    yield
    torch.backends.cuda.matmul.fp32_precision = "none"
    torch.set_float32_matmul_precision("highest")


def choices() -> dict[str, Any]:
    """All that torch says of the choice; an exception's type where it refuses to say."""
    found: dict[str, Any] = {}
    for name, read in {
        "old": lambda: torch.backends.cuda.matmul.allow_tf32,
        "new": lambda: torch.backends.cuda.matmul.fp32_precision,
        "whole": torch.get_float32_matmul_precision,
    }.items():
        try:
            found[name] = read()
        except RuntimeError as error:
            found[name] = type(error)
    return found


@pytest.mark.usefixtures("own_choice")
@pytest.mark.parametrize("chosen", ["nothing", "old", "new", "whole"])
def test_products_are_exact_and_the_choice_is_put_back(chosen: str) -> None:
    if chosen == "old":
        torch.backends.cuda.matmul.allow_tf32 = True
    elif chosen == "new":
        torch.backends.cuda.matmul.fp32_precision = "tf32"
    elif chosen == "whole":
        torch.set_float32_matmul_precision("high")
    before = choices()
    assert before["new"] == ("none" if chosen == "nothing" else "tf32")
    with contextlib.suppress(KeyError), exact_products():
        assert choices()["new"] == "ieee"
        raise KeyError
    assert choices() == before


@pytest.mark.usefixtures("own_choice")
def test_what_is_recorded_was_done_aside_before_and_with_exact_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order that torch's documentation of CUDA graphs demands; by doubles of what needs a card."""
    torch.backends.cuda.matmul.fp32_precision = "tf32"
    happened: list[str] = []
    streams = ["main"]

    class Stream:
        name = "aside"

        def wait_stream(self, other: Stream) -> None:
            happened.append(f"{self.name} waits for {other.name}")

    class Main(Stream):
        name = "main"

    class Graph:
        def replay(self) -> None:
            happened.append("replay")

    @contextlib.contextmanager
    def on(stream: Stream) -> Iterator[None]:
        streams.append(stream.name)
        yield
        streams.pop()

    signature = inspect.signature(torch.cuda.graph.__init__)

    @contextlib.contextmanager
    def record(*arguments: Any, **options: Any) -> Iterator[None]:
        bound = signature.bind(None, *arguments, **options).arguments
        assert isinstance(bound["cuda_graph"], Graph)
        assert bound["capture_error_mode"] == "thread_local"
        happened.append("begin")
        with on(bound["stream"]):
            yield
        happened.append("end")

    for name, double in {
        "CUDAGraph": Graph, "Stream": Stream, "current_stream": Main, "stream": on, "graph": record, "device": lambda device: contextlib.nullcontext(),
    }.items():  # fmt: skip
        monkeypatch.setattr(torch.cuda, name, double)

    def step() -> None:
        happened.append(f"step on {streams[-1]} in {torch.backends.cuda.matmul.fp32_precision}")

    replay = Replay(step, torch.device("cuda"))
    stepped = "step on aside in ieee"
    assert happened == ["aside waits for main", *[stepped] * WARM_UPS, "main waits for aside", "begin", stepped, "end"]
    replay()
    replay()
    assert happened[-2:] == ["replay", "replay"]
    assert torch.backends.cuda.matmul.fp32_precision == "tf32"
