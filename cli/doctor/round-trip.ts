import { randomBytes } from 'node:crypto';
import { serviceHostOf } from '../../gateway/agents.ts';
import { configured } from '../../gateway/carriers.ts';
import { decoded } from '../../shared/form.ts';
import { problemOfPublicUrl } from '../connect/public-url.ts';
import { askHttp, askSocket, type Asked, type AskedSocket } from './ask.ts';
import { checkSkew } from './clock.ts';
import { failed, ok, reasonOf, skipped, warning, type Finding, type Findings } from './finding.ts';
import { keepIdle } from './idle.ts';
import type { DoctorScene } from './scene.ts';

/** Everything between a carrier and this gateway: address, webhooks, sockets, clocks. */
export async function* checkRoundTrip(scene: DoctorScene): Findings {
  const { publicUrl } = scene;
  const problem = problemOfPublicUrl(publicUrl);
  if (problem) yield failed('public URL', problem.cause, problem.cure);
  if (publicUrl === null) {
    for (const check of ['webhook', 'WebSocket', 'idle socket', 'clock'])
      yield skipped(check, 'no public URL');
    return;
  }
  if (!problem) yield ok('public URL', publicUrl);
  const asked = await askHttp(scene, 'POST', webhookTarget(scene));
  yield asked.type === 'seen'
    ? compared('webhook', asked.seen.target, webhookTarget(scene))
    : unanswered('webhook', asked);
  if (asked.type === 'seen') yield* checkGet(scene);
  yield* checkSocket(scene);
  yield* checkSkew(asked);
}

/** Carriers may be set to GET, with everything that their signature covers in the query. */
async function* checkGet(scene: DoctorScene): Findings {
  const target = `${webhookTarget(scene)}?From=%2B15550001111&Called=%2b1%20555&To=sip:a+b@x.example&Empty=&b=1&a=2`;
  const asked = await askHttp(scene, 'GET', target);
  yield asked.type === 'seen' ? compared('query', asked.seen.target, target) : unanswered('query', asked);
  const escaped = `${webhookTarget(scene)}%2Fcheck~%7E`;
  const spelled = await askHttp(scene, 'POST', escaped);
  if (spelled.type === 'seen' && spelled.seen.target === escaped) return;
  yield warning(
    'path escapes',
    'escapes in paths do not arrive as they were sent',
    'let the proxy pass the request target as it is (nginx: proxy_pass without a path behind the host)',
  );
}

async function* checkSocket(scene: DoctorScene): Findings {
  const target = socketTarget(scene);
  const { asked, socket }: AskedSocket = await askSocket(scene, target);
  yield asked.type === 'seen'
    ? compared('WebSocket', asked.seen.target, target)
    : unanswered('WebSocket', asked);
  if (scene.idle === null) {
    yield skipped('idle socket', 'it takes more than a minute: add --idle');
  } else if (socket) {
    if (scene.idle >= 5000)
      scene.tools.stderr.write(`  …     idle socket             ${scene.idle / 1000} s of silence\n`);
    yield await keepIdle(socket, scene.idle);
  } else {
    yield skipped('idle socket', 'no socket was opened');
  }
  socket?.terminate();
}

/** The paths that carriers use, because proxies have rules by path. */
function webhookTarget({ config }: DoctorScene): string {
  const [agent] = config.organizations.flatMap(({ agents }) => agents);
  return `/webhooks/${carrierOf(config.carriers)}/${agent?.name ?? 'demo'}`;
}

/** With a token of the usual length in its path, which stands for nothing. */
function socketTarget({ config }: DoctorScene): string {
  const [agent] = config.organizations.flatMap(({ agents }) => agents);
  const token = `${randomBytes(120).toString('base64url')}.${randomBytes(32).toString('base64url')}`;
  return `/ws/${carrierOf(config.carriers)}/${agent ? serviceHostOf(agent) : 'demo.local'}/${token}?body=eyJhIjoxfQ%3D%3D&x=a+b`;
}

function carrierOf(carriers: DoctorScene['config']['carriers']): string {
  return configured(carriers)[0]?.name ?? 'twilio';
}

function compared(check: string, arrived: string, sent: string): Finding {
  if (arrived === sent) return ok(check, TRAVELLED[check] ?? 'arrives as it was sent');
  const [path = '', query = ''] = sent.split('?');
  const [arrivedPath = '', arrivedQuery = ''] = arrived.split('?');
  const what = path === arrivedPath ? 'query' : 'path';
  const how = what === 'path' ? changeOf(path, arrivedPath) : changeOf(query, arrivedQuery);
  return failed(
    check,
    `the ${what} does not arrive as it was sent: it is ${how}`,
    what === 'path'
      ? 'tokens and agents are in paths: let the proxy pass the request target as it is, below the path of the public URL only'
      : 'signatures cover the query byte for byte: let the proxy pass it as it is',
  );
}

const TRAVELLED: Readonly<Record<string, string>> = {
  webhook: 'a POST reaches this gateway, its path as it was sent',
  query: 'a GET reaches this gateway, its query as it was sent',
  WebSocket: 'a socket opens, path with token and query as they were sent',
};

/** In words: neither path nor query is shown, because real ones hold tokens. */
function changeOf(sent: string, arrived: string): string {
  if (arrived === '') return 'taken away';
  if (sent.startsWith(arrived) || sent.endsWith(arrived))
    return `cut from ${sent.length} to ${arrived.length} characters`;
  if (arrived.toLowerCase() === sent.toLowerCase()) return 'the same in other letters (upper and lower case)';
  if (decoded(arrived) === decoded(sent)) return 'spelled with other escapes';
  return `something else (${sent.length} characters sent, ${arrived.length} arrived)`;
}

function unanswered(check: string, asked: Exclude<Asked, { type: 'seen' }>): Finding {
  if (asked.type === 'failed') {
    return failed(
      check,
      `no answer: ${reasonOf(asked.error)}`,
      'are proxy and gateway running, and is the port open to the world?',
    );
  }
  const { status, location } = asked;
  if (status >= 300 && status < 400) {
    const to = location === null || !URL.canParse(location) ? '' : ` to ${new URL(location).origin}`;
    return failed(
      check,
      `redirected with ${status}${to}`,
      'tell carriers the address behind the redirect: they do not follow all of them',
    );
  }
  const [detail, cure] = (check === 'WebSocket' && lost[status]) ||
    strangers[status] || [
      `answered with ${status}, but not by a gateway with our secrets`,
      'does the proxy lead to this gateway, does it pass X-Hookswitch-Probe on, and has the gateway the same HOOKSWITCH_SECRETS?',
    ];
  return failed(check, detail, cure);
}

/** How a gateway answers a request that is no upgrade any more. */
const isNoUpgrade = [
  'the upgrade was lost on the way',
  'let the proxy speak HTTP/1.1 to the gateway, and pass Upgrade and Connection on',
] as const;
const lost: Readonly<Record<number, typeof isNoUpgrade>> = { 200: isNoUpgrade, 426: isNoUpgrade };

const strangers: Readonly<Record<number, readonly [detail: string, cure: string]>> = {
  502: [
    'answered with 502: the proxy does not reach the gateway',
    'start the gateway, and check the address the proxy knows',
  ],
  503: [
    'answered with 503: nobody is there to take it, or all are busy',
    'start the gateway, or look into its log',
  ],
  504: ['answered with 504: the gateway does not answer the proxy', 'look into the log of the gateway'],
};
