# SPDX-License-Identifier: LGPL-2.1-or-later
"""The points of fault sweeps that have passed, so that a sweep that was stopped continues after its
last point. tests/lab/long/run-all keeps the file and reads it.

$LAB_FAULT_POINTS names the file in $LAB_OUT. A sweep has a name, and its points have numbers that
go up. Lines are added to the file:

    begin N SWEEP    the point is at work
    ok N SWEEP       it has passed
    end SWEEP        the sweep has no further point
    lost N SWEEP     (by run-all) the kernel of the guest failed while the point was at work

A point that was at work at two failures of the kernel is left out from then on."""

import collections
import os


class Points:
    def __init__(self):
        name = os.environ.get("LAB_FAULT_POINTS")
        self.path = name and os.path.join(os.environ["LAB_OUT"], name)
        self.passed = collections.Counter()  # by sweep: the highest number
        self.ended = set()
        self.lost = collections.Counter()  # by (sweep, number)
        if self.path and os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                for line in file:
                    self._read(line.rstrip("\n"))

    def _read(self, line):
        word, _, rest = line.partition(" ")
        if word == "end":
            self.ended.add(rest)
            return
        number, _, sweep = rest.partition(" ")
        if word == "ok":
            self.passed[sweep] = max(self.passed[sweep], int(number))
        elif word == "lost":
            self.lost[sweep, int(number)] += 1

    def _write(self, *words):
        if self.path:
            with open(self.path, "a", encoding="utf-8") as file:
                print(*words, file=file)

    def first(self, sweep, stride):
        """Returns the number of the first point that has not passed yet."""
        return self.passed[sweep] + stride if self.passed[sweep] else 1

    def is_left_out(self, sweep, number):
        return self.lost[sweep, number] > 1

    def has_ended(self, sweep):
        return sweep in self.ended

    def begin(self, sweep, number):
        self._write("begin", number, sweep)

    def ok(self, sweep, number):
        self._write("ok", number, sweep)

    def end(self, sweep):
        self._write("end", sweep)
