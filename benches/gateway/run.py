#!/usr/bin/env python3
"""Puts one static upstream behind the gateway's forwarding path, behind nginx with auth_request, and
behind kube-rbac-proxy where its binary is given, and drives them with wrk in turn. What counts is
processor time per request of the server processes, which a noisy machine hardly moves, and the
ratios in one run. nginx and the gateway have one worker each, write a line per request, and the
gateway sends a tenth of its traces to a receiver and looks out for the next request (busy_poll).

Usage: run.py BINARY [--seconds N] [--rounds N] [--no-logs] [--no-traces] [--kube-rbac-proxy BINARY]
"""
import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICK = os.sysconf("SC_CLK_TCK")
SMALL = "/api/v1/metrics/query?query=up"
BIG = "/api/v1/metrics/query_range?query=up&start=1&end=2&step=1"


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def family(pid):
    """A process and its children."""
    children = f"/proc/{pid}/task/{pid}/children"
    found = [pid]
    for child in open(children).read().split():
        found += family(int(child))
    return found


def cpu_seconds(pid):
    total = 0
    for each in family(pid):
        fields = open(f"/proc/{each}/stat").read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def peak_mib(pid):
    worst = 0
    for each in family(pid):
        text = open(f"/proc/{each}/status").read()
        worst = max(worst, int(re.search(r"VmHWM:\s+(\d+)", text).group(1)) / 1024)
    return worst


def wrk(port, path, token, connections, seconds):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    command += ["-H", f"Authorization: Bearer {token}", f"http://127.0.0.1:{port}{path}"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: (.*)", text)
    if bad or errors:
        sys.exit(f"wrk at {port}{path}: {bad or errors}\n{text}")
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    p50 = re.search(r"50%\s+([\d.]+)(us|ms|s)", text)
    scale = {"us": 1, "ms": 1e3, "s": 1e6}[p50.group(2)]
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    return requests, rate, float(p50.group(1)) * scale


def measure(name, pid, port, path, token, connections, seconds):
    before = cpu_seconds(pid)
    requests, rate, p50 = wrk(port, path, token, connections, seconds)
    cost = (cpu_seconds(pid) - before) / requests * 1e6
    print(f"  {name:8} {cost:7.1f} us CPU/request  {rate:9.0f} requests/s  p50 {p50:7.0f} us", flush=True)
    return cost, p50


def wait_for(port, what):
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"{what} does not listen")


class Bench:
    def __init__(self, binary, folder, logs, traces=True):
        self.binary, self.folder, self.logs, self.traces = binary, folder, logs, traces
        self.running = []
        names = ["UPSTREAM", "WHO", "FRONT", "GATEWAY", "ADMIN", "INNER", "ADMIN2", "KRP"]
        self.ports = dict(zip(names, free_ports(len(names))))

    def start(self, name, command, env=None):
        log = open(f"{self.folder}/{name}.log", "w")
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **(env or {})})
        self.running.append(process)
        return process

    def nginx(self, name):
        text = open(f"{HERE}/{name}.conf").read()
        access = f"{self.folder}/access.log" if self.logs else "off"
        text = text.replace("FOLDER", self.folder).replace("ACCESS", access)
        for key, port in self.ports.items():
            text = text.replace(f":{key} ", f":{port} ").replace(f":{key};", f":{port};")
        path = f"{self.folder}/{name}.conf"
        open(path, "w").write(text)
        return self.start(name, ["nginx", "-c", path, "-p", self.folder])

    def config(self, name, text):
        path = f"{self.folder}/{name}.toml"
        open(path, "w").write(text)
        return path

    def fleetscope(self):
        p, key = self.ports, "benches-are-no-place-for-a-secret-key-of-anybody"
        level = "info" if self.logs else "warn"
        inner = f"http://127.0.0.1:{p['INNER']}"
        behind = self.config("behind", f"""
[server]
roles = ["registry", "collector", "streaming", "intelligence"]
shutdown_leave = "0s"
inner_listen = "127.0.0.1:{p['INNER']}"
admin_listen = "127.0.0.1:{p['ADMIN2']}"
[storage]
data_dir = "{self.folder}/data"
[services]
key = "{key}"
[watches]
enabled = false
""")
        traces = f"""
[traces]
endpoint = "http://127.0.0.1:{p['WHO']}"
protocol = "http"
""" if self.traces else ""
        gateway = self.config("gateway", f"""
[server]
roles = ["gateway"]
workers = 1
busy_poll = "200us"
shutdown_leave = "0s"
listen = "127.0.0.1:{p['GATEWAY']}"
admin_listen = "127.0.0.1:{p['ADMIN']}"
[services]
key = "{key}"
registry.url = "{inner}"
streaming.url = "{inner}"
intelligence.url = "{inner}"
collector.url = "http://127.0.0.1:{p['UPSTREAM']}"
[limits]
per_second = 1000000
burst = 1000000
[log]
filter = "{level}"
{traces}
""")
        self.start("behind", [self.binary, "serve", "--config", behind])
        wait_for(p["INNER"], "the roles behind")
        token = self.token()
        process = self.start("gateway", [self.binary, "serve", "--config", gateway])
        wait_for(p["GATEWAY"], "the gateway")
        return process, token

    def kube_rbac_proxy(self, binary):
        p = self.ports
        kubeconfig = f"{self.folder}/kubeconfig"
        with open(kubeconfig, "w") as out:
            out.write(f"""apiVersion: v1
kind: Config
current-context: bench
clusters: [{{name: bench, cluster: {{server: "http://127.0.0.1:{p['WHO']}"}}}}]
users: [{{name: bench, user: {{token: bench}}}}]
contexts: [{{name: bench, context: {{cluster: bench, user: bench}}}}]
""")
        process = self.start("kube-rbac-proxy", [
            binary, f"--insecure-listen-address=127.0.0.1:{p['KRP']}",
            f"--upstream=http://127.0.0.1:{p['UPSTREAM']}/", f"--kubeconfig={kubeconfig}", "--v=0"])
        wait_for(p["KRP"], "kube-rbac-proxy")
        return process

    def token(self):
        for _ in range(200):
            found = re.search(r"fls_[A-Za-z0-9_-]+", open(f"{self.folder}/behind.log").read())
            if found:
                return found.group(0)
            time.sleep(0.05)
        sys.exit("no first token: " + open(f"{self.folder}/behind.log").read())

    def stop(self):
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait()


