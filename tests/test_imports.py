"""Who may import whom, held by parsing every import of every file, late ones too; ARCHITECTURE.md
explains it.
"""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from vocoder.compiled import available_isas

ROOT = Path(__file__).parent.parent
PACKAGES = ("vocoder", "training", "service")
EVERYWHERE = (
    "vocoder.config",
    "vocoder.errors",
    "vocoder.seeds",
    "vocoder.machine",
    "vocoder.compiled",
    "vocoder.stored_weights",
    "vocoder.torch_modules",
    "vocoder.torch_threads",
    "vocoder._native",
)

# Inside vocoder: what each room may import beside itself and EVERYWHERE. A name covers all that
# lies below it.
ROOMS: dict[str, tuple[str, ...]] = {
    "vocoder.audio": (),
    "vocoder.text": (),
    "vocoder.density": ("vocoder.audio.quantise", "vocoder.engine.philox", "vocoder.wavenet"),
    "vocoder.wavenet": (
        "vocoder.audio.quantise",
        "vocoder.audio.linear_prediction",
        "vocoder.density.distributions",
    ),
    "vocoder.acoustic": ("vocoder.text.features", "vocoder.wavenet.conditions"),
    "vocoder.engine": (
        "vocoder.audio.quantise",
        "vocoder.density",
        "vocoder.wavenet",
        "vocoder.cuda",
    ),
    "vocoder.cuda": (
        "vocoder.audio.quantise",
        "vocoder.text.features",
        "vocoder.wavenet",
        "vocoder.acoustic",
        "vocoder.engine",
    ),
    "vocoder.voices": ("vocoder.audio", "vocoder.text", "vocoder.wavenet", "vocoder.acoustic"),
}
# Above them, from the bottom to the top: each may import the rooms and those before it.
STOREYS = ("vocoder.synthesis", "vocoder.batch", "vocoder.cli")

TELEMETRY = "service.observability.telemetry"  # alone imports OpenTelemetry
CODECS = "service.encoding.compressed"  # alone imports PyAV
# alone import Ray, and nothing else of the service imports them
RAY = (
    "service.cluster.ray_serve",
    "service.cluster.ray_router",
)
WYOMING = "service.wyoming"  # alone imports the package wyoming
WORKER = "service.worker"  # alone loads voices
# What a machine with torch and numpy alone can run: training from prepared data, and the engines.
CARRIED = (
    "vocoder.wavenet.network", "vocoder.density.gated_pixel_cnn", "vocoder.density.made",
    "vocoder.density.wavenet",
    "vocoder.acoustic.model", "vocoder.engine", "vocoder.engine.reference",
    "training.data.dataset", "training.loop", "training.vocoder_task",
    "training.acoustic.regression", "training.recogniser.task",
    "training.data.segments", "training.data.gpu_dataset", "training.fused_likelihood",
    "training.bandwidth", "training.recipe",
    "training.recipe_file", "training.carried",
)  # fmt: skip
# What computes on a GPU, and can be imported where triton is: whoever wants it imports it late.
ON_GPU = "vocoder.cuda"

# Run in a process of its own: imports the modules named after "--", while nothing can be imported
# that belongs to a distribution other than those named before it and what they need.
ONLY = """
import importlib, re, sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

def canonical(name):
    return re.sub("[-_.]+", "-", name).lower()

def with_needs(name, found):
    if canonical(name) in found:
        return
    try:
        needs = requires(name) or ()
    except PackageNotFoundError:
        return
    found.add(canonical(name))
    for line in needs:
        if "extra ==" not in line:
            with_needs(re.match("[A-Za-z0-9._-]+", line).group(), found)

split = sys.argv.index("--")
allowed = {"sonant"}
for name in sys.argv[1:split]:
    with_needs(name, allowed)
blocked = {
    top
    for top, names in packages_distributions().items()
    if not any(canonical(name) in allowed for name in names)
}

class Without:
    # As if what is blocked were not installed: it is not found.

    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, fullname, path=None, target=None):
        if fullname.split(".")[0] in blocked:
            return None
        return self.finder.find_spec(fullname, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = map(Without, sys.meta_path)
for name in sys.argv[split + 1:]:
    importlib.import_module(name)
"""


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_names(tree: ast.AST) -> set[str]:
    """Every module that the file imports; `from a import b` counts as a.b, which covers modules and
    what is in them alike.
    """
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative imports hide from this test"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def imported_at_once(tree: ast.Module) -> set[str]:
    """Those of them that are imported with the file: not in a function, and not for types alone."""

    def early(statement: ast.stmt) -> set[str]:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            return imported_names(statement)
        if (
            isinstance(statement, ast.If)
            and isinstance(statement.test, ast.Name)
            and statement.test.id == "TYPE_CHECKING"
        ):
            return set().union(*map(early, statement.orelse))
        inner = (
            []
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
            else ast.iter_child_nodes(statement)
        )
        return set().union(*(early(child) for child in inner if isinstance(child, ast.stmt)))

    return set().union(*map(early, tree.body))


