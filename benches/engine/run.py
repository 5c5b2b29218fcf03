#!/usr/bin/env python3
"""What the engine's kernels cost beside the libraries people use, and what an investigation costs.

Both sides get the same file of numbers and one thread each, and are measured in turn by the processor
time of their process: the best of nine short rounds, for what else runs on the machine only ever adds.
A row counts only if both results are equal to 1e-9 of the largest of them, and gaps lie in the same
places; else the run fails.

Usage: run.py RUNNER [--quick] [--only WORD]
RUNNER is the example `kernels` of fleetscope-engine.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402

ROUNDS, SECONDS, EQUAL = 9, 0.15, 1e-9
WIDTH = 47


def optional(name):
    try:
        return __import__(name, fromlist=["_"])
    except Exception as error:  # what does not install has many ways not to
        print(f"skipped: {name} is not usable here ({type(error).__name__}: {error})")
        return None


class Runner:
    """The engine's side: a process that does what it is told, and waits."""

    def __init__(self, binary, folder):
        self.folder = folder
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        # The clock of another process's processor time, as clock_getcpuclockid(3) makes it.
        self.clock = (~self.process.pid << 3) | 2

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer.startswith("done"):
            sys.exit(f"the runner failed: {answer or 'it ended'}")
        return answer

    def load(self, values):
        values.astype("<f8").tofile(f"{self.folder}/in")
        self.tell(f"load {self.folder}/in")

    def result(self, command="save"):
        self.tell(f"{command} {self.folder}/out")
        return np.fromfile(f"{self.folder}/out", "<f8")

    def seconds(self, kernel, times):
        name, *arguments = kernel.split()
        before = time.clock_gettime(self.clock)
        self.tell(" ".join([name, str(times), *arguments]))
        return (time.clock_gettime(self.clock) - before) / times

    def peak_mib(self):
        status = open(f"/proc/{self.process.pid}/status").read()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def theirs(call, times):
    before = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - before) / times


def often(seconds):
    return max(1, int(SECONDS / max(seconds, 1e-9)))


def in_turn(runner, kernel, call):
    """Best processor time of a run for each side."""
    ours_times, theirs_times = often(runner.seconds(kernel, 1)), often(theirs(call, 1))
    rounds = [(runner.seconds(kernel, ours_times), theirs(call, theirs_times)) for _ in range(ROUNDS)]
    return min(ours for ours, _ in rounds), min(their for _, their in rounds)


def difference(ours, expected):
    expected = np.asarray(expected, float).ravel()
    if ours.shape != expected.shape or not np.array_equal(np.isnan(ours), np.isnan(expected)):
        return float("inf")
    known = ~np.isnan(expected)
    scale = max(1.0, np.abs(expected[known]).max(initial=0.0))
    return np.abs(ours[known] - expected[known]).max(initial=0.0) / scale


def rate(points, seconds):
    """Points a second with a unit that leaves one to three digits before the dot."""
    value = points / seconds
    for unit in ("", "k", "M"):
        if value < 1000:
            return f"{value:.1f} {unit}/s"
        value /= 1000
    return f"{value:.2f} G/s"


class Table:
    def __init__(self, only):
        self.only, self.wrong, self.below, self.met = only, [], [], 0
        self.heading = None

    def wants(self, title):
        return self.only in title

    def begin(self, heading):
        """What the rows that follow are about; printed before the first of them."""
        self.heading = heading

    def head(self):
        if self.heading:
            print(f"\n{self.heading:{WIDTH}} {'engine':>11} {'peer':>11} {'ratio':>7} {'asked':>6}           difference")
            self.heading = None

    def row(self, title, runner, kernel, call, asked, points, expected=None):
        if not self.wants(title):
            return
        runner.seconds(kernel, 1)
        off = difference(runner.result(), call() if expected is None else expected())
        self.ratio(title, *in_turn(runner, kernel, call), asked, points, off)

    def judge(self, title, met, off=0.0):
        """In a word whether what is asked is met; counts it."""
        if off > EQUAL:
            self.wrong.append(title)
            return "NOT EQUAL"
        if met:
            self.met += 1
            return "met"
        self.below.append(title)
        return "BELOW"

    def ratio(self, title, ours, their, asked, points, off):
        self.head()
        ratio = their / ours
        verdict = self.judge(title, ratio >= asked, off) if asked or off > EQUAL else ""
        bar = f"{asked:g}x" if asked else "-"
        print(f"  {title:{WIDTH - 2}} {rate(points, ours):>11} {rate(points, their):>11} {ratio:6.2f}x {bar:>6}"
              f"  {verdict:9} {off:.0e}", flush=True)

    def told(self, title, text):
        """A row without a peer."""
        self.head()
        print(f"  {title:{WIDTH - 2}} {text}", flush=True)

    def end(self):
        print(f"\n{self.met} of {self.met + len(self.below) + len(self.wrong)} met, as far as the machine was quiet.")
        if self.below:
            print(f"Below what is asked: {'; '.join(self.below)}.")
        if self.wrong:
            sys.exit(f"Not equal to {EQUAL:g}, so it does not count: {'; '.join(self.wrong)}.")


