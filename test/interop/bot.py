"""A Pipecat bot without cloud services, for every host: a sweep as its greeting, then, on # or "play", all it has heard.

Unmodified pipecat-ai. `python bot.py -t twilio` is the development runner; base_image.py imports it as pipecat-base does.
It tells what it got on standard output, one JSON object a line.
"""

import base64
import json
import math
import os
import struct
import sys

from loguru import logger
from pipecat.frames.frames import Frame, InputAudioRawFrame, InputDTMFFrame, OutputAudioRawFrame, TextFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.serializers.plivo import PlivoFrameSerializer
from pipecat.serializers.protobuf import ProtobufFrameSerializer
from pipecat.serializers.telnyx import TelnyxFrameSerializer
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

sys.path.append(os.path.join(os.path.dirname(__file__), "../../examples/python"))

from session_body import session_body  # noqa: E402

logger.remove()
logger.add(sys.stderr, level="WARNING")

SWEEP_RATE = 24_000


def sweep():
    """One second from 300 to 3000 Hz, as `sweep` of sounds.ts."""
    times = (index / SWEEP_RATE for index in range(SWEEP_RATE))
    return struct.pack(
        f"<{SWEEP_RATE}h", *(round(8000 * math.sin(2 * math.pi * (300 * t + 1350 * t * t))) for t in times)
    )


def tell(**facts):
    print(json.dumps(facts), flush=True)


class Parrot(FrameProcessor):
    def __init__(self):
        super().__init__()
        self.heard = bytearray()
        self.rate = 0

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            self.heard += frame.audio
            self.rate = frame.sample_rate
        elif isinstance(frame, InputDTMFFrame) or (isinstance(frame, TextFrame) and frame.text == "play"):
            button = frame.button.value if isinstance(frame, InputDTMFFrame) else frame.text
            audio = bytes(self.heard)
            tell(event="heard", button=button, rate=self.rate, audio=base64.b64encode(audio).decode())
            await self.push_frame(OutputAudioRawFrame(audio, self.rate, 1))
        else:
            await self.push_frame(frame, direction)


async def serializer_of(args):
    """By the carrier's own handshake. Behind a gateway, ending the WebSocket ends the call: no credentials are needed."""
    if args.transport_type == "websocket":
        return "websocket", None, ProtobufFrameSerializer()
    kind, call = await parse_telephony_websocket(args.websocket)
    if kind == "twilio":
        params = TwilioFrameSerializer.InputParams(auto_hang_up=False)
        return kind, call, TwilioFrameSerializer(call.stream_id, call.call_id, params=params)
    if kind == "plivo":
        params = PlivoFrameSerializer.InputParams(auto_hang_up=False)
        return kind, call, PlivoFrameSerializer(call.stream_id, call.call_id, params=params)
    params = TelnyxFrameSerializer.InputParams(auto_hang_up=False)
    encoding = call.outbound_encoding
    return kind, call, TelnyxFrameSerializer(call.stream_id, encoding, "PCMU", call.call_id, params=params)


async def bot(args):
    kind, call, serializer = await serializer_of(args)
    tell(
        event="start",
        transport=kind,
        session=args.session_id,
        body=args.body,
        fetched=await session_body(args.websocket),
        call=call and {"id": call.call_id, "from": call.from_number, "to": call.to_number},
        headers={name: args.websocket.headers.get(name) for name in ("x-daily-session-id", "x-call-from", "x-call-to")},
        query=args.websocket.query_params.get("body"),
    )
    transport = FastAPIWebsocketTransport(
        args.websocket,
        FastAPIWebsocketParams(audio_in_enabled=True, audio_out_enabled=True, serializer=serializer),
    )
    worker = PipelineWorker(
        Pipeline([transport.input(), Parrot(), transport.output()]),
        params=PipelineParams(audio_out_sample_rate=SWEEP_RATE),
    )

    @transport.event_handler("on_client_connected")
    async def greet(_transport, _client):
        await worker.queue_frame(OutputAudioRawFrame(sweep(), SWEEP_RATE, 1))

    @transport.event_handler("on_client_disconnected")
    async def leave(_transport, _client):
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()
    tell(event="over")


if __name__ == "__main__":
    from pipecat.runner.run import main

    main()
