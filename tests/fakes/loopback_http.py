"""HTTP/1.1 on loopback for the doubles of providers: keeps connections, and drops them where an answer says so."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

type Handle = Callable[[str, str, Mapping[str, str], bytes], Answer]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; ``sent`` is the share of its bytes that gets through before the connection drops."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: float = 1.0


def loopback_server(handle: Handle, port: int) -> ThreadingHTTPServer:
    """Return a server that answers what ``handle`` says to method, path, headers by lower-case name, and body."""
    return _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"handle_request": staticmethod(handle)}))


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[str]:
    """Serve until the block ends; yield the address."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with connections kept alive; each answer leaves in one write."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    handle_request: Handle

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answered = type(self).handle_request(self.command, self.path, headers, sent)
        if answered.sent == 0:
            self.close_connection = True
            return
        self.send_response(answered.status)
        for name, value in {"content-type": "application/json", **answered.headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answered.body)))
        self.end_headers()
        self.wfile.write(answered.body[: int(len(answered.body) * answered.sent)])
        self.close_connection = self.close_connection or answered.sent < 1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 named by http.server
        """Say nothing: requests hold mails."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
