"""This checkout's native engine beside another's, at the reference size: in turns, so that both
meet the same machine.

python benchmarks/versions.py OTHER [--precisions int8 bf16 fp32] [--streams 1 6] [--rounds 11]
[--isas THIS OTHER]

OTHER is the root of another checkout that `make setup` has been run in (`git worktree add --detach
OTHER REVISION`). Each engine runs in a process of its own, with the fastest instruction set unless
others are named (OTHER may then be this checkout as well, to compare two of them); the ratio is the
median of the ratios of neighbours. Differences below two per cent are of where pages happen to lie:
start it again.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parents[1]
SECONDS = 0.2  # of the processor's time in one measurement, about


class Checkout:
    """An engine in a process of its own, run by that checkout's Python."""

    def __init__(self, root: Path, isa: str) -> None:
        python = root / ".venv" / "bin" / "python"
        if not python.exists():
            raise SystemExit(f"{python} is missing: run `make setup` in {root}")
        self._process = subprocess.Popen(
            [python, __file__, "--child", isa],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
        )

    def speed(self, precision: str, streams: int) -> float:
        """Samples per second of the processor's time, of all streams together."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{precision} {streams}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit("a measuring process has ended; it has said why")
        return float(answer)


def child(isa: str) -> None:
    """Answers each line of standard input, a precision and a number of streams, with a speed."""
    import torch

    from vocoder.engine import make_engine
    from vocoder.engine.benchmark import Work, generating, reference_config
    from vocoder.wavenet.network import WaveNet

    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = WaveNet(reference_config()).eval()
    works: dict[str, tuple[Work, int]] = {}

    def taken(work: Work, samples: int) -> float:
        before = time.thread_time()
        work(samples)
        return time.thread_time() - before

    for line in sys.stdin:
        precision, streams = line.split()
        if line not in works:
            work, samples = (
                generating(
                    make_engine(network, "native", isa=isa, precision=precision), int(streams)
                ),
                64,
            )
            while (seconds := taken(work, samples)) < SECONDS / 4:
                samples *= 2
            works[line] = work, round(samples * SECONDS / seconds)
        work, samples = works[line]
        # The difference of two runs leaves out what a call costs before its first sample.
        short, long = taken(work, samples // 4), taken(work, samples)
        print(int(streams) * (samples - samples // 4) / (long - short), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("other", type=Path)
    parser.add_argument("--precisions", nargs="+", default=["int8", "bf16", "fp32"])
    parser.add_argument("--streams", nargs="+", type=int, default=[1, 6])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--isas", nargs=2, default=["auto", "auto"], metavar=("THIS", "OTHER"))
    options = parser.parse_args()
    this, other = (
        Checkout(HERE, options.isas[0]),
        Checkout(options.other.resolve(), options.isas[1]),
    )
    print(f"{'precision':10}{'streams':>8}{'this':>12}{'other':>12}{'this / other':>14}")
    for precision in options.precisions:
        for streams in options.streams:
            this.speed(precision, streams), other.speed(precision, streams)  # warmed up
            rounds = [
                (this.speed(precision, streams), other.speed(precision, streams))
                for _ in range(options.rounds)
            ]
            mine, theirs = (statistics.median(one[side] for one in rounds) for side in (0, 1))
            ratio = statistics.median(one[0] / one[1] for one in rounds)
            print(
                f"{precision:10}{streams:>8}{mine:>12,.0f}{theirs:>12,.0f}{ratio:>14.3f}",
                flush=True,
            )


if __name__ == "__main__":
    child(sys.argv[2]) if sys.argv[1:2] == ["--child"] else main()
