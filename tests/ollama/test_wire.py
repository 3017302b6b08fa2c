"""How Go writes: escaping, numbers, times; and how it reads options and durations."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ollama import decode, wire
from tests.ollama.wire import ApiError


def test_strings_are_escaped_as_go_does() -> None:
    assert wire.encode("<b> & \u2028\u2029") == rb'"\u003cb\u003e \u0026 \u2028\u2029"'
    assert wire.encode('ä "\\" \n\t\x01') == "ä".encode().join([b'"', rb' \"\\\" \n\t\u0001"'])
    assert wire.encode("a\u0085b") == b'"a\xc2\x85b"'


def test_values_are_compact_and_in_their_order() -> None:
    assert wire.encode({"b": [1, True, None, 0.5], "a": {}}) == b'{"b":[1,true,null,0.5],"a":{}}'


@pytest.mark.parametrize(
    ("value", "written"),
    [(1.0, "1"), (1e-5, "0.00001"), (1.5e-6, "0.0000015"), (1e-7, "1e-7"), (2.5e21, "2.5e+21"), (1e20, "1" + "0" * 20)],
)
def test_floats(value: float, written: str) -> None:
    assert wire.write(value) == written


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=20))
def test_32_bit_floats_read_back_the_same(values: list[float]) -> None:
    written = wire.float32(tuple(values)).strip("[]").split(",")
    assert [struct.unpack("f", struct.pack("f", float(text)))[0] for text in written] == values
    assert max(len(text.lstrip("-").replace("0.", "").split("e")[0].lstrip("0")) for text in written) <= 10


def test_shortest_form() -> None:
    assert wire.float32((0.1, 0.25, 1 / 3, 1e-7)) == "[0.1,0.25,0.33333334,1e-7]"


def test_times_lose_the_zeros_at_their_end() -> None:
    assert wire.instant(nanoseconds=1_780_000_000_120_000_000) == "2026-05-28T20:26:40.12Z"
    assert wire.instant(nanoseconds=1_780_000_000_000_000_000) == "2026-05-28T20:26:40Z"


def test_zero_metrics_are_left_out() -> None:
    assert wire.metrics(total_duration=5, prompt_eval_count=0) == {"total_duration": 5}


@pytest.mark.parametrize(
    ("text", "seconds"), [("5m", 300), ("1h30m", 5400), ("-1m", -60), ("0", 0), ("1.5s", 1.5), ("300ms", 0.3)]
)
def test_durations(text: str, seconds: float) -> None:
    assert decode.duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10", 'time: missing unit in duration "10"'),
        ("-1", 'time: missing unit in duration "-1"'),
        ("5x", 'time: unknown unit "x" in duration "5x"'),
        ("", 'time: invalid duration ""'),
        ("soon", 'time: invalid duration "soon"'),
    ],
)
def test_bad_durations(text: str, said: str) -> None:
    with pytest.raises(ApiError) as error:
        decode.keep_alive(text)
    assert (error.value.status, error.value.body["error"]) == (400, said)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"num_ctx": "8192"}, 'option "num_ctx" must be of type integer'),
        ({"num_ctx": True}, 'option "num_ctx" must be of type integer'),
        ({"temperature": "hot"}, 'option "temperature" must be of type float32'),
        ({"use_mmap": 1}, 'option "use_mmap" must be of type boolean'),
        ({"stop": "end"}, 'option "stop" must be of type array'),
        ({"stop": [1]}, 'option "stop" must be of an array of strings'),
    ],
)
def test_options_of_another_type(given: dict[str, object], said: str) -> None:
    with pytest.raises(ApiError) as error:
        decode.options(given, {})
    assert (error.value.status, error.value.body["error"]) == (500, said)


def test_options() -> None:
    read = decode.options({"num_ctx": 8192.7, "temperature": None, "unknown": 1, "top_k": 3}, {"top_k": 9, "seed": 4})
    assert read == {"num_ctx": 8192, "top_k": 3, "seed": 4}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "missing request body"),
        (b"  \n", "missing request body"),
        (b"xyz", "invalid character 'x' looking for beginning of value"),
        (b'{"model":"a"', "unexpected EOF"),
        (b'{"model":"a', "unexpected EOF"),
        (b'{"model" 1}', "invalid character '1' after object key"),
        (b'{"model":"a" "b"}', "invalid character '\"' after object key:value pair"),
        (b'{"a":[1 2]}', "invalid character '2' after array element"),
        (b"{model}", "invalid character 'm' looking for beginning of object key string"),
        (b'{"stream":tru}', "invalid character '}' in literal true (expecting 'e')"),
        (b"[1]", "json: cannot unmarshal array into Go value of type api.ChatRequest"),
        (b'{"model":1}', "json: cannot unmarshal number into Go struct field ChatRequest.model of type string"),
        (b'{"stream":"no"}', "json: cannot unmarshal string into Go struct field ChatRequest.stream of type bool"),
        (
            b'{"messages":"hi"}',
            "json: cannot unmarshal string into Go struct field ChatRequest.messages of type []api.Message",
        ),
    ],
)
def test_bodies_that_are_none(body: bytes, said: str) -> None:
    with pytest.raises(ApiError) as error:
        decode.body_object(body, "ChatRequest")
    assert (error.value.status, error.value.body["error"]) == (400, said)


def test_only_the_first_value_of_a_body_counts() -> None:
    assert decode.body_object(b'{"model":"a","odd":1} rubbish', "ChatRequest") == {"model": "a", "odd": 1}
