// Makes simulator/recordings/<provider>.jsonl anew: speaks a sentence (espeak-ng must be installed), calls the gateway
// that runs on this machine (npm start; PORT when it is not 7860), and keeps the caller's side. Needs dist/ (npm run build).
// Usage: node scripts/record.mjs [provider…]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
const { PORT = '7860', HOOKSWITCH_CLI: cli = join(root, 'dist/cli/main.js') } = process.env;
const callers = {
  twilio: { voice: 'en-us', pitch: '45' },
  plivo: { voice: 'en-gb', pitch: '60' },
  telnyx: { voice: 'en-gb-scotland', pitch: '35' },
  signalwire: { voice: 'en-gb-x-gbcwmd', pitch: '50' },
  vobiz: { voice: 'en-gb-x-rp', pitch: '40' },
  exotel: { voice: 'en-gb-x-gbclan', pitch: '55' },
  genesys: { voice: 'en-029', pitch: '50' },
  vonage: { voice: 'en-us-nyc', pitch: '45' },
  jambonz: { voice: 'en-gb', pitch: '45' },
};

/** Samples at 8 kHz: the greeting is heard before the caller speaks. */
const lead = 8000 * 0.7;

const providers = await import(pathToFileURL(join(dirname(cli), '../providers/index.js')).href);
const { readWav, writeWav } = await import(pathToFileURL(join(dirname(cli), '../simulator/wav.js')).href);

for (const provider of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(callers)) {
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-'));
  const wav = join(folder, 'caller.wav');
  const { voice, pitch } = callers[provider];
  const sentence = `Hello, this is a call over ${provider}. Can you hear me?`;
  execFileSync('espeak-ng', ['-v', voice, '-p', pitch, '-s', '185', '-a', '60', '-w', wav, sentence]);
  const speech = await readWav(readFileSync(wav));
  writeFileSync(wav, writeWav(Int16Array.of(...new Int16Array(lead), ...speech)));
  // Where a carrier without a webhook opens its stream, the command knows itself: on port 7860.
  const hasWebhook = providers[provider].streamsOnly === undefined;
  const webhook = hasWebhook ? ['--webhook', `http://127.0.0.1:${PORT}/webhooks/${provider}`] : [];
  const keys = ['--dtmf', '5@4.8,#@5.3', '--out', folder];
  execFileSync(process.execPath, [cli, 'call', provider, '--audio', wav, ...webhook, ...keys], {
    stdio: 'inherit',
  });
  const frames = readFileSync(join(folder, 'recording.jsonl'), 'utf8').split('\n');
  // With the bot's side it would be twice as long, and the bot will answer anew.
  const caller = frames.filter((line) => line.includes('"provider_to_server"'));
  writeFileSync(join(root, 'simulator/recordings', `${provider}.jsonl`), `${caller.join('\n')}\n`);
  rmSync(folder, { recursive: true });
}
