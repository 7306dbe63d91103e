"""Frames as Pipecat itself writes and reads them: one JSON object a line in, one out.

Run by serializers.interop.ts, and by hand to make the golden vectors anew:
    python serializers.py --vectors > ../vectors/pipecat-frames.json, then npx oxfmt ../vectors
with pipecat-ai 1.14.0 installed. Ids and names are set, because Pipecat counts
them; JSON text is compared as JSON, because Python writes other spaces.
"""

import asyncio
import base64
import json
import sys

from loguru import logger

logger.remove()

import pipecat.frames.frames as f  # noqa: E402
from pipecat.serializers.plivo import PlivoFrameSerializer  # noqa: E402
from pipecat.serializers.protobuf import ProtobufFrameSerializer  # noqa: E402
from pipecat.serializers.telnyx import TelnyxFrameSerializer  # noqa: E402
from pipecat.serializers.twilio import TwilioFrameSerializer  # noqa: E402

RATE = 8000


def b64(data):
    return base64.b64encode(data).decode()


def serializer_of(name, sample_rate=RATE):
    if name == "protobuf":
        return ProtobufFrameSerializer()
    params = {"auto_hang_up": False, "sample_rate": sample_rate}
    if name == "twilio":
        made = TwilioFrameSerializer("MZ1", params=TwilioFrameSerializer.InputParams(**params))
    elif name == "plivo":
        made = PlivoFrameSerializer("MZ1", params=PlivoFrameSerializer.InputParams(**params))
    else:
        encoding = "PCMA" if name == "telnyx-pcma" else "PCMU"
        made = TelnyxFrameSerializer("MZ1", encoding, encoding, params=TelnyxFrameSerializer.InputParams(**params))
    made._sample_rate = sample_rate  # what setup() does inside a pipeline
    return made


def frame_of(given):
    """A frame of Pipecat from its plain form: `type`, and the names that the TypeScript frames have."""
    kind = given["type"]
    if kind == "audio":
        frame = f.OutputAudioRawFrame(base64.b64decode(given["audio"]), given["sampleRate"], given["numChannels"])
        frame.pts = int(given["pts"]) if "pts" in given else None
    elif kind == "text":
        frame = f.TextFrame(given["text"])
    elif kind == "transcription":
        frame = f.TranscriptionFrame(given["text"], given["userId"], given["timestamp"])
    elif kind == "message":
        frame = f.OutputTransportMessageFrame(given["message"])
    elif kind == "urgent-message":
        frame = f.OutputTransportMessageUrgentFrame(given["message"])
    elif kind == "interruption":
        frame = f.InterruptionFrame()
    elif kind == "end":
        frame = f.EndFrame()
    else:
        frame = f.CancelFrame()
    frame.id = int(given.get("id", 0))
    frame.name = given.get("name", "")
    return frame


def plain(frame):
    """The reverse, of frames that come in. Pipecat's own id and name, made when none came, are left out by the caller."""
    if isinstance(frame, f.InputAudioRawFrame):
        got = {"type": "audio", "audio": b64(frame.audio), "sampleRate": frame.sample_rate}
        got["numChannels"] = frame.num_channels
        if frame.pts:
            got["pts"] = str(frame.pts)
    elif isinstance(frame, f.TranscriptionFrame):
        got = {"type": "transcription", "text": frame.text, "userId": frame.user_id, "timestamp": frame.timestamp}
    elif isinstance(frame, f.TextFrame):
        got = {"type": "text", "text": frame.text}
    elif isinstance(frame, f.InputTransportMessageFrame):
        return {"type": "message", "message": frame.message}
    elif isinstance(frame, f.InputDTMFFrame):
        return {"type": "dtmf", "digit": frame.button.value}
    elif isinstance(frame, f.InterruptionFrame):
        got = {"type": "interruption"}
    else:
        return None
    got["id"], got["name"] = str(frame.id), frame.name
    return got


