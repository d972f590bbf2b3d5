"""Runs Buildbot's own server in a folder, with all change hooks: master.py FOLDER SECRET. Reports are its Changes."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import asked

folder, secret = sys.argv[1:]
CONFIGURATION = """
from buildbot.plugins import schedulers, util, worker
c = BuildmasterConfig = {{}}
# It does not start without them.
c['protocols'] = {{'pb': {{'port': 'tcp:0:interface=127.0.0.1'}}}}
c['workers'] = [worker.Worker('idle', 'idle')]
c['schedulers'] = [schedulers.ForceScheduler(name='idle', builderNames=['idle'])]
c['builders'] = [util.BuilderConfig('idle', workernames=['idle'], factory=util.BuildFactory())]
c['buildbotNetUsageData'] = None
c['db'] = {{'db_url': 'sqlite:///state.sqlite'}}
c['www'] = {{
    'port': 'tcp:{port}:interface=127.0.0.1',
    'change_hook_dialects': {{
        'base': True,
        'github': {{'secret': {secret!r}, 'strict': True}},
        'gitlab': {{'secret': {secret!r}}},
        'gitea': {{'secret': {secret!r}}},
    }},
}}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def changes(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/changes") as answer:
        return sorted(json.load(answer)["changes"], key=lambda change: change["changeid"])


def start(port):
    buildbot = [Path(sys.executable).with_name("buildbot")]
    quiet = {"stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    subprocess.run([*buildbot, "create-master", "--relocatable", folder], check=True, **quiet)
    text = CONFIGURATION.format(port=port, secret=secret)
    Path(folder, "master.cfg").write_text(text)
    return subprocess.Popen([*buildbot, "start", "--nodaemon", folder], **quiet)


def main():
    port = free_port()
    master = start(port)
    try:
        while True:
            try:
                changes(port)
                break
            except OSError:
                assert master.poll() is None, "Buildbot does not start"
                time.sleep(0.1)
        seen = 0

        def collect():
            nonlocal seen
            new = [change for change in changes(port) if change["changeid"] > seen]
            seen = new[-1]["changeid"] if new else seen
            return [
                {
                    "ref": change["branch"],
                    "newest": change["revision"],
                    "author": change["author"],
                    "files": change["files"],
                    "comments": change["comments"],
                }
                for change in new
            ]

        asked.answer("buildbot", port, collect)
    finally:
        master.terminate()
        master.wait()


main()
