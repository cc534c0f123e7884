"""A network camera on loopback: frames as JPEG over HTTP, at a rate, until it is closed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
from numpy.typing import NDArray

BOUNDARY = b"--frame\r\nContent-Type: image/jpeg\r\n"


class NetworkCamera:
    """Serves `frames` (n, h, w, 3) BGR over and over to whoever asks; `cut` ends every stream, `mend` allows new ones.

    `sent` tells at what times (perf_counter) which frames were sent last."""

    def __init__(self, frames: Sequence[NDArray[np.uint8]], rate: float, quality: int = 95, port: int = 0) -> None:
        self.quality, self.rate = quality, rate
        self.show(frames)
        self.on = threading.Event()
        self.on.set()
        self.sent: deque[tuple[float, int]] = deque(maxlen=1000)
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not camera.on.is_set():
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    for picture in camera.stream():
                        head = BOUNDARY + f"Content-Length: {len(picture)}\r\n\r\n".encode()
                        self.wfile.write(head + picture + b"\r\n")
                except OSError:
                    pass  # whoever looked has gone

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/video"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def show(self, frames: Sequence[NDArray[np.uint8]]) -> None:
        """These from now on."""
        quality = [cv2.IMWRITE_JPEG_QUALITY, self.quality]
        self.pictures = [cv2.imencode(".jpg", frame, quality)[1] for frame in frames]

    def stream(self) -> Iterator[bytes]:
        due = time.perf_counter()
        place = 0
        while self.on.is_set():
            pictures = self.pictures
            place %= len(pictures)
            self.sent.append((time.perf_counter(), place))
            yield pictures[place].tobytes()
            place += 1
            due += 1 / self.rate
            time.sleep(max(0.0, due - time.perf_counter()))

    def cut(self) -> None:
        self.on.clear()

    def mend(self) -> None:
        self.on.set()

    def close(self) -> None:
        self.cut()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
