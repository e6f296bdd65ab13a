"""A local server that speaks the vendor's endpoints, with faults on demand."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class VendorServer:
    """Serves on a free port of this machine until it is closed.

    `faults` maps an endpoint to what its next calls do: a status, or ``"cut"``; each is used once.
    """

    def __init__(self, content, conditions=(), cost=1.25):
        self.content, self.conditions, self.cost = content, list(conditions), cost
        self.faults, self.calls, self.headers = {}, [], []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def count(self, endpoint):
        return sum(name == endpoint for name, _ in self.calls)

    def _handler(self):
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer(parse_qs(urlsplit(self.path).query))

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                self._answer(parse_qs(body))

            def _answer(self, options):
                name = urlsplit(self.path).path.rpartition("/")[2]
                asked = {key: values[0] for key, values in options.items()}
                vendor.calls.append((name, asked))
                vendor.headers.append(self.headers.get("Authorization"))
                fault = (vendor.faults.get(name) or [None]).pop(0)
                if isinstance(fault, int):
                    self._send(fault, json.dumps({"detail": f"fault {fault}"}).encode())
                elif name == "timeseries.get_range":
                    self._stream(vendor.content(asked), is_cut=fault == "cut")
                else:
                    self._send(200, json.dumps(vendor.told(name)).encode())

            def _send(self, status, content):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                if status == 429:
                    self.send_header("Retry-After", "0.01")
                self.end_headers()
                self.wfile.write(content)

            def _stream(self, content, *, is_cut):
                self.send_response(200)
                self.end_headers()  # HTTP/1.0: the end of the connection is the end of the file
                self.wfile.write(content[: len(content) // 2] if is_cut else content)

            def log_message(self, *_):
                pass

        return Handler

    def told(self, name):
        return {
            "metadata.get_cost": self.cost,
            "metadata.get_billable_size": 112,
            "metadata.get_record_count": 2,
            "metadata.get_dataset_condition": self.conditions,
        }[name]