def global_rows(table, runner, series):
    count = len(series)
    table.begin(f"Whole series, {count:,} points, beside numpy")
    runner.load(series)
    table.row("global z: numpy", runner, "z", lambda: (series - series.mean()) / series.std(), 8, count)
    buffer = np.empty_like(series)

    def into_buffer():
        np.subtract(series, series.mean(), out=buffer)
        return np.divide(buffer, series.std(), out=buffer)
    # The engine is given a buffer, and numpy as people write it makes two: most of its time is fresh memory.
    table.row("global z: numpy, into a buffer it is given", runner, "z", into_buffer, 0, count)
    table.row("MAD: numpy", runner, "mad", lambda: np.median(np.abs(series - np.median(series))), 3, count)
    table.row("IQR: numpy", runner, "iqr",
              lambda: np.subtract(*np.percentile(series, [75, 25])), 3, count)


def rolling_rows(table, runner, series, bottleneck, pandas):
    table.begin(f"Rolling, {len(series):,} points")
    runner.load(series)
    for window in (60, 1440):
        if bottleneck:
            table.row(f"rolling z, {window}: bottleneck", runner, f"rolling_z {window}",
                      lambda: (series - bottleneck.move_mean(series, window)) / bottleneck.move_std(series, window),
                      3, len(series))
            table.row(f"rolling median, {window}: bottleneck", runner, f"rolling_median {window}",
                      lambda: bottleneck.move_median(series, window), 1.5, len(series))
        if pandas:
            frame = pandas.Series(series)

            def by_pandas():
                rolling = frame.rolling(window)
                return ((frame - rolling.mean()) / rolling.std(ddof=0)).to_numpy()
            table.row(f"rolling z, {window}: pandas", runner, f"rolling_z {window}", by_pandas, 12, len(series))


def streaming_rows(table, runner, series, stats):
    if not stats:
        return
    values = series.tolist()

    def by_river():
        mean, variance, mad = stats.EWMean(0.05), stats.EWVar(0.05), stats.MAD()
        sums = [0.0, 0.0]
        for value in values:
            middle = mad.median.get()
            if middle is not None:
                deviation, distance = max(variance.get(), 0.0) ** 0.5, 1.4826 * mad.get()
                if deviation > 0:
                    sums[0] += (value - mean.get()) / deviation
                if distance > 0:
                    sums[1] += (value - middle) / distance
            mean.update(value)
            variance.update(value)
            mad.update(value)
        return [mean.get(), variance.get(), mad.median.get(), mad.get(), *sums]

    def only_updates():
        mean, variance, mad = stats.EWMean(0.05), stats.EWVar(0.05), stats.MAD()
        for value in values:
            mean.update(value)
            variance.update(value)
            mad.update(value)
    table.begin(f"Streaming, {len(values):,} points, one at a time")
    runner.load(series)
    table.row("streaming, with scores: river", runner, "streaming", by_river, 4, len(values))
    table.row("streaming, updates alone: river", runner, "streaming", only_updates, 4, len(values), by_river)


