#!/usr/bin/env python3
"""What federation costs.

- fleet: one query over 100 static upstreams that take 20 ms each, beside the same query of one of
  them, and beside one upstream that gives as many bytes as all of them at once (the transfer).
- ten:   one query over 10 static upstreams of 100 series each, by processor time.
- big:   10,000 series of 1,000 points through one upstream, beside nginx passing the same bytes.
         Wall and processor time, in turn, best of the rounds.

Usage: run.py BINARY [--rounds N] [--series N] [--points N]
"""
import argparse
import asyncio
import http.client
import json
import multiprocessing
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

TICK = os.sysconf("SC_CLK_TCK")
CLUSTERS, LATENCY, SERIES_EACH = 100, 0.020, 10


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def answer(series):
    result = [{"metric": {"__name__": "up", "job": "node", "instance": f"10.0.0.{n}:9100"},
               "value": [1767268800, str(n)]} for n in range(series)]
    body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}},
                      separators=(",", ":")).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


class Upstream(asyncio.Protocol):
    """Answers every request with the same bytes after a while; keeps its connections."""

    def __init__(self, whole, latency):
        self.whole, self.latency, self.buffer = whole, latency, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, rest = self.buffer.split(b"\r\n\r\n", 1)
            found = re.search(rb"content-length: (\d+)", head.lower())
            length = int(found.group(1)) if found else 0
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.transport.write, self.whole)
            else:
                self.transport.write(self.whole)


def upstreams(ports, transfer, each=SERIES_EACH, latency=LATENCY):
    async def serve():
        loop = asyncio.get_running_loop()
        small, all_of_them = answer(each), answer(each * len(ports))
        for port in ports:
            await loop.create_server(lambda: Upstream(small, latency), "127.0.0.1", port)
        await loop.create_server(lambda: Upstream(all_of_them, 0), "127.0.0.1", transfer)
        await asyncio.Event().wait()
    asyncio.run(serve())


def cpu_seconds(pid):
    children = open(f"/proc/{pid}/task/{pid}/children").read().split()
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK + sum(cpu_seconds(each) for each in children)


def peak_mib(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1)) / 1024


