"""The built-in embedding model: all-MiniLM-L6-v2, int8, in ONNX. Works offline, needs no PyTorch.

Every text is a run of its own on one thread, and as many runs go on at once as there are threads. Against padded
batches on a shared thread pool this is a quarter faster, needs less than half of the memory, wastes nothing on padding,
and makes a vector depend on its text alone: the int8 scales are taken over the whole input tensor, so a text's
neighbours in a batch would change its vector (cosine 0.985 to 0.995; see the model's README.md).
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ModelError, ModelMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL_FOLDER = Path(__file__).parent / "minilm_l6_v2_int8"
NAME = "all-minilm-l6-v2-int8"
DIMENSION = 384
LIMIT = 256  # tokens that the model sees, its two special ones included
CHECKSUMS = {
    "model.onnx": "750d499894939101abf09b5f6097be1197264e2dfea00cce246ca944e25354ce",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
AT_ONCE = 1000  # characters; a call of no more than this (a question) runs at once instead of queueing behind bulk work
PATIENCE_S = 600.0  # longest wait for one text; a run takes milliseconds, so this only ends a hang


class MiniLM:
    """Turns texts into unit vectors. Safe to use from many threads at once; `close` it at the end.

    `threads` is how many texts are computed at the same time (0: one per core). `batch` is how many texts a caller
    should hand in at once so that the threads stay busy while a question can slip in between.
    Raises ModelMissing when a file is not there, cannot be loaded or fails its checksum.
    """

    def __init__(self, folder: Path = MODEL_FOLDER, threads: int = 0, batch: int = 16) -> None:
        for name, checksum in CHECKSUMS.items():
            _verify(folder / name, checksum)
        self.threads = threads or os.cpu_count() or 1
        self.batch = batch
        self.dimension = DIMENSION
        self.limit = LIMIT
        self.model_name = NAME
        self.fingerprint = f"{NAME}-{CHECKSUMS['model.onnx'][:12]}-{DIMENSION}"
        self._session, self._tokenizer, self._counter = _load(folder)
        self._workers = ThreadPoolExecutor(self.threads, thread_name_prefix="minilm", initializer=_yield_to_others)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of the texts, in their order: shape (n, 384), unit length.

        What goes beyond the limit of a text is not seen by the model. A text's vector does not depend on the others.
        Raises ModelError when the model is closed or a run takes longer than ten minutes.
        """
        import numpy as np

        vectors = np.empty((len(texts), DIMENSION), dtype=np.float32)
        if not texts:
            return vectors
        if sum(map(len, texts)) <= AT_ONCE:
            for row, text in enumerate(texts):
                vectors[row] = self._run(text)
            return vectors
        # Longest first, so that no long text is left over for one thread at the end.
        order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
        runs: list[tuple[int, Future[NDArray[np.float32]]]] = []
        try:
            runs = [(row, self._workers.submit(self._run, texts[row])) for row in order]
            for row, run in runs:
                vectors[row] = run.result(timeout=PATIENCE_S)
        except TimeoutError as error:
            raise ModelError("The embedding model does not answer.", "Restart Quellwerk.") from error
        except RuntimeError as error:
            raise ModelError("The embedding model cannot work.", f"Restart Quellwerk. ({error})") from error
        finally:
            for _, run in runs:
                run.cancel()
        return vectors

    def count_tokens(self, text: str) -> int:
        """How many tokens the model would see, its two special ones included; may be above the limit."""
        return len(self._counter.encode_batch_fast([_encodable(text)])[0])

    def close(self) -> None:
        """Let running texts end and give the threads back. May be called again."""
        self._workers.shutdown(wait=True, cancel_futures=True)

    def _run(self, text: str) -> NDArray[np.float32]:
        import numpy as np

        tokens = np.array([self._tokenizer.encode_batch_fast([_encodable(text)])[0].ids], dtype=np.int64)
        output = self._session.run(None, {"input_ids": tokens, "attention_mask": np.ones_like(tokens)})
        vector: NDArray[np.float32] = output[0][0]
        return vector


def _verify(path: Path, checksum: str) -> None:
    """Raise ModelMissing unless the file is there and holds what it should."""
    step = "Restore the folder core/models from the Quellwerk release."
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelMissing(f"The built-in embedding model lacks its file {path.name}.", step) from error
    if found != checksum:
        raise ModelMissing(f"The built-in embedding model's file {path.name} is damaged (its checksum differs).", step)


def _load(folder: Path) -> tuple[Any, Any, Any]:
    """The session, the tokenizer that cuts at the limit, and the one that only counts."""
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # parallel over texts instead: see the top of this file
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        counter = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # onnxruntime and tokenizers raise bare Exceptions of their own making
        raise ModelMissing(
            "The built-in embedding model cannot be loaded.", f"Check that onnxruntime runs on this machine. ({error})"
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=LIMIT)
    counter.no_padding()
    counter.no_truncation()
    return session, tokenizer, counter


def _encodable(text: str) -> str:
    """The text without halves of surrogate pairs, which the tokenizer refuses (names and broken files hold such)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def _yield_to_others() -> None:
    """Let pages and questions go before bulk embedding where the system can tell threads apart (Linux)."""
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)
