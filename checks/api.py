#!/usr/bin/env python3
"""Fuzzes the served OpenAPI document with schemathesis as every role: nothing may be our fault
(5xx), and nothing may be answered that the document does not declare.

Usage: api.py BINARY SCHEMATHESIS EXAMPLES [SECONDS]
EXAMPLES is how many requests an operation gets as each role, SECONDS a bound on the whole.
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
import urllib.request

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance," \
         "response_schema_conformance,response_headers_conformance,allow_header_conformance"


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Server:
    def __init__(self, binary, folder):
        public, admin = free_ports(2)
        self.url, self.log = f"http://127.0.0.1:{public}", f"{folder}/log"
        config = f"{folder}/fleetscope.toml"
        with open(config, "w") as file:
            file.write(f"""
[server]
shutdown_leave = "0s"
listen = "127.0.0.1:{public}"
admin_listen = "127.0.0.1:{admin}"
[storage]
data_dir = "{folder}/data"
[limits]
per_second = 1000000
burst = 1000000
[watches]
enabled = false
""")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([binary, "serve", "--config", config], stderr=log)
        self.admin = self.first_token()
        self.wait(f"http://127.0.0.1:{admin}/readyz")

    def first_token(self):
        for _ in range(300):
            found = re.search(r"fls_[A-Za-z0-9_-]+", open(self.log).read())
            if found:
                return found.group(0)
            time.sleep(0.1)
        sys.exit("the server did not start:\n" + open(self.log).read())

    def wait(self, url):
        for _ in range(100):
            try:
                return urllib.request.urlopen(url, timeout=2).close()
            except OSError:
                time.sleep(0.1)
        sys.exit("the server is not ready:\n" + open(self.log).read())

    def token(self, role):
        body = json.dumps({"name": role, "role": role}).encode()
        headers = {"Authorization": f"Bearer {self.admin}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v1/tokens", body, headers)
        return json.load(urllib.request.urlopen(request))["secret"]

    def stop(self):
        self.process.terminate()
        self.process.wait()


def fuzz(schemathesis, server, role, token, examples, seconds):
    command = [schemathesis, "run", f"{server.url}/api/v1/openapi.json", "--checks", CHECKS]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", str(examples)]
    # Streams have no end to wait for; they have tests of their own.
    for path in ("/api/v1/events/stream", "/api/v1/logs/tail"):
        command += ["--exclude-path", path]
    command += ["--request-timeout", "30"]
    command += ["--seed", "1", "--workers", "1", "--warnings", "off", "--continue-on-failure"]
    if seconds:
        command += ["--max-time", str(seconds)]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    begun = time.time()
    done = subprocess.run(command, capture_output=True, text=True, cwd=os.path.dirname(server.log))
    cases = re.search(r"([\d,]+) generated", done.stdout)
    print(f"{role}: {cases.group(1) if cases else '?'} requests in {time.time() - begun:.0f} s,"
          f" {'nothing found' if done.returncode == 0 else 'FAILED'}", flush=True)
    if done.returncode != 0:
        print(done.stdout[-6000:], done.stderr[-2000:])
    return done.returncode == 0


def main():
    binary, schemathesis, examples = sys.argv[1:4]
    seconds = int(sys.argv[4]) // 4 if len(sys.argv) > 4 else 0
    folder = tempfile.mkdtemp(prefix="fleetscope-api-")
    server = Server(binary, folder)
    try:
        roles = {"admin": server.admin, "operator": server.token("operator"),
                 "viewer": server.token("viewer"), "none": ""}
        results = [fuzz(schemathesis, server, role, token, examples, seconds)
                   for role, token in roles.items()]
        internal = [line for line in open(server.log) if " ERROR " in line]
        if internal:
            print("the server's log has errors:\n" + "".join(internal[:20]))
        sys.exit(0 if all(results) and not internal else 1)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