def stl_rows(table, runner, seasonal):
    if not seasonal:
        return
    random = np.random.default_rng(3)
    minutes = np.arange(2880)
    series = (100 + 10 * np.sin(minutes / 288 * 2 * np.pi) + 3 * np.sin(minutes / 24 * 2 * np.pi)
              + 0.002 * minutes + random.standard_t(3, 2880))
    table.begin("Seasons, 2,880 points, period 288")
    runner.load(series)
    for jumps in (0, 10):
        for robust in (False, True):
            def by_statsmodels():
                lengths = {"seasonal": 7, "trend": trend, "low_pass": 289}
                step = {f"{name}_jump": -(-length // jumps) if jumps else 1 for name, length in lengths.items()}
                parts = seasonal.STL(series, 288, **lengths, **step, robust=robust).fit()
                return np.concatenate([parts.seasonal, parts.trend, parts.resid])
            trend = int(np.ceil(1.5 * 288 / (1 - 1.5 / 7))) | 1
            title = f"STL{' robust' if robust else ''}, {'jumps of a tenth' if jumps else 'no jumps'}: statsmodels"
            table.row(title, runner, f"stl 288 7 {jumps} {int(robust)}", by_statsmodels, 3, len(series))

    def by_mstl():
        parts = seasonal.MSTL(series, periods=(24, 288)).fit()
        return np.concatenate([parts.seasonal.T.ravel(), parts.trend, parts.resid])
    table.row("MSTL of two seasons: statsmodels", runner, "mstl 24 288", by_mstl, 3, len(series))


def augurs_row(table, runner, augurs):
    if not augurs or not table.wants("augurs"):
        return
    random = np.random.default_rng(4)
    minutes = np.arange(2880)
    series = 100 + 10 * np.sin(minutes / 288 * 2 * np.pi) + random.normal(0, 1, 2880)
    runner.load(series)

    def fit():
        augurs.MSTL.ets([24, 288]).fit(series)
    ours, their = in_turn(runner, "mstl 24 288", fit)
    table.told("MSTL: augurs, other parameters", f"{rate(2880, ours):>11} {rate(2880, their):>11} {their / ours:6.2f}x      -  for the record")


def block_rows(table, runner, quick):
    """400 MB of series: z in the place of each value beside numpy, and beside np.sum (P10)."""
    rows, length = (1000 if quick else 10_000), 5000
    block = np.random.default_rng(5).normal(50, 4, (rows, length))
    size = f"{block.nbytes / 1e6:.0f} MB of series"

    def by_numpy():
        return (block - block.mean(axis=1, keepdims=True)) / block.std(axis=1, keepdims=True)
    if table.wants("global z") or table.wants("z pass"):
        table.begin(f"Many series, {rows:,} of {length:,} points")
        runner.load(block)
        runner.seconds(f"z_rows {length}", 1)
        runner.tell("keep")
        off = difference(runner.result(), by_numpy())
        runner.load(block)
        table.ratio(f"global z, {size}: numpy", *in_turn(runner, f"z_rows {length}", by_numpy), 8, block.size, off)
        runner.load(block)
        runner.seconds("sum", 1)
        off = difference(runner.result(), [np.sum(block)])
        table.ratio(f"sum, {size}: numpy", *in_turn(runner, "sum", lambda: np.sum(block)), 0, block.size, off)
        ours, their = in_turn(runner, f"z_rows {length}", lambda: np.sum(block))
        table.ratio(f"z pass, {size}: np.sum", ours, their, 0.4, block.size, off)


def case_row(table, binary, folder, baro, pandas):
    """P13: one case of 50 series of 600 points."""
    if not table.wants("case"):
        return
    runner = Runner(binary, folder)
    runner.tell("fleet 50 600 20")
    values = runner.result("signals").reshape(50, 600)
    ours = min(runner.seconds("diagnose", 20) for _ in range(ROUNDS)) * 1e3
    answer = runner.tell("diagnose 1")
    runner.close()
    told = f"{ours:.2f} ms (10 ms asked)  {table.judge('case', ours <= 10)}"
    if baro and pandas:
        frame = pandas.DataFrame(values.T, columns=[f"s{n}_latency" for n in range(50)])
        frame.insert(0, "time", np.arange(600))
        their = min(theirs(lambda: baro.robust_scorer(frame, inject_time=570), 3) for _ in range(ROUNDS)) * 1e3
        told += f"; BARO's scorer alone, told the time of the fault, {their:.1f} ms ({their / ours:.1f}x)"
    table.told("case of 50 series x 600 points", f"{told}; {answer[5:]}")


def growth_rows(table, binary, folder):
    """Investigations of growing fleets, and one of growing series over the same graph."""
    if not table.wants("investigation"):
        return
    for title, things_of in (("300 things", lambda _: 300), ("0.15 things a series", lambda n: n * 3 // 20)):
        before = None
        for series in (500, 1000, 2000, 4000):
            runner = Runner(binary, folder)
            runner.tell(f"fleet {series} 360 {things_of(series)}")
            input_mib = runner.peak_mib()
            seconds = min(runner.seconds("diagnose", 1) for _ in range(ROUNDS))
            answer, peak = runner.tell("diagnose 1")[5:], runner.peak_mib()
            runner.close()
            told = f"{seconds * 1e3:5.0f} ms"
            if before:
                told += f", {seconds / before:.2f} times the half"
            if series == 2000:
                told += f" (1 s asked)  {table.judge(f'investigation, {title}', seconds <= 1)}"
            before = seconds
            table.told(f"{series} x 360, {title}",
                       f"{told}; peak {peak:.0f} MiB, {input_mib:.0f} of them the input; {answer}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runner")
    parser.add_argument("--quick", action="store_true", help="a tenth of the data: for trying, not for the record")
    parser.add_argument("--only", default="", help="only rows whose title has this word")
    arguments = parser.parse_args()
    bottleneck, pandas, stats = optional("bottleneck"), optional("pandas"), optional("river.stats")
    seasonal, augurs = optional("statsmodels.tsa.seasonal"), optional("augurs")
    baro = optional("baro.root_cause_analysis")
    count = 100_000 if arguments.quick else 1_000_000
    series = np.random.default_rng(1).normal(50, 4, count) + np.sin(np.arange(count) / 1440 * 2 * np.pi)
    table = Table(arguments.only)
    with tempfile.TemporaryDirectory(prefix="fleetscope-bench-") as folder:
        runner = Runner(arguments.runner, folder)
        global_rows(table, runner, series)
        rolling_rows(table, runner, series, bottleneck, pandas)
        streaming_rows(table, runner, series[: count // 5], stats)
        stl_rows(table, runner, seasonal)
        augurs_row(table, runner, augurs)
        block_rows(table, runner, arguments.quick)
        runner.close()
        table.begin("Investigations")
        case_row(table, arguments.runner, folder, baro, pandas)
        growth_rows(table, arguments.runner, folder)
    table.end()


if __name__ == "__main__":
    main()
