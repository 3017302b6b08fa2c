"""The errors of the core layer. Each is one sentence a person understands, and the next step.

QuellwerkError
├── SettingsError         a setting is unknown or out of range
├── NotFound              no document, job, chunk or conversation under that id
├── FolderInUse           another process has the data folder and does not answer
├── InvalidRequest        the question, mode or argument cannot be used
├── ReadError             a document cannot be read
│   ├── UnsupportedFormat     its content is of no kind we read
│   ├── EmptyDocument         there is no text in it
│   ├── CorruptDocument       damaged, truncated, or not what it claims to be
│   ├── PasswordNeeded        encrypted; the password is missing or wrong
│   ├── LimitExceeded         larger than a limit allows (size, pages, decompressed size, ratio)
│   ├── ReaderCrashed         the reader's process died on it
│   ├── ReaderTimeout         it took longer than allowed
│   └── ReadCancelled         somebody asked for it to stop
└── ModelError            a model cannot do what is asked
    ├── ModelMissing          its files are not there or fail their checksum
    └── BadVector             a vector is missing, of the wrong size, not finite, or zero
"""

from __future__ import annotations


class QuellwerkError(Exception):
    """Any expected failure. `str()` is the sentence and the next step, ready to be shown."""

    def __init__(self, sentence: str, next_step: str = "") -> None:
        super().__init__(f"{sentence} {next_step}".strip())
        self.sentence = sentence
        self.next_step = next_step


class SettingsError(QuellwerkError):
    """A setting is unknown or out of range."""


class NotFound(QuellwerkError):
    """No document, job, chunk or conversation under that id."""


class FolderInUse(QuellwerkError):
    """Another process has the data folder. `address` is where it answers, if it said so."""

    def __init__(self, sentence: str, next_step: str = "", address: str | None = None) -> None:
        super().__init__(sentence, next_step)
        self.address = address


class InvalidRequest(QuellwerkError):
    """The question, mode or argument cannot be used."""


class ReadError(QuellwerkError):
    """A document cannot be read."""


class UnsupportedFormat(ReadError):
    """Its content is of no kind we read."""


class EmptyDocument(ReadError):
    """There is no text in it."""


class CorruptDocument(ReadError):
    """Damaged, truncated, or not what it claims to be."""


class PasswordNeeded(ReadError):
    """Encrypted; the password is missing or wrong."""


class LimitExceeded(ReadError):
    """Larger than a limit allows: size, pages, decompressed size, ratio."""


class ReaderCrashed(ReadError):
    """The reader's process died on it."""


class ReaderTimeout(ReadError):
    """It took longer than allowed."""


class ReadCancelled(ReadError):
    """Somebody asked for it to stop. Seen by whoever iterates, never shown."""


class ModelError(QuellwerkError):
    """A model cannot do what is asked."""


class ModelMissing(ModelError):
    """Its files are not there or fail their checksum."""


class BadVector(ModelError):
    """A vector is missing, of the wrong size, not finite, or zero."""


READ_ERRORS: dict[str, type[ReadError]] = {
    error.__name__: error
    for error in (
        ReadError,
        UnsupportedFormat,
        EmptyDocument,
        CorruptDocument,
        PasswordNeeded,
        LimitExceeded,
        ReaderCrashed,
        ReaderTimeout,
    )
}
"""By name, so that a reader's process can hand its error to ours."""
