"""`python -m training`: the same as `sonant-train`, for torchrun."""

from training.cli import main

main()