def importing(name: str) -> set[str]:
    """Our modules that import `name` as soon as they are imported, by themselves or by way of
    others of ours.
    """
    found: set[str] = set()
    while True:
        sought = {name, *found}
        more = {
            module
            for module, imports in AT_ONCE.items()
            if any(below(each, one) for each in imports for one in sought)
        } - found
        if not more:
            return found
        found |= more


def below(name: str, part: str) -> bool:
    return name == part or name.startswith(part + ".")


def parts() -> dict[str, tuple[str, ...]]:
    table = dict.fromkeys(EVERYWHERE, ()) | ROOMS
    for storey in STOREYS:
        table[storey] = tuple(table)
    table["vocoder.cli"] += ("service",)
    return table


def forbidden(module: str, imports: set[str]) -> set[str]:
    """Which of these imports of our own packages the table does not allow in this module."""
    ours = {name for name in imports if name.split(".")[0] in PACKAGES}
    package = module.partition(".")[0]
    if package != "vocoder":
        return {name for name in ours if name.split(".")[0] not in (package, "vocoder")}
    if module == "vocoder":  # the package itself hands out the top of the house, late
        return {name for name in ours if not below(name, "vocoder")}
    own = next((part for part in parts() if below(module, part)), None)
    assert own is not None, (
        f"{module} is in no room: say in ARCHITECTURE.md and in {Path(__file__).name} what it "
        f"may import"
    )
    return {
        name
        for name in ours
        if not any(below(name, part) for part in (own, *EVERYWHERE, *parts()[own]))
    }


SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TREES = {module_name(path): ast.parse(path.read_text("utf-8")) for path in SOURCES}
IMPORTS = {module: imported_names(tree) for module, tree in TREES.items()}
AT_ONCE = {module: imported_at_once(tree) for module, tree in TREES.items()}


def import_with_only(
    distributions: tuple[str, ...],
    modules: tuple[str, ...],
    *,
    code: str = "",
    folder: Path = ROOT,
) -> subprocess.CompletedProcess[str]:
    """Imports the modules, and runs code, in a process that has these distributions alone."""
    command = [sys.executable, "-c", ONLY + code, *distributions, "--", *modules]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("module", IMPORTS)
def test_imports_keep_to_the_table(module: str) -> None:
    assert not forbidden(module, IMPORTS[module])


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("vocoder.audio.mel", "vocoder.text.features"),
        ("vocoder.text.phonemes", "vocoder.audio.quantise"),
        ("vocoder.acoustic.model", "vocoder.text.phonemes"),
        ("vocoder.wavenet.network", "vocoder.audio.mel"),
        ("vocoder.wavenet.network", "vocoder.density.model"),
        ("vocoder.density.model", "vocoder.engine.base"),
        ("vocoder.engine.native", "vocoder.synthesis.voice.Voice"),
        ("vocoder.voices.pack", "vocoder.synthesis.voice"),
        ("vocoder.synthesis.voice", "service.app"),
        ("training.loop", "service.app"),
        ("service.app", "training.loop"),
    ],
)
def test_a_forbidden_import_is_seen(module: str, imported: str) -> None:
    assert forbidden(module, {imported}) == {imported}


def module_of(name: str) -> str | None:
    """The module of ours that an imported name is in; None for what is compiled, and for others'
    modules.
    """
    while name not in TREES and name:
        name = name.rpartition(".")[0]
    return None if name in ("", *PACKAGES) else name


def order_of(imports: dict[str, set[str]]) -> list[str]:
    """Modules, each after all that it imports, late or for types alone as well. Raises CycleError
    where there is no such order.
    """
    graph = {
        module: {found for name in names if (found := module_of(name)) not in (None, module)}
        for module, names in imports.items()
    }
    return list(TopologicalSorter(graph).static_order())


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert sorted(order_of(IMPORTS)) == sorted(TREES)


def test_what_is_carried_to_a_gpu_machine_needs_torch_and_numpy_alone() -> None:
    result = import_with_only(("torch", "numpy"), CARRIED)
    assert result.returncode == 0, result.stderr


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="triton is an extra")
def test_what_computes_on_a_gpu_needs_triton_beside_and_nothing_else() -> None:
    result = import_with_only(
        ("torch", "numpy", "triton"),
        (*CARRIED, *(name for name in TREES if below(name, ON_GPU)), "benchmarks.gpu_laws"),
    )
    assert result.returncode == 0, result.stderr


