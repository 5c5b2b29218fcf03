#!/usr/bin/env python3
"""Puts the client library `prometheus-api-client` from PyPI, and the very requests that Grafana's
Prometheus data source sends, to a real Prometheus and to Fleetscope in front of it, as one cluster
and as a fleet. What comes back has to be the same, but for the label `cluster` of a fleet.

Usage: prometheus.py BINARY
Run by the python of an environment that has the library.
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime

from prometheus_api_client import PrometheusConnect


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def call(url, token=None, data=None, method=None, kind="application/json"):
    headers = {"Content-Type": kind}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def wait(url, what):
    for _ in range(300):
        try:
            return urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.1)
    sys.exit(f"{what} does not answer")


class Stage:
    def __init__(self, binary, folder):
        prometheus, public, admin = free_ports(3)
        self.direct = f"http://127.0.0.1:{prometheus}"
        self.url = f"http://127.0.0.1:{public}"
        self.log, self.running = f"{folder}/log", []
        with open(f"{folder}/prometheus.yml", "w") as file:
            file.write(f"""
global:
  scrape_interval: 200ms
scrape_configs:
- job_name: prometheus
  static_configs:
  - targets: ['127.0.0.1:{prometheus}']
""")
        self.start(["prometheus", f"--config.file={folder}/prometheus.yml",
                    f"--storage.tsdb.path={folder}/tsdb",
                    f"--web.listen-address=127.0.0.1:{prometheus}", "--log.level=warn"],
                   f"{folder}/prometheus.log")
        with open(f"{folder}/fleetscope.toml", "w") as file:
            file.write(f"""
