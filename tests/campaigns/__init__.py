"""Campaigns: many cases of what tests try a few times, and what each of them finds.

``python -m tests.campaigns NAME [--cases N] [--seed S]`` runs one and prints a line of figures per
part: cases, faults, seconds. Names, in the order of their modules:

fuzz
    Random parameters, data, files and arguments of the command (`fuzz`, `fuzz_files`,
    `fuzz_calls`).
faults
    Its parts are `kills` (SIGKILL at moments spread over a run), `damage` (a file that was cut or
    changed) and `disks` (no room, no permission).
determinism, long_use, load, supply
    One module each.

A fault is told by one sentence, and every fault that was found has become a plain test. What the
campaigns share is in `figures` and `children`.
"""
