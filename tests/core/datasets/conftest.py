"""A server on loopback to download from."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core import fetch as fetching
from core.control import Control
from core.datasets.demo_videos import SOURCES
from core.datasets.download import download
from core.events import Progress
from tests.core.datasets.loopback import ARCHIVE, Server

FEW_SOURCES = SOURCES // 2  # of the synthetic videos: enough for what is asked of them, and made in half the time


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    it = Server()
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            it.asked.append(wanted)
            if it.statuses:
                self.send_error(it.statuses.pop(0))
                return
            first = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and it.ranges else 0
            if first and self.headers.get("If-Range", it.etag) != it.etag:
                first = 0
            size = len(it.content)
            if first >= size > 0 and first:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if first else 200)
            if first:
                self.send_header("Content-Range", f"bytes {first}-{size - 1}/{size}")
            if it.length:
                self.send_header("Content-Length", str(size - first))
            else:
                self.send_header("Connection", "close")
            if it.etag:
                self.send_header("ETag", it.etag)
            self.end_headers()
            body = it.content[first:]
            cut = it.cuts.pop(0) if it.cuts else len(body)
            try:
                self.wfile.write(body[:cut])
            except OSError:  # the client has gone: it cancelled
                return
            if cut < len(body):
                self.close_connection = True
                if it.stalls:
                    it.stalls -= 1
                    released.wait(20)
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    it.url = f"http://127.0.0.1:{http.server_address[1]}/esc.zip"
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fetching, "WAITS", (0.0, 0.0, 0.0))
    yield it
    released.set()
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def said() -> list[Progress]:
    return []


@pytest.fixture
def fetch(server: Server, tmp_path: Path, said: list[Progress]) -> Callable[[], Path]:
    return lambda: download(ARCHIVE, tmp_path / "sets" / "set", Control(), said.append, server.url)