def test_speech_is_made_where_nothing_could_be_compiled() -> None:
    """pyworld and pesq have no wheels: a machine without a compiler has everything else, and
    speaks.
    """
    wheels = (
        "torch",
        "numpy",
        "scipy",
        "soundfile",
        "soxr",
        "safetensors",
        "espeakng-loader",
        "num2words",
        "click",
    )
    result = import_with_only(wheels, ("vocoder.synthesis.voice", "vocoder.cli"))
    assert result.returncode == 0, result.stderr


def test_in_the_service_only_the_worker_loads_voices() -> None:
    """Neither in a line of theirs nor by way of something they import: the others could run in a
    process that has not what reads a voice. Nor OpenTelemetry, nor Wyoming's package.
    """
    others = tuple(
        module
        for module in IMPORTS
        if below(module, "service")
        and not below(module, WORKER)
        and not below(module, WYOMING)
        and module not in {TELEMETRY, CODECS, *RAY}
    )
    assert len(others) > 1
    without_voices = (
        "fastapi",
        "uvicorn",
        "httptools",
        "uvloop",
        "websockets",
        "pydantic",
        "numpy",
        "soxr",
        "prometheus-client",
        "python-multipart",
        "httpx",
        "espeakng-loader",
        "num2words",
    )
    result = import_with_only(without_voices, others)
    assert result.returncode == 0, result.stderr
    result = import_with_only((*without_voices, "wyoming"), ("service.wyoming.server",))
    assert result.returncode == 0, result.stderr
    for module in ("service.worker.worker", "service.wyoming.server", TELEMETRY, CODECS):
        assert import_with_only(without_voices, (module,)).returncode != 0
    with_telemetry = (
        *without_voices,
        "opentelemetry-sdk",
        "opentelemetry-exporter-otlp-proto-http",
    )
    result = import_with_only(with_telemetry, (TELEMETRY,))
    assert result.returncode == 0, result.stderr


def test_in_the_service_ray_is_imported_where_it_is_served_by_ray_and_nowhere_else() -> None:
    of_ray = {
        module
        for module in IMPORTS
        if below(module, "service") and any(below(name, "ray") for name in IMPORTS[module])
    }
    assert of_ray == set(RAY)
    users = {
        module
        for module in IMPORTS
        if any(below(name, part) for name in IMPORTS[module] for part in RAY)
    }
    assert users <= set(RAY)
    code = f"import sys, {', '.join(RAY)}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_what_computes_on_a_gpu_is_imported_late() -> None:
    needing = importing("triton")
    assert {
        "vocoder.cuda.layer_kernels",
        "vocoder.cuda.acoustic_model",
        "vocoder.cuda.conditioning",
    } <= needing
    assert {module for module in needing if not below(module, ON_GPU)} == set()


# Numpy, the compiled module, and libraries of sound and text: what speaks.
SPEAKS = (
    "numpy",
    "safetensors",
    "soundfile",
    "soxr",
    "espeakng-loader",
    "num2words",
    "click",
)
SERVES = ("fastapi", "uvicorn", "pydantic", "prometheus-client", "python-multipart", "httpx")
# uvicorn[standard]
SERVES += ("uvloop", "httptools", "websockets", "watchfiles", "python-dotenv", "pyyaml")


@pytest.mark.skipif(not available_isas(), reason="nothing was compiled")
@pytest.mark.parametrize(
    "code",
    [
        "import vocoder; assert len(vocoder.load_voice().synthesize('A.'))",
        "from vocoder.cli.program import run; assert run(['say', 'A.', '-o', 'a.wav']) == 0",
        (
            "from vocoder.cli.program import run; "
            "assert run(['render', 'a.csv', '-o', 'made', '--loudness', '-20']) == 0"
        ),
    ],
    ids=["python", "say", "render"],
)
def test_speaking_needs_numpy_and_what_was_compiled(code: str, tmp_path: Path) -> None:
    """Neither torch nor scipy, torchaudio or pandas: importing them fails here."""
    (tmp_path / "a.csv").write_text("id,text\none,Oh.\n", "utf-8")
    result = import_with_only(SPEAKS, (), code=code, folder=tmp_path)
    assert result.returncode == 0, result.stderr


@pytest.mark.skipif(not available_isas(), reason="nothing was compiled")
def test_serving_needs_no_torch(tmp_path: Path) -> None:
    """The supervisor, and the worker that speaks."""
    code = (
        "from service.settings import ServiceSettings; from service.worker.worker import Worker; "
        "said = []; Worker(ServiceSettings(), send=said.append, failed=lambda: None).start(); "
        "assert type(said[0]).__name__ == 'Started'; import service.server"
    )
    result = import_with_only((*SPEAKS, *SERVES), (), code=code, folder=tmp_path)
    assert result.returncode == 0, result.stderr


def test_a_machine_without_voices_has_none() -> None:
    """The test of the test above."""
    result = import_with_only(SPEAKS, ("torch",))
    assert "No module named 'torch'" in result.stderr
