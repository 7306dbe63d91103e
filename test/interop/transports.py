"""One end of a WebSocket as Pipecat itself has it: `server` repeats what it hears, `client <url>` says a tone and counts what comes back.

Run by transports.interop.ts, with pipecat-ai 1.14.0 installed. Prints one word a line.
"""

import asyncio
import math
import struct
import sys

from loguru import logger

logger.remove()

from pipecat.frames.frames import (  # noqa: E402
    EndFrame,
    InputAudioRawFrame,
    InputTransportMessageFrame,
    OutputAudioRawFrame,
    OutputTransportMessageFrame,
)
from pipecat.pipeline.pipeline import Pipeline  # noqa: E402
from pipecat.pipeline.worker import PipelineParams, PipelineWorker  # noqa: E402
from pipecat.processors.frame_processor import FrameProcessor  # noqa: E402
from pipecat.serializers.protobuf import ProtobufFrameSerializer  # noqa: E402
from pipecat.transports.websocket.client import WebsocketClientParams, WebsocketClientTransport  # noqa: E402
from pipecat.transports.websocket.server import (  # noqa: E402
    SingleClientWebsocketServerParams,
    SingleClientWebsocketServerTransport,
)
from pipecat.workers.runner import WorkerRunner  # noqa: E402

RATE = 16000


def say(word):
    print(word, flush=True)


class Echo(FrameProcessor):
    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            await self.push_frame(OutputAudioRawFrame(frame.audio, frame.sample_rate, frame.num_channels))
        elif isinstance(frame, InputTransportMessageFrame):
            await self.push_frame(OutputTransportMessageFrame(frame.message))
        else:
            await self.push_frame(frame, direction)


class Count(FrameProcessor):
    """Says how much sound, of which loudness, came back."""

    def __init__(self):
        super().__init__()
        self.samples = []

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            self.samples.extend(s[0] for s in struct.iter_unpack("<h", frame.audio))
        elif isinstance(frame, InputTransportMessageFrame):
            rms = math.sqrt(sum(s * s for s in self.samples) / max(1, len(self.samples)))
            say(f"heard {len(self.samples)} {round(rms)} {frame.message['text']}")
        await self.push_frame(frame, direction)


async def run(transport, processor, events):
    pipeline = Pipeline([transport.input(), processor, transport.output()])
    params = PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=RATE)
    worker = PipelineWorker(pipeline, params=params, idle_timeout_secs=None)
    events(worker)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


async def server():
    params = SingleClientWebsocketServerParams(
        serializer=ProtobufFrameSerializer(), audio_in_enabled=True, audio_out_enabled=True
    )
    transport = SingleClientWebsocketServerTransport(params, host="127.0.0.1", port=int(sys.argv[2]))

    def events(worker):
        @transport.event_handler("on_websocket_ready")
        async def ready(_):
            say("ready")

        @transport.event_handler("on_client_disconnected")
        async def gone(_, client):
            say("gone")
            await worker.queue_frame(EndFrame())

    await run(transport, Echo(), events)


async def client():
    params = WebsocketClientParams(audio_in_enabled=True, audio_out_enabled=True, add_wav_header=False)
    transport = WebsocketClientTransport(sys.argv[2], params)

    def events(worker):
        @transport.event_handler("on_connected")
        async def connected(_, socket):
            say("connected")
            tone = [round(8000 * math.sin(2 * math.pi * 440 * i / RATE)) for i in range(RATE)]
            await worker.queue_frame(OutputAudioRawFrame(struct.pack(f"<{RATE}h", *tone), RATE, 1))
            await worker.queue_frame(OutputTransportMessageFrame({"text": "grüße"}))

        @transport.event_handler("on_disconnected")
        async def gone(_, socket):
            say("gone")
            await worker.queue_frame(EndFrame())

    await run(transport, Count(), events)


asyncio.run(server() if sys.argv[1] == "server" else client())
