import { createServer, type IncomingMessage, request as requestHttp } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request on its way to the gateway. */
export interface PassingRequest {
  readonly method: string;
  readonly target: string;
  /** Names as sent, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export interface PassingAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** The mistakes of a careless proxy. Requests of the sender API pass as they are. */
export interface Weakness {
  /** Changes a callback before it reaches the gateway, or answers it. */
  readonly request?: (request: PassingRequest) => PassingRequest | PassingAnswer;
  /** Changes the gateway's answer to a callback. */
  readonly answer?: (answer: PassingAnswer, request: PassingRequest) => PassingAnswer;
}

export interface WeakenedGateway {
  /** Origin of the stand-in. The callback URLs of tasks that are opened there have it. */
  readonly origin: string;
  close(): Promise<void>;
}

export const jsonAnswer = (status: number, body: object): PassingAnswer => ({
  status,
  headers: [['content-type', 'application/json']],
  body: Buffer.from(JSON.stringify(body)),
});

const isCallback = ({ target }: PassingRequest): boolean => /^\/+(v1\/+(?!tasks)|c\/|%)/i.test(target);

/**
 * Stand-in for a gateway that is broken in one way: a proxy on 127.0.0.1 in front of the running gateway. Callback URLs in
 * answers get its own origin, so that callbacks pass it too.
 */
export const openWeakenedGateway = async (gateway: string, weakness: Weakness): Promise<WeakenedGateway> => {
  let origin = '';
  const handle = async (incoming: IncomingMessage): Promise<PassingAnswer> => {
    const request = await readRequest(incoming);
    if (!isCallback(request)) {
      const answer = await forward(gateway, request);
      return { ...answer, body: Buffer.from(answer.body.toString().replaceAll(gateway, origin)) };
    }
    const changed = weakness.request?.(request) ?? request;
    if ('status' in changed) return changed;
    const answer = await forward(gateway, changed);
    return weakness.answer?.(answer, request) ?? answer;
  };
  const server = createServer({ requireHostHeader: false }, async (incoming, outgoing) => {
    const { body, headers, status } = await handle(incoming).catch(() => jsonAnswer(502, {}));
    const own = headers.filter(([name]) => !/^(connection|content-length|transfer-encoding|keep-alive)$/i.test(name));
    outgoing.writeHead(status, [...own, ['content-length', String(body.length)]].flat()).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const readRequest = async (incoming: IncomingMessage): Promise<PassingRequest> => ({
  method: incoming.method ?? '',
  target: incoming.url ?? '',
  headers: pairsOf(incoming.rawHeaders),
  body: await buffer(incoming),
});

const forward = (gateway: string, { body, headers, method, target }: PassingRequest): Promise<PassingAnswer> =>
  new Promise((resolve, reject) => {
    const own = headers.filter(([name]) => !/^(connection|content-length|transfer-encoding)$/i.test(name));
    const lines = [...own, ['content-length', String(body.length)]].flat();
    const outgoing = requestHttp(gateway, { method, path: target, headers: lines }, async (incoming) => {
      const answer = { status: incoming.statusCode ?? 0, headers: pairsOf(incoming.rawHeaders) };
      resolve({ ...answer, body: await buffer(incoming) });
    });
    outgoing.on('error', reject).end(body);
  });

const pairsOf = (raw: readonly string[]): readonly (readonly [string, string])[] =>
  Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i] ?? '', raw[2 * i + 1] ?? '']);
