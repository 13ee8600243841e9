"""Tiles from nginx's cache by their versioned address, beside nginx with the same tiles as static files."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from shutil import which

from bench.clients import drive, fetch, request
from bench.figures import Bound, Figure, same
from bench.servers import free_port
from bench.site import Site
from gridcenter.errors import Words

CLIENTS = 8
LAYER = "building"
Address = tuple[int, int, int]
# As in docs/how-to/tile-cache.md, and a folder of files beside it.
_CONFIG = """
daemon off; master_process on; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  default_type application/vnd.mapbox-vector-tile; sendfile on;
  proxy_cache_path {folder}/cache levels=1:2 keys_zone=tiles:10m max_size=1g inactive=1h;
  server {{
    listen 127.0.0.1:{port}; root {folder}/files; keepalive_requests 1000000;
    location /static-tiles/ {{ }}
    location ~ ^/tiles/[a-z_]+@ {{
      proxy_cache tiles; proxy_cache_key $uri; proxy_cache_lock on;
      proxy_ignore_headers Vary Set-Cookie; proxy_pass http://127.0.0.1:{behind};
    }}
  }}
}}
"""


def measure(site: Site, port: int, token: str, addresses: list[Address]) -> list[Figure]:
    """Hits per second of nginx's cache beside its static files; nothing where nginx is absent."""
    nginx = which("nginx")
    if nginx is None:
        return []
    _, told = fetch(port, request("GET", f"/api/v1/layers/{LAYER}/tiles.json", token))
    name = json.loads(told)["tiles"][0].partition("/tiles/")[2].split("/")[0]
    paths = [f"{z}/{x}/{y}.mvt" for z, x, y in addresses]
    with _running(nginx, port, token, name, paths) as front:
        kinds = (f"/tiles/{name}", "/static-tiles")
        asked = [[request("GET", f"{kind}/{path}", token) for path in paths] for kind in kinds]
        for ours, peer in zip(*asked, strict=True):
            same("tile from the cache", fetch(front, peer), fetch(front, ours))
        rates: list[list[float]] = [[], []]
        for _ in range(site.effort.rounds):
            for requests, found in zip(asked, rates, strict=True):
                following = cycle(requests)
                done = drive(front, CLIENTS, lambda: (next(following), None), site.effort.seconds)  # noqa: B023
                same("answers that are not 200", {}, done.failures())
                found.append(done.per_second)
    words = Words("瓦片：nginx 缓存与静态文件", "tiles: nginx cache beside static files")
    remarks = {"clients": CLIENTS, "tiles": len(paths)}
    return [Figure("tiles_cached", words, "1/s", *rates, Bound(least=0.9), remarks)]


@contextmanager
def _running(nginx: str, behind: int, token: str, name: str, paths: list[str]) -> Iterator[int]:
    """The port of an nginx of our own in front of the server; the files lie in its folder."""
    port = free_port()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        for path in paths:
            file = folder / "files" / "static-tiles" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            _, body = fetch(behind, request("GET", f"/tiles/{name}/{path}", token))
            file.write_bytes(body)
        config = folder / "nginx.conf"
        config.write_text(_CONFIG.format(folder=folder, port=port, behind=behind))
        server = subprocess.Popen([nginx, "-c", str(config), "-p", made], stderr=subprocess.DEVNULL)
        try:
            _wait(port, paths[0], token)
            yield port
        finally:
            server.terminate()
            server.wait(10)


def _wait(port: int, path: str, token: str) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            fetch(port, request("GET", f"/static-tiles/{path}", token))
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