def best(runs):
    return min(cost for cost, _ in runs)


def compare(title, pair, path, token, connections, args):
    """Runs both in turn, and gives the best of each."""
    print(title)
    runs = {name: [] for name, _, _ in pair}
    for _ in range(args.rounds):
        for name, pid, port in pair:
            runs[name].append(measure(name, pid, port, path, token, connections, args.seconds))
    return {name: best(each) for name, each in runs.items()}, runs


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("binary")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-logs", action="store_true", help="no line a request on either side")
    parser.add_argument("--no-traces", action="store_true", help="no traces of the gateway")
    parser.add_argument("--kube-rbac-proxy", metavar="BINARY", help="a third peer")
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="fleetscope-bench-")
    bench = Bench(os.path.abspath(args.binary), folder, not args.no_logs, not args.no_traces)
    try:
        run(bench, args, folder)
    finally:
        bench.stop()
        shutil.rmtree(folder, ignore_errors=True)


def run(bench, args, folder):
    os.chmod(folder, 0o755)
    with open(f"{folder}/big.json", "w") as big:
        big.write("[" + "1," * (512 * 1024 - 2) + "1]")
    upstream, front = bench.nginx("upstream"), bench.nginx("front")
    gateway, token = bench.fleetscope()
    ports = bench.ports
    for name in ("UPSTREAM", "WHO", "FRONT"):
        wait_for(ports[name], name)
    pair = [("nginx", front.pid, ports["FRONT"]), ("gateway", gateway.pid, ports["GATEWAY"])]
    rbac = None
    if args.kube_rbac_proxy:
        rbac = bench.kube_rbac_proxy(args.kube_rbac_proxy)
        pair.append(("rbac", rbac.pid, ports["KRP"]))
    for _, _, port in pair:
        wrk(port, SMALL, token, 64, 1)

    small, _ = compare("small answers, 64 connections", pair, SMALL, token, 64, args)
    big, _ = compare("1 MB answers, 16 connections", pair, BIG, token, 16, args)
    print("small answers, 1 connection")
    lone = [("direct", upstream.pid, ports["UPSTREAM"])] + pair
    _, runs = compare("", lone, SMALL, token, 1, argparse.Namespace(rounds=2, seconds=3))
    p50 = {name: min(p for _, p in each) for name, each in runs.items()}
    print()
    print(f"P1 CPU per request: gateway {small['gateway']:.1f} us, nginx+auth_request {small['nginx']:.1f} us,"
          f" ratio {small['gateway'] / small['nginx']:.2f} (at most 1.30)")
    if rbac:
        print(f"P1 kube-rbac-proxy {small['rbac']:.1f} us, ratio {small['gateway'] / small['rbac']:.2f} (at most 0.30)")
    added = {name: value - p50["direct"] for name, value in p50.items()}
    print(f"P2 added p50 at one connection: gateway {added['gateway']:.0f} us, nginx+auth_request"
          f" {added['nginx']:.0f} us, over {p50['direct']:.0f} us direct")
    if rbac:
        print(f"P2 kube-rbac-proxy {added['rbac']:.0f} us, ratio {added['gateway'] / added['rbac']:.2f} (at most 0.40)")
    print(f"P3 peak RSS: gateway {peak_mib(gateway.pid):.1f} MiB, nginx worker {peak_mib(front.pid):.1f} MiB"
          + (f", kube-rbac-proxy {peak_mib(rbac.pid):.1f} MiB" if rbac else ""))
    print(f"P4 CPU per 1 MB answer: gateway {big['gateway']:.0f} us, nginx {big['nginx']:.0f} us,"
          f" ratio {big['gateway'] / big['nginx']:.2f} (at most 1.00)")


if __name__ == "__main__":
    main()
