"""What the receivers in Python have in common: a line on stdout once they listen, and the reports of the requests since
the last question, as a line of JSON, for each line on stdin."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version


def answer(package, port, collect):
    print(json.dumps({"port": port, "version": version(package)}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(collect()), flush=True)


def read(event):
    """The ref, and the commit that is newest by the order of GitHub's events."""
    commits, head = event["commits"], event["head_commit"]
    newest = commits[-1] if commits else head
    return {"ref": event["ref"], "newest": newest and newest["id"]}


def serve(package, parse):
    """`parse` takes headers and body, and raises what it refuses."""
    reports = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                reports.append(parse(dict(self.headers), body))
                status = 200
            except Exception as refusal:
                reports.append({"refused": repr(refusal)})
                status = 400
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    def collect():
        collected = reports[:]
        reports.clear()
        return collected

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    answer(package, server.server_port, collect)