class Stage:
    def __init__(self, binary, folder):
        self.folder, self.running = folder, []
        self.port, admin = free_ports(2)
        with open(f"{folder}/fleetscope.toml", "w") as file:
            file.write(f"""
[server]
shutdown_leave = "0s"
listen = "127.0.0.1:{self.port}"
admin_listen = "127.0.0.1:{admin}"
request_timeout = "60s"
[storage]
data_dir = "{folder}/data"
[limits]
per_second = 1000000
burst = 1000000
[outbound]
timeout = "50s"
max_response = "1024MiB"
max_reading = "2048MiB"
per_second = 10000
[watches]
enabled = false
[checks]
enabled = false
[log]
filter = "warn"
""")
        self.process = self.start("fleetscope", [binary, "serve", "--config", f"{folder}/fleetscope.toml"])
        for _ in range(300):
            found = re.search(r"fls_[A-Za-z0-9_-]+", open(f"{folder}/fleetscope.log").read())
            if found:
                break
            time.sleep(0.1)
        else:
            sys.exit(open(f"{folder}/fleetscope.log").read())
        self.token = found.group(0)
        self.wait(self.port)

    def start(self, name, command):
        log = open(f"{self.folder}/{name}.log", "w")
        process = subprocess.Popen(command, stdout=log, stderr=log)
        self.running.append(process)
        return process

    def wait(self, port):
        for _ in range(300):
            try:
                return socket.create_connection(("127.0.0.1", port), 0.2).close()
            except OSError:
                time.sleep(0.05)
        sys.exit("nobody listens")

    def register(self, name, port):
        new = {"name": name, "endpoints": {"prometheus": {"url": f"http://127.0.0.1:{port}"}}}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1/clusters",
                                         json.dumps(new).encode(),
                                         {"Authorization": f"Bearer {self.token}",
                                          "Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request))["id"]

    def ask(self, path):
        """Seconds until the last byte, and the body's length."""
        return read(self.port, path, {"Authorization": f"Bearer {self.token}"})

    def stop(self):
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait()


CONNECTIONS = {}


def read(port, path, headers):
    connection = CONNECTIONS.setdefault(port, http.client.HTTPConnection("127.0.0.1", port, timeout=120))
    begun = time.perf_counter()
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    length, buffer = 0, bytearray(1 << 20)
    while count := response.readinto(buffer):
        length += count
    took = time.perf_counter() - begun
    if response.status != 200:
        sys.exit(f"{path}: {response.status} {bytes(buffer[:length][:300])}")
    return took, length


def fleet(stage, rounds):
    ports, [transfer] = free_ports(CLUSTERS), free_ports(1)
    process = multiprocessing.Process(target=upstreams, args=(ports, transfer), daemon=True)
    process.start()
    stage.wait(transfer)
    ids = [stage.register(f"c{n:03}", port) for n, port in enumerate(ports)]
    many = stage.register("transfer", transfer)
    one = f"&cluster={ids[0]}"
    every = "".join(f"&cluster={each}" for each in ids)
    times = {"one": [], "all": [], "transfer": []}
    # Each at an instant of its own: nothing is shared or kept.
    moment = int(time.time() * 1000)
    for turn in range(rounds * 20):
        for name, which in [("one", one), ("all", every), ("transfer", f"&cluster={many}")]:
            moment += 1
            took, _ = stage.ask(f"/api/v1/metrics/query?query=up&time={moment / 1000:.3f}{which}")
            if turn >= 5:
                times[name].append(took * 1000)
    process.kill()
    median = {name: statistics.median(each) for name, each in times.items()}
    best = {name: min(each) for name, each in times.items()}
    print(f"one of {CLUSTERS} upstreams of {LATENCY * 1000:.0f} ms:  median {median['one']:.1f} ms, best {best['one']:.1f} ms")
    print(f"all {CLUSTERS} of them:             median {median['all']:.1f} ms, best {best['all']:.1f} ms")
    print(f"as many bytes from one:       median {median['transfer']:.1f} ms, best {best['transfer']:.1f} ms")
    for kind, each in [("median", median), ("best", best)]:
        ratio = (each["all"] - each["transfer"]) / each["one"]
        print(f"  {kind}: all less the transfer = {ratio:.2f} x one (at most 1.5)")


def ten(stage, rounds):
    """Standard P5: processor time of a query over 10 upstreams of 100 series each."""
    ports, [transfer] = free_ports(10), free_ports(1)
    process = multiprocessing.Process(target=upstreams, args=(ports, transfer, 100, 0), daemon=True)
    process.start()
    stage.wait(transfer)
    ids = [stage.register(f"t{n}", port) for n, port in enumerate(ports)]
    every = "".join(f"&cluster={each}" for each in ids)
    moment, found, queries = int(time.time() * 1000) - 5_000_000, [], 200
    for _ in range(rounds + 1):
        before = cpu_seconds(stage.process.pid)
        for _ in range(queries):
            moment += 1
            stage.ask(f"/api/v1/metrics/query?query=up&time={moment / 1000:.3f}{every}")
        found.append((cpu_seconds(stage.process.pid) - before) / queries * 1000)
    process.kill()
    # The first round opens the connections.
    print(f"10 upstreams of 100 series:   processor {min(found[1:]):.2f} ms a query (standard P5 measured promxy at 9 to 11)")


def big(stage, rounds, series, points):
    path = f"{stage.folder}/big.json"
    with open(path, "w") as file:
        file.write('{"status":"success","data":{"resultType":"matrix","result":[')
        for n in range(series):
            values = ",".join(f'[{1767268800 + 15 * p},"{(n * 7 + p * 13) % 1000}.{p % 10}"]' for p in range(points))
            comma = "," if n else ""
            file.write(f'{comma}{{"metric":{{"__name__":"up","instance":"10.0.{n // 250}.{n % 250}:9100"}},"values":[{values}]}}')
        file.write("]}}")
    size = os.path.getsize(path) / 1e6
    upstream, front = free_ports(2)
    conf = f"{stage.folder}/nginx.conf"
    temp = "".join(f"{kind}_temp_path {stage.folder}/{kind};\n" for kind in
                   ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
    with open(conf, "w") as file:
        file.write(f"""
daemon off; worker_processes 1; pid {stage.folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 512; }}
http {{
  access_log off; {temp} default_type application/json; client_max_body_size 10m;
  server {{ listen 127.0.0.1:{upstream}; root {stage.folder}; error_page 405 =200 /big.json;
            location / {{ try_files /big.json =404; }} }}
}}
""")
    proxy = f"{stage.folder}/proxy.conf"
    with open(proxy, "w") as file:
        file.write(f"""
daemon off; worker_processes 1; pid {stage.folder}/proxy.pid; error_log stderr error;
events {{ worker_connections 512; }}
http {{
  access_log off; {temp.replace(stage.folder + "/", stage.folder + "/p-")}
  server {{ listen 127.0.0.1:{front}; location / {{ proxy_pass http://127.0.0.1:{upstream}; proxy_max_temp_file_size 0; }} }}
}}
""")
    stage.start("nginx", ["nginx", "-c", conf, "-p", stage.folder])
    peer = stage.start("proxy", ["nginx", "-c", proxy, "-p", stage.folder])
    stage.wait(upstream)
    stage.wait(front)
    stage.register("big", upstream)
    query = "query_range?query=up&start=1767268800&end=1767283800&step=15"
    ways = {
        "nginx": (peer.pid, lambda: read(front, "/api/v1/query_range", {})),
        "one cluster": (stage.process.pid, lambda: stage.ask(f"/prometheus/big/api/v1/{query}")),
        "the fleet": (stage.process.pid, lambda: stage.ask(
            f"/prometheus/fleet/api/v1/{query.replace('query=up', 'query=up%7Bcluster%3D%22big%22%7D')}")),
    }
    results = {name: ([], []) for name in ways}
    for _ in range(rounds):
        for name, (pid, ask) in ways.items():
            before = cpu_seconds(pid)
            took, length = ask()
            results[name][0].append(took)
            results[name][1].append(cpu_seconds(pid) - before)
            assert length > size * 0.9e6, (name, length)
    print(f"{series} series of {points} points, {size:.0f} MB:")
    wall, cpu = (min(results["nginx"][place]) for place in (0, 1))
    for name, (walls, cpus) in results.items():
        print(f"  {name:12} {min(walls):6.2f} s ({min(walls) / wall:5.1f} x nginx)   "
              f"processor {min(cpus):6.2f} s ({min(cpus) / max(cpu, 0.01):5.1f} x nginx)")
    print(f"  the server's largest memory: {peak_mib(stage.process.pid):.0f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=1_000)
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="fleetscope-federation-")
    # The workers of nginx are others than we.
    os.chmod(folder, 0o755)
    stage = Stage(os.path.abspath(args.binary), folder)
    try:
        fleet(stage, args.rounds)
        ten(stage, args.rounds)
        big(stage, args.rounds, args.series, args.points)
    finally:
        stage.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
