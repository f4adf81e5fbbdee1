import { connect as connectHttp2 } from 'node:http2';
import { type RequestOptions, request as requestHttps } from 'node:https';
import { connect, isIP } from 'node:net';
import { type Reporter, ScenarioError } from './reporter.ts';
import { causeOf } from './request.ts';

/** The ingress to check. */
export interface Ingress {
  /** `https://…` */
  readonly origin: string;
  /** Certificate of the authority that signed the gateway's certificate, in PEM. @default the authorities of Node */
  readonly ca?: string;
  readonly report: Reporter;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** An expectation, and a function that returns what it found instead, or `undefined` if the expectation holds. */
type Check = readonly [what: string, look: () => Promise<string | undefined>];

/** A public document of every gateway. */
const DOCUMENT = '/openapi.json';
const ANSWERS = `GET ${DOCUMENT} gets 200`;
/** Content type of RFC 9457. */
const PROBLEM = 'application/problem+json';
const STRICT_TRANSPORT_SECURITY = 'max-age=63072000';
const TIMEOUT_MILLISECONDS = 5_000;

/**
 * Checks from outside what only a load balancer of AWS or the network door does. A failed check does not stop the others, unless the gateway does
 * not answer at all.
 * @throws {ScenarioError} with a line for each failed check
 */
export const checkIngress = async ({ ca, origin, report }: Ingress): Promise<void> => {
  report.step('The ingress');
  const failures: string[] = [];
  for (const [what, look] of checksOf(origin, ca)) {
    const found = await look().catch((error: unknown) => causeOf(error));
    if (found === undefined) {
      report.outcome(what);
      continue;
    }
    failures.push(`Expected of ${origin}: ${what}; found ${found}.`);
    // Without an answer to this request, no other check can succeed.
    if (what === ANSWERS) break;
  }
  if (failures.length > 0) throw new ScenarioError(failures.join('\n'));
};

const checksOf = (origin: string, ca: string | undefined): readonly Check[] => {
  const { host, hostname, port } = new URL(origin);
  const ask = (options: RequestOptions) => answerOf(origin, { ...(ca !== undefined && { ca }), ...options });
  const statusOf = async (options: RequestOptions, ...expected: readonly number[]): Promise<string | undefined> => {
    const { status } = await ask(options);
    return expected.includes(status) ? undefined : `${status}`;
  };
  const headerOf = async (name: string, expected: string | undefined): Promise<string | undefined> => {
    const found = (await ask({ path: DOCUMENT })).headers[name];
    return found === expected ? undefined : `${name}: ${found ?? 'absent'}`;
  };
  return [
    [ANSWERS, () => statusOf({ path: DOCUMENT }, 200)],
    [
      'the name of the host may be written in capitals',
      () => statusOf({ path: DOCUMENT, headers: { host: host.toUpperCase() } }, 200),
    ],
    [
      'another name of a host gets 404',
      () => statusOf({ path: DOCUMENT, headers: { host: 'other.example.com' } }, 404),
    ],
    ['TRACE gets 405', () => statusOf({ path: DOCUMENT, method: 'TRACE' }, 405)],
    [
      `answers have Strict-Transport-Security: ${STRICT_TRANSPORT_SECURITY}`,
      () => headerOf('strict-transport-security', STRICT_TRANSPORT_SECURITY),
    ],
    ['answers do not have Server', () => headerOf('server', undefined)],
    ['HTTP/2 is spoken', () => overHttp2(origin, ca)],
    [
      'a forged x-amzn-oidc-data signs nobody in',
      async () => {
        const forged = { 'x-amzn-oidc-data': 'e30.e30.e30', 'x-amzn-oidc-identity': 'operator' };
        const { headers, status } = await ask({ path: '/console', headers: forged });
        if (status === 302 || status === 401) return undefined;
        // The network door has no console, and says so with a problem document. The 404 of a load balancer is text without a format:
        // there the rules of the console are missing.
        if (status === 404 && headers['content-type'] === PROBLEM) return undefined;
        return `${status}`;
      },
    ],
    [
      'another spelling of a path reaches no callback',
      async () => {
        for (const path of [
          '/v1//results/none',
          '/v1/results/%2e%2e/none',
          '/v1%2Fresults/none',
          '/v1/tasks/../results/none',
        ]) {
          const { status } = await ask({ path, method: 'POST', headers: { 'content-type': 'application/json' } });
          if (status < 400 || status >= 500) return `${status} for POST ${path}`;
        }
        return undefined;
      },
    ],
    // On AWS a gateway listens on port 443. With another port it runs elsewhere, and port 80 may belong to something else.
    ...(port === '' ? [['nothing listens without TLS on port 80', () => refusesClear(hostname)] as const] : []),
  ];
};

/** Does not use `fetch`, which normalizes paths, methods and `Host`. */
const answerOf = (origin: string, options: RequestOptions): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname: servername } = new URL(origin);
    // Without a server name, Node compares the certificate with the header `Host`. A server name is never an address (RFC 6066 §3).
    const certified = isIP(servername) === 0 ? { servername } : {};
    const all = { ...options, ...certified, agent: false as const, timeout: TIMEOUT_MILLISECONDS };
    const request = requestHttps(origin, all, (response) => {
      response.resume();
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
      response.once('error', reject);
    });
    request.once('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MILLISECONDS / 1000} s`)));
    request.once('error', reject);
    request.end();
  });

const overHttp2 = (origin: string, ca: string | undefined): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const session = connectHttp2(origin, ca === undefined ? {} : { ca });
    session.once('error', reject);
    session.setTimeout(TIMEOUT_MILLISECONDS, () => session.destroy(new Error('no answer')));
    const stream = session.request({ ':path': DOCUMENT });
    stream.once('error', reject);
    stream.once('response', ({ ':status': status }) => {
      stream.close();
      session.close();
      resolve(status === 200 ? undefined : `${status}`);
    });
    stream.end();
  });

const refusesClear = (hostname: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ host: hostname, port: 80, timeout: TIMEOUT_MILLISECONDS });
    const end = (found: string | undefined) => {
      socket.destroy();
      resolve(found);
    };
    socket.once('connect', () => end('a connection'));
    // Packets to a closed port of a security group are dropped.
    socket.once('timeout', () => end(undefined));
    socket.once('error', () => end(undefined));
  });