async def answer(question):
    made = serializer_of(question["serializer"])
    if "frame" in question:
        data = await made.serialize(frame_of(question["frame"]))
        return {"text": data} if isinstance(data, str) else {"bytes": b64(data) if data else None}
    data = question["text"] if "text" in question else base64.b64decode(question["bytes"])
    return {"frame": plain(await made.deserialize(data))}


PCM = b"".join(int(s).to_bytes(2, "little", signed=True) for s in range(-32768, 32768, 127))
LABEL = {"id": "7", "name": "Frame#7"}
FRAMES = [
    {"type": "audio", "audio": b64(PCM), "sampleRate": 16000, "numChannels": 1, **LABEL},
    {"type": "audio", "audio": b64(PCM[:320]), "sampleRate": 48000, "numChannels": 2, "pts": "12345678901234567890", **LABEL},
    {"type": "audio", "audio": "", "sampleRate": 8000, "numChannels": 1, "id": "18446744073709551615", "name": "Tone#1"},
    {"type": "text", "text": "Grüße, 世界 \U0001f98a", **LABEL},
    {"type": "text", "text": "", **LABEL},
    {"type": "transcription", "text": "hello", "userId": "u1", "timestamp": "2026-11-21T16:00:00.000Z", **LABEL},
    {"type": "transcription", "text": "hello", "userId": "", "timestamp": "", **LABEL},
    {"type": "message", "message": {"label": "rtvi-ai", "type": "client-ready", "id": "1", "data": {"n": [1, 2.5, None]}}},
    {"type": "urgent-message", "message": {"text": "ü"}},
    {"type": "interruption", **LABEL},
]
MULAW_CODES = bytes(range(256))
MEDIA = {
    "twilio": {"event": "media", "sequenceNumber": "3", "media": {"track": "inbound", "chunk": "1", "timestamp": "5"}},
    "plivo": {"event": "media", "sequenceNumber": 3, "media": {"track": "inbound", "chunk": 1, "timestamp": "5"}},
    "telnyx": {"event": "media", "sequence_number": "3", "media": {"track": "inbound", "chunk": "1", "timestamp": "5"}},
}
DTMF = {
    "twilio": {"event": "dtmf", "streamSid": "MZ1", "sequenceNumber": "4", "dtmf": {"track": "inbound_track", "digit": "#"}},
    "plivo": {"event": "dtmf", "sequenceNumber": 4, "dtmf": {"digit": "#", "track": "inbound", "timestamp": "5"}},
    "telnyx": {"event": "dtmf", "sequence_number": "4", "dtmf": {"digit": "#"}},
}


async def vectors():
    protobuf = [{"frame": frame, **(await answer({"serializer": "protobuf", "frame": frame}))} for frame in FRAMES]
    carriers = []
    for name in ["twilio", "plivo", "telnyx", "telnyx-pcma"]:
        carrier = name.split("-")[0]
        media = {**MEDIA[carrier], "media": {**MEDIA[carrier]["media"], "payload": b64(MULAW_CODES)}}
        questions = [
            {"frame": {"type": "audio", "audio": b64(PCM), "sampleRate": RATE, "numChannels": 1}},
            {"frame": {"type": "interruption"}},
            {"frame": {"type": "message", "message": {"any": "thing"}}},
            {"frame": {"type": "message", "message": {"label": "rtvi-ai"}}},
            {"frame": {"type": "text", "text": "hello"}},
            {"text": json.dumps(media)},
            {"text": json.dumps(DTMF[carrier])},
        ]
        for question in questions:
            carriers.append({"serializer": name, "given": question, "got": await answer({"serializer": name, **question})})
    return {"made": "by test/interop/serializers.py --vectors, with pipecat-ai 1.14.0", "protobuf": protobuf, "carriers": carriers}


async def main():
    if "--vectors" in sys.argv:
        print(json.dumps(await vectors(), indent=1, ensure_ascii=True))
        return
    for line in sys.stdin:
        print(json.dumps(await answer(json.loads(line))), flush=True)


asyncio.run(main())
