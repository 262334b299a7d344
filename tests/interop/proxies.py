# SPDX-License-Identifier: Apache-2.0
"""Proxies that run in front of the server."""
import pathlib
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "smoke"))
import harness  # noqa: E402
from client import Connection  # noqa: E402


class Proxy:
    """A proxy that listens on `port` of 127.0.0.1, by default a free one; a context manager:
    leaving it ends the process. Its subclasses know its configuration."""

    def __init__(self, port=None):
        self.folder = tempfile.TemporaryDirectory()
        self.reservation = harness.reserve_port()
        self.port = port or self.reservation.getsockname()[1]
        self.address = ("127.0.0.1", self.port)
        command = self.prepare(pathlib.Path(self.folder.name))
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True)
        try:
            self.wait_until_it_listens()
        except BaseException:
            self.__exit__()
            raise

    def wait_until_it_listens(self):
        """Varnish compiles its configuration, which takes a busy machine some time."""
        for _ in range(1200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            try:
                self.process.wait(0.05)
                raise AssertionError(self.process.stderr.read())
            except subprocess.TimeoutExpired:
                pass
        raise AssertionError("the proxy does not listen")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.reservation.close()
        self.folder.cleanup()

    def connect(self, source="127.0.0.1"):
        return Connection(("127.0.0.1", self.port), source)


class Nginx(Proxy):
    """nginx with `location` inside `location / {}` and `outside` inside `http {}`."""

    def __init__(self, location, outside=""):
        self.location = location
        self.outside = outside
        super().__init__()

    def prepare(self, path):
        (path / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {path}/pid; error_log {path}/errors;\n"
            f"events {{}}\nhttp {{ access_log off; client_body_temp_path {path}/body;\n"
            f"proxy_temp_path {path}/proxy; fastcgi_temp_path {path}/f; uwsgi_temp_path {path}/u;\n"
            f"scgi_temp_path {path}/s;\n{self.outside}\n"
            f"server {{ listen 127.0.0.1:{self.port}; location / {{ {self.location} }} }} }}\n")
        return ["nginx", "-c", str(path / "nginx.conf")]


def packaged(name, replacements):
    """The text of packaging/NAME with other paths and ports."""
    text = (ROOT / "packaging" / name).read_text()
    for old, new in replacements.items():
        if old not in text:
            raise AssertionError(f"{name}: no {old!r}")
        text = text.replace(old, new)
    return text


class NginxCache(Proxy):
    """nginx with packaging/caches/nginx.conf, in front of the servers at `addresses`."""

    def __init__(self, *addresses, port=None):
        self.servers = addresses
        super().__init__(port)

    def prepare(self, path):
        text = packaged("caches/nginx.conf", {
            "/var/cache/nginx/fanlight": f"{path}/cache",
            "listen 8080": f"listen {self.port}",
            "server 127.0.0.1:5000;": " ".join(f"server {host}:{port};"
                                               for host, port in self.servers)})
        (path / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {path}/pid; error_log {path}/errors;\n"
            f"events {{ worker_connections 8192; }}\nhttp {{ access_log off;\n"
            f"client_body_temp_path {path}/body;\n"
            f"proxy_temp_path {path}/proxy; fastcgi_temp_path {path}/f; uwsgi_temp_path {path}/u;\n"
            f"scgi_temp_path {path}/s;\n{text}\n}}\n")
        return ["nginx", "-c", str(path / "nginx.conf")]


class VarnishCache(Proxy):
    """Varnish with packaging/caches/varnish.vcl, in front of the server at `address`."""

    def __init__(self, address):
        self.server = address
        super().__init__()

    def prepare(self, path):
        (path / "varnish.vcl").write_text(packaged("caches/varnish.vcl", {
            '"127.0.0.1"': f'"{self.server[0]}"', '"5000"': f'"{self.server[1]}"'}))
        # Without a jail: a test may run as root or not.
        return ["varnishd", "-F", "-j", "none", "-n", str(path / "varnish"), "-a",
                f"127.0.0.1:{self.port}", "-f", str(path / "varnish.vcl"), "-s", "malloc,64m"]


class HAProxy(Proxy):
    """HAProxy in front of the server at `address`, whose connections all clients share."""

    def __init__(self, address):
        self.server = f"{address[0]}:{address[1]}"
        super().__init__()

    def prepare(self, path):
        (path / "haproxy.cfg").write_text(
            "global\n  nbthread 1\n"
            "defaults\n  mode http\n  http-reuse always\n  timeout connect 20s\n"
            "  timeout client 20s\n  timeout server 20s\n"
            f"frontend front\n  bind 127.0.0.1:{self.port}\n  default_backend camera\n"
            f"backend camera\n  server camera {self.server}\n")
        return ["haproxy", "-db", "-q", "-f", str(path / "haproxy.cfg")]


class Balancer(Proxy):
    """HAProxy with packaging/balancers/haproxy.cfg, in front of the edges at `addresses`."""

    PACKAGED = ("10.0.0.11:5001", "10.0.0.12:5001")

    def __init__(self, addresses):
        self.edges = [f"{host}:{port}" for host, port in addresses]
        super().__init__()

    def prepare(self, path):
        self.control = str(path / "control")
        text = packaged("balancers/haproxy.cfg", {
            "bind :8080": f"bind 127.0.0.1:{self.port}", **dict(zip(self.PACKAGED, self.edges))})
        (path / "haproxy.cfg").write_text(f"{text}\nglobal\n  stats socket {self.control}\n")
        return ["haproxy", "-db", "-q", "-f", str(path / "haproxy.cfg")]

    def statuses(self):
        """{server: its status} in the backend "edges" (HAProxy's management guide, 9.1)."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(self.control)
            control.sendall(b"show stat\n")
            rows = control.makefile().read().removeprefix("# ").strip().splitlines()
        names = rows[0].split(",")
        found = [dict(zip(names, row.split(","))) for row in rows[1:]]
        return {row["svname"]: row["status"] for row in found
                if row["pxname"] == "edges" and row["svname"] != "BACKEND"}
