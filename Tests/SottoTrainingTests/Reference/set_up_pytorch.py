"""Prints the path of a Python that has PyTorch and Transformers, which it installs if need be.

    python3 Tests/SottoTrainingTests/Reference/set_up_pytorch.py

They go into a virtual environment in `sotto-tests` under $XDG_CACHE_HOME, or else $HOME/.cache, once for all runs; about
1.2 GB, which may be removed at any time. On Linux only a CPU build will do. SOTTO_PYTORCH names a Python that has them already, or is `none` for not to set up any. Where it
cannot be had, the exit status is 1 and the last line of the error output says why.
"""

import fcntl
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

TORCH = "2.13.0"
OTHERS = ["transformers==5.23.0", "safetensors>=0.5", "numpy"]
TIME_LIMIT = 420.0
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"


class Unavailable(Exception):
    """A sentence that says why there is no PyTorch."""


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def run(command: list[str], deadline: float) -> None:
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL,
            timeout=max(deadline - time.monotonic(), 1))
    except subprocess.TimeoutExpired:
        raise Unavailable(f"installing PyTorch took longer than {TIME_LIMIT:.0f} s") from None
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"PyTorch could not be installed: {last_line(error.stderr)}") from None


def install(directory: Path) -> None:
    deadline = time.monotonic() + TIME_LIMIT
    try:
        run([sys.executable, "-m", "venv", str(directory)], deadline)
    except Unavailable:
        raise Unavailable("this Python has no working venv module (on Debian: python3-venv)") from None
    pip = [
        str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--no-cache-dir", "--only-binary", ":all:", "--retries", "1"]
    if platform.system() != "Linux":
        return run([*pip, f"torch=={TORCH}", *OTHERS], deadline)
    # Only CPU builds have this suffix; the plain version would bring gigabytes of libraries for accelerators.
    torch = f"torch=={TORCH}+cpu"
    try:
        run([*pip, torch], deadline)
    except Unavailable:
        run([*pip, "--timeout", "10", "--extra-index-url", CPU_BUILDS, torch], deadline)
    run([*pip, *OTHERS], deadline)


def environment() -> Path:
    """The interpreter of the shared environment; one process at a time makes it."""
    # A relative path is none, as the XDG specification has it.
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    cache = (Path(chosen) if os.path.isabs(chosen) else Path.home() / ".cache") / "sotto-tests"
    directory = cache / f"pytorch-{TORCH}-python{sys.version_info.major}.{sys.version_info.minor}"
    finished = directory / "finished"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = open(cache / "lock", "w")
    except OSError as error:
        raise Unavailable(f"the cache directory {cache} cannot be written: {error.strerror}") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            shutil.rmtree(directory, ignore_errors=True)
            try:
                install(directory)
            except Unavailable:
                shutil.rmtree(directory, ignore_errors=True)
                raise
            finished.touch()
    return directory / "bin" / "python"


def main() -> None:
    chosen = os.environ.get("SOTTO_PYTORCH")
    try:
        if chosen == "none":
            raise Unavailable("SOTTO_PYTORCH is none")
        print(chosen or environment())
    except Unavailable as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
