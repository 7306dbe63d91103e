import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { failed, ok, reasonOf, skipped, warning, type Finding, type Findings } from './finding.ts';
import { CHECK_TIMEOUT, placeOf, type DoctorScene } from './scene.ts';

/** Days before its end at which a certificate should have been renewed: automatic renewals happen at thirty. */
export const RENEW_DAYS = 14;

const DAY = 86_400_000;
const CHECK = 'TLS';

/** Chain, host name, expiry and version, as a carrier sees them. */
export async function* checkTls({ publicUrl, tools }: DoctorScene): Findings {
  if (publicUrl === null || !placeOf(publicUrl).isSecure) {
    yield skipped(CHECK, 'the public URL is not https');
    return;
  }
  const { host, port } = placeOf(publicUrl);
  let socket: TLSSocket;
  try {
    socket = await secured(host, port, tools);
  } catch (error) {
    yield failed(
      CHECK,
      `no TLS at ${host}:${port}: ${reasonOf(error)}`,
      'is the proxy running, the port open, and does the host name lead to it?',
    );
    return;
  }
  yield* judged(socket, host, tools.now());
  socket.destroy();
}

function secured(host: string, port: number, { lookup, ca }: DoctorScene['tools']): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false, // it is looked at whatever it is
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(lookup && { lookup }),
      ...(ca !== undefined && { ca }),
    });
    socket.setTimeout(CHECK_TIMEOUT, () =>
      socket.destroy(new Error(`no answer within ${CHECK_TIMEOUT / 1000} s`)),
    );
    socket.once('error', reject).once('secureConnect', () => resolve(socket));
  });
}

function* judged(socket: TLSSocket, host: string, now: number): Generator<Finding> {
  const version = socket.getProtocol() ?? 'unknown';
  const end = new Date(socket.getPeerCertificate().valid_to).getTime();
  const date = Number.isNaN(end) ? 'unknown' : new Date(end).toISOString().slice(0, 10);
  if (!socket.authorized) {
    const code = String(socket.authorizationError);
    yield failed(
      CHECK,
      `carriers will not trust the certificate of ${host}: ${code}`,
      cureOf(code, host, date),
    );
  } else if (end - now < RENEW_DAYS * DAY) {
    yield warning(
      CHECK,
      `the certificate of ${host} ends on ${date}, within ${RENEW_DAYS} days`,
      'renew it now, and find out why that did not happen by itself',
    );
  } else {
    yield ok(CHECK, `${version}, certificate of ${host} good until ${date}`);
  }
  if (!/^TLSv1\.[23]$/.test(version)) {
    yield failed(
      CHECK,
      `${host} speaks ${version}`,
      'let the proxy speak TLS 1.2 and 1.3: carriers refuse what is older',
    );
  }
}

/** By the codes that Node gives: OpenSSL's for chains and times, its own for names. */
function cureOf(code: string, host: string, date: string): string {
  if (/ALTNAME/.test(code)) return `get a certificate whose names include ${host}`;
  if (/EXPIRED/.test(code)) return `renew it: it ended on ${date}`;
  if (/NOT_YET_VALID/.test(code)) return 'check the clock of this machine, and the certificate';
  if (/LEAF_SIGNATURE|ISSUER_CERT/.test(code)) {
    return 'let the proxy send the whole chain ("fullchain.pem"): browsers find a missing one, carriers do not';
  }
  return 'use a certificate of a public authority, such as one of Let’s Encrypt: carriers refuse self-signed ones';
}
