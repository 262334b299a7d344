#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The structure that Fanlight evolved from, for comparison: a Flask view that yields parts, a
thread that plays the camera, and an event for each viewer; with gevent, one worker.

    app.py --frames DIR [--fps N] [--port N]

The interpreter is the distribution's, whose python3-flask and python3-gevent it needs.
"""
from gevent import monkey
monkey.patch_all()

# ruff: noqa: E402  (gevent must be imported before everything that it patches)
import argparse
import pathlib
import resource
import sys
import threading
import time

import flask
import gevent.pywsgi


class Camera:
    """Files in name order at a fixed rate. A late viewer misses pictures and gets the newest."""

    def __init__(self, folder, fps):
        self.pictures = [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]
        if not self.pictures:
            raise SystemExit(f"no .jpg in {folder}")
        self.interval = 1 / fps
        self.picture = self.pictures[0]
        self.events = {}  # viewer: its event, set when there is a picture that it has not seen
        threading.Thread(target=self.play, daemon=True).start()

    def play(self):
        due = time.monotonic()
        pause = threading.Event()  # never set: waits for the next picture's time
        number = 0
        while True:
            self.picture = self.pictures[number % len(self.pictures)]
            number += 1
            for event in list(self.events.values()):
                event.set()
            due = max(due + self.interval, time.monotonic())
            pause.wait(due - time.monotonic())

    def frames(self):
        """Each new picture, for one viewer."""
        viewer = object()
        event = self.events[viewer] = threading.Event()
        try:
            while True:
                event.wait()
                event.clear()
                yield self.picture
        finally:
            del self.events[viewer]


def make_app(camera):
    app = flask.Flask(__name__)

    def parts():
        yield b"--frame\r\n"
        for picture in camera.frames():
            yield b"Content-Type: image/jpeg\r\n\r\n" + picture + b"\r\n--frame\r\n"

    @app.route("/video_feed")
    def video_feed():
        return flask.Response(parts(), mimetype="multipart/x-mixed-replace; boundary=frame")

    return app


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", required=True, type=pathlib.Path)
    parser.add_argument("--fps", type=float, default=30)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server = gevent.pywsgi.WSGIServer(("127.0.0.1", arguments.port), log=None, backlog=4096,
                                      application=make_app(Camera(arguments.frames,
                                                                  arguments.fps)))
    server.start()
    print(f"listening on http://127.0.0.1:{server.server_port}/", file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
