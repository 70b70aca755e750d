"""Speed and memory, as ratios measured in one run. `make bench` runs them all; `python -m tests.benchmarks NAME` one."""
