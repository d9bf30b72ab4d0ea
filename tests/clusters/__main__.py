"""Three members of etcd and two servers over them, until Ctrl-C: `make cluster`."""

import contextlib
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from clusters.binary import NoEtcdError, etcd_binary, etcd_version
from clusters.members import running_cluster

PORTS = (8001, 8002)

AWAY = 20.0
"""Seconds after which a member that was killed is started again."""


def main() -> int:
    """Run them; the exit code."""
    try:
        version = ".".join(map(str, etcd_version()))
    except NoEtcdError as error:
        print(error, file=sys.stderr)
        return 2
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="registry-cluster-")))
        print(f"etcd {version} ({etcd_binary()}), three members; what they hold ends with them")
        cluster = stack.enter_context(running_cluster(folder / "etcd"))
        print(f"  the store     {cluster.url}")
        for port in PORTS:
            server = subprocess.Popen(
                [sys.executable, "-m", "registry", "serve", "--store", cluster.url, "--port", str(port)],
                stdout=subprocess.PIPE,
                stderr=stack.enter_context((folder / f"server-{port}.log").open("w")),
                text=True,
                start_new_session=True,  # so that Ctrl-C is for this process alone, which then stops it
            )
            stack.callback(_stop, server)
            assert server.stdout is not None
            if not server.stdout.readline():
                print((folder / f"server-{port}.log").read_text(), file=sys.stderr)
                return 2
            print(f"  a server      http://127.0.0.1:{port}")
        print(f"  their logs    {folder}")
        print("Ctrl-C ends them. Try, in another terminal, with .venv/bin on the path:")
        print(f"  registry migrate --from your.db --to http://127.0.0.1:{PORTS[0]}")
        print(f"  curl http://127.0.0.1:{PORTS[1]}/namespaces")
        for member in cluster.members:
            print(f"  kill -9 {member.pid}    # {member.name}, which is started again after {AWAY:.0f} seconds")
        sys.stdout.flush()
        while not ended.wait(1.0):
            for member in cluster.members:
                if member.has_ended and not ended.wait(AWAY):
                    member.kill()
                    member.start()
                    print(f"  {member.name} is started again, as process {member.pid}", flush=True)
    return 0


def _stop(server: "subprocess.Popen[str]") -> None:
    server.terminate()
    server.wait(30)
    if server.stdout is not None:
        server.stdout.close()


if __name__ == "__main__":
    raise SystemExit(main())
