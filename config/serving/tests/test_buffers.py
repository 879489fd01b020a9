"""Buffered requests, received in pieces, equal those that gunicorn's own parser reads at once."""

import socket
from io import BytesIO

import pytest
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import IterUnreader
from hypothesis import given
from hypothesis import strategies as st

from config.serving.buffers import MAX_WAITING, BodyTooLarge, RequestBuffer, ResponseSocket

CFG = Config()
CLIENT = ("203.0.113.9", 1)
REQUESTS = [
    b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\r\nGET / HTTP/1.0\r\n\r\n",
    b"PATCH /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{\r\n\r}",
    b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    b'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA ;x="1"\r\n0123456789\r\n0\r\n\r\n',
    b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\r\n\r\n\r\n00\r\nX-Trailer: 1\r\n\r\n",
    b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
]


def describe_request(request):
    return request.method, request.uri, request.version, request.headers, request.body.read()


def parse_at_once(data: bytes) -> list:
    parser = RequestParser(CFG, [data], CLIENT)
    found = []
    for request in parser:
        found.append(describe_request(request))
        if len(found) == 20:
            break
    return found


def receive_in_pieces(pieces, limit=10_000) -> list:
    buffer, found = RequestBuffer(), []
    for piece in pieces:
        buffer.pending += piece
        while buffer.request is not None or buffer.parse_head(CFG, CLIENT):
            if not buffer.take_body(limit):
                break
            found.append(describe_request(buffer.start_reading()))
            buffer.finish()
    return found


@pytest.mark.slow
@given(
    st.lists(st.sampled_from([one for one in REQUESTS if b"HTTP/1.0" not in one]), min_size=1, max_size=4),
    st.lists(st.integers(1, 400), max_size=12),
)
def test_requests_in_any_pieces_are_parsed_alike(requests, cuts):
    data = b"".join(requests)
    ends = sorted({min(cut, len(data)) for cut in cuts} | {len(data)})
    pieces = [data[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    assert receive_in_pieces(pieces) == parse_at_once(data)


@pytest.mark.parametrize("request_bytes", REQUESTS)
def test_requests_sent_byte_by_byte_are_parsed_alike(request_bytes):
    pieces = [request_bytes[at : at + 1] for at in range(len(request_bytes))]
    assert receive_in_pieces(pieces[:-1]) == []
    assert receive_in_pieces(pieces) == parse_at_once(request_bytes)


@pytest.mark.attack
@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n", b"GET / HTTP/1.1\n", b"GET / HTTP/1.1\r\nHost: x\n", b"GET /" + b"a" * 9000,
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 20_000,
    ],
)  # fmt: skip
def test_invalid_requests_are_refused_without_waiting_for_more_bytes(sent):
    with pytest.raises(Exception) as caught:  # gunicorn's exceptions have no common base
        receive_in_pieces([sent])
    assert "gunicorn.http.errors" in type(caught.value).__module__


@pytest.mark.attack
@given(st.binary(max_size=60))
def test_the_end_of_a_chunked_body_is_that_of_the_parser(body):
    """The buffer and the parser agree on the end of a body, so that nothing of it can be read as another
    request (request smuggling)."""
    head = REQUESTS[-1].partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    buffer = RequestBuffer()
    buffer.pending += head + body
    assert buffer.parse_head(CFG, CLIENT)
    if not buffer.take_body(10_000):
        return
    request = buffer.start_reading()
    try:
        request.body.read()
    except Exception:
        return  # refused
    assert request.unreader.buf.getvalue() == b""
    unreader = IterUnreader([head + body])
    parser = RequestParser(CFG, [], CLIENT)
    parser.unreader = unreader
    next(parser).body.read()
    assert unreader.buf.getvalue() == bytes(buffer.pending)


@pytest.mark.attack
@pytest.mark.parametrize("request_bytes", [REQUESTS[2], REQUESTS[4]])
def test_a_body_over_the_limit_is_not_buffered(request_bytes):
    with pytest.raises(BodyTooLarge):
        receive_in_pieces([request_bytes], limit=4)


def test_a_response_to_a_slow_reader_is_buffered_in_order():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        response = ResponseSocket(ours, RequestBuffer())
        parts = [bytes([number]) * 40_000 for number in range(60)]
        for part in parts:
            response.sendall(part)
        assert response.waits
        assert sum(map(len, parts)) < MAX_WAITING
        received = b""
        while len(received) < 60 * 40_000:
            response.flush()
            received += theirs.recv(100_000)
        assert received == b"".join(parts)
        assert not response.waits
        assert response.sendfile(BytesIO(b"0123456789"), 2, 5) == 5
        assert theirs.recv(100) == b"23456"
