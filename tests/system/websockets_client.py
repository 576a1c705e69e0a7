"""Speaks to a server with a client that is not ours: Debian's python3-websockets. Run with that Python: HOST PORT true|false (compression).

Exits 0 when everything was as it should be.
"""
import asyncio
import random
import sys

import websockets

MESSAGE_LIMIT = 1024 * 1024
WORDS = " ".join(f"product-{i * 7919 % 500}" for i in range(20_000))


async def echo_messages(ws, rng):
    for size in (0, 1, 125, 126, 127, 65535, 65536, 65537, 300_000, MESSAGE_LIMIT):
        for message in ("*" * size, WORDS[:size], rng.randbytes(size)):
            await ws.send(message)
            assert await ws.recv() == message, size


async def echo_fragments(ws, rng):
    for count in (1, 2, 5, 200):
        pieces = ["".join(rng.choice("aé€😀") for _ in range(rng.randrange(400))) for _ in range(count)]
        await ws.send(pieces)
        assert await ws.recv() == "".join(pieces)
        pieces = [rng.randbytes(rng.randrange(2000)) for _ in range(count)]
        await ws.send(pieces)
        assert await ws.recv() == b"".join(pieces)


async def ping(ws):
    for payload in (b"", b"x" * 125, b"again"):
        await asyncio.wait_for(await ws.ping(payload), 10)
    await ws.pong(b"unasked")


async def converse(uri, **options):
    """Many messages on their way at the same time."""
    async with websockets.connect(uri, **options) as ws:
        messages = [f"{i} {WORDS[:i * 37 % 5000]}" for i in range(300)]

        async def send():
            for message in messages:
                await ws.send(message)

        sending = asyncio.create_task(send())
        for message in messages:
            assert await ws.recv() == message
        await sending


async def close_with(uri, code, reason, **options):
    ws = await websockets.connect(uri, **options)
    await ws.close(code, reason)
    assert (ws.close_code, ws.close_reason) == (code, ""), (ws.close_code, ws.close_reason)


async def be_refused(uri, message, code, **options):
    ws = await websockets.connect(uri, **options)
    try:
        await ws.send(message)
        await ws.recv()
        raise AssertionError(f"a message came instead of {code}")
    except websockets.ConnectionClosed:
        assert ws.close_code == code, ws.close_code


async def run(host, port, compression):
    uri = f"ws://{host}:{port}/echo-ws"
    options = {"compression": "deflate" if compression else None, "max_size": 2 * MESSAGE_LIMIT, "open_timeout": 30}
    rng = random.Random(10)
    async with websockets.connect(uri, **options) as ws:
        extensions = ws.extensions if hasattr(ws, "extensions") else ws.protocol.extensions  # the latter since its release 14
        names = [extension.name for extension in extensions]
        assert names == (["permessage-deflate"] if compression else []), names
        await echo_messages(ws, rng)
        await echo_fragments(ws, rng)
        await ping(ws)
        await echo_messages(ws, rng)
    assert ws.close_code == 1000
    await asyncio.gather(*(converse(uri, **options) for _ in range(5)))
    for code, reason in ((1000, ""), (1001, "leaving"), (1011, "gr\u00fcn"), (3000, "x" * 123), (4999, "")):
        await close_with(uri, code, reason, **options)
    await be_refused(uri, "*" * (MESSAGE_LIMIT + 1), 1009, **options)
    await be_refused(uri, [b"*" * MESSAGE_LIMIT, b"*"], 1009, **options)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "true"))