[server]
shutdown_leave = "0s"
listen = "127.0.0.1:{public}"
admin_listen = "127.0.0.1:{admin}"
[storage]
data_dir = "{folder}/data"
[limits]
per_second = 100000
burst = 100000
[watches]
enabled = false
""")
        self.start([binary, "serve", "--config", f"{folder}/fleetscope.toml"], self.log)
        wait(f"{self.direct}/-/ready", "Prometheus")
        wait(f"http://127.0.0.1:{admin}/readyz", "Fleetscope")
        self.token = re.search(r"fls_[A-Za-z0-9_-]+", open(self.log).read()).group(0)
        new = {"name": "one", "endpoints": {"prometheus": {"url": self.direct}}}
        status, made = call(f"{self.url}/api/v1/clusters", self.token, json.dumps(new).encode())
        assert status == 201, made
        while len(call(f"{self.direct}/api/v1/query?query=up[1m]")[1]["data"]["result"]) < 1:
            time.sleep(0.1)
        time.sleep(4)

    def start(self, command, log):
        self.running.append(subprocess.Popen(command, stdout=open(log, "w"), stderr=subprocess.STDOUT))

    def stop(self):
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait()


def without_cluster(value):
    """What a fleet of one says, without the label that it adds."""
    if isinstance(value, dict):
        return {key: without_cluster(item) for key, item in value.items() if key != "cluster"}
    if isinstance(value, list):
        return [without_cluster(item) for item in value if item != "cluster"]
    return value


def order(value):
    if isinstance(value, list):
        return sorted((order(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, dict):
        return {key: order(item) for key, item in value.items()}
    return value


def library(stage, at):
    """Every read of the library."""
    start, end = datetime.fromtimestamp(at - 3), datetime.fromtimestamp(at)

    def reads(connect):
        # The library asks for the last moment without a time: what moves is left out.
        current = connect.get_current_metric_value("up", {"job": "prometheus"})
        window = connect.get_metric_range_data("up", start_time=start, end_time=end)
        assert len(window[0]["values"]) >= 10, window
        return {
            "alive": connect.check_prometheus_connection(),
            "all": connect.all_metrics(),
            "names": connect.get_label_names(),
            "values": connect.get_label_values("job"),
            "current": [one["metric"] for one in current],
            "window": window,
            "custom": connect.custom_query("sum by (job) (up)", params={"time": at}),
            "combined": connect.custom_query("avg(prometheus_http_requests_total)", params={"time": at}),
            "range": connect.custom_query_range("rate(prometheus_http_requests_total[2s])",
                                                start, end, "0.5"),
            "series": connect.get_series(start, end, params={"match[]": "up"}),
            "targets": [[one["labels"], one["health"]] for one in connect.get_targets()["activeTargets"]],
            "metadata": connect.get_metric_metadata("up"),
        }

    direct = reads(PrometheusConnect(url=stage.direct, disable_ssl=True))
    header = {"Authorization": f"Bearer {stage.token}"}
    for name in ["one", "fleet"]:
        mount = PrometheusConnect(url=f"{stage.url}/prometheus/{name}", headers=header, disable_ssl=True)
        ours = reads(mount)
        if name == "fleet":
            direct = {key: without_cluster(value) for key, value in direct.items()}
            ours = {key: without_cluster(value) for key, value in ours.items()}
        for key, expected in direct.items():
            assert order(ours[key]) == order(expected), (name, key, ours[key], expected)
        print(f"prometheus-api-client at /prometheus/{name}: {len(ours)} kinds of reads, all the same")


def grafana(stage, at):
    """What Grafana's Prometheus data source sends: queries as forms, lists by GET and POST."""
    form = "application/x-www-form-urlencoded"
    start, end = at - 3, at
    requests = [
        # Saving and testing the data source.
        ("POST", "/api/v1/query", {"query": "1+1", "time": f"{at:.3f}"}),
        ("GET", "/api/v1/status/buildinfo", {}),
        # Panels.
        ("POST", "/api/v1/query_range", {"query": "up", "start": f"{start:.3f}", "end": f"{end:.3f}", "step": "1"}),
        ("POST", "/api/v1/query_range", {"query": "sum(rate(prometheus_http_requests_total[2s])) by (handler)",
                                         "start": f"{start:.3f}", "end": f"{end:.3f}", "step": "0.5"}),
        ("POST", "/api/v1/query", {"query": "topk(3, prometheus_http_requests_total)", "time": f"{at:.3f}"}),
        ("GET", "/api/v1/query_exemplars", {"query": "up", "start": f"{start:.3f}", "end": f"{end:.3f}"}),
        # The query builder, variables and the metrics browser.
        ("GET", "/api/v1/label/__name__/values", {"start": str(int(start)), "end": str(int(end))}),
        ("GET", "/api/v1/label/handler/values", {"start": str(int(start)), "end": str(int(end)),
                                                 "match[]": '{__name__="prometheus_http_requests_total"}'}),
        ("GET", "/api/v1/labels", {"start": str(int(start)), "end": str(int(end))}),
        ("POST", "/api/v1/labels", {"start": str(int(start)), "end": str(int(end)), "match[]": "up"}),
        ("POST", "/api/v1/series", {"start": str(int(start)), "end": str(int(end)), "match[]": "up"}),
        ("GET", "/api/v1/series", {"start": str(int(start)), "end": str(int(end)), "match[]": "up"}),
        ("GET", "/api/v1/metadata", {"limit": "5000"}),
        # Alerting.
        ("GET", "/api/v1/rules", {}),
        # What is wrong.
        ("POST", "/api/v1/query", {"query": "sum(", "time": f"{at:.3f}"}),
        ("POST", "/api/v1/query_range", {"query": "up", "start": "2", "end": "1", "step": "1"}),
    ]
    for name in ["one", "fleet"]:
        for method, path, parameters in requests:
            answers = []
            for base, token in [(stage.direct, None), (f"{stage.url}/prometheus/{name}", stage.token)]:
                text = urllib.parse.urlencode(parameters)
                if method == "POST":
                    answers.append(call(base + path, token, text.encode(), "POST", form))
                else:
                    answers.append(call(f"{base}{path}?{text}", token))
            (expected, theirs), (status, ours) = answers
            what = (name, method, path, parameters, ours, theirs)
            assert status == expected, what
            if path.endswith("buildinfo"):
                assert re.match(r"\d+\.\d+\.\d+$", ours["data"]["version"]), what
            elif expected != 200:
                assert (ours["status"], ours["errorType"]) == ("error", theirs["errorType"]), what
            else:
                ours.pop("infos", None)
                if name == "fleet":
                    ours, theirs = without_cluster(ours), without_cluster(theirs)
                assert order(ours) == order(theirs), what
        print(f"Grafana's requests at /prometheus/{name}: {len(requests)}, all the same")


def main():
    folder = tempfile.mkdtemp(prefix="fleetscope-prometheus-")
    stage = Stage(sys.argv[1], folder)
    try:
        at = time.time() - 0.5
        library(stage, at)
        grafana(stage, at)
    finally:
        stage.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
