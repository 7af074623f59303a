"""Serving a stand-in on a loopback port until it is told to stop."""

import logging
import signal
import threading
from types import FrameType

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, make_server

log = logging.getLogger("sekisho.local")


def serve(app: Flask, port: int, name: str) -> None:
    """Answers on 127.0.0.1:`port`, one thread per request, until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", port, app, threaded=True)
    if isinstance(server, ThreadedWSGIServer):
        server.daemon_threads = True  # a caller that hangs must not keep us from stopping

    def stop(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown).start()  # shutdown waits for serve_forever, which runs below

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    log.info("%s at http://127.0.0.1:%d", name, server.port)
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        server.server_close()
