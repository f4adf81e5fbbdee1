import type { lookup } from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test as base, describe, expect } from 'vitest';
import {
  type GuardOptions,
  guardedRequest,
  type OutgoingRequest,
} from '../../../../lambda/shared/egress/guarded-request.ts';

/** What the other party does with a connection when the request has arrived. */
type Play = (socket: Socket) => unknown;

const test = base
  /** A TCP server: it writes what a test says, so that an answer may be cut off anywhere. */
  .extend('party', { scope: 'file' }, async ({}, { onCleanup }) => {
    let play: Play = (socket) => socket.destroy();
    const sockets = new Set<Socket>();
    const requests: string[] = [];
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('data', (bytes) => {
        requests.push(bytes.toString('latin1'));
        play(socket);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onCleanup(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return {
      origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      requests,
      plays: (next: Play) => {
        play = next;
      },
    };
  })
  .extend(
    'send',
    ({ party }) =>
      (overrides: Partial<OutgoingRequest> = {}, options: Partial<GuardOptions> = {}) =>
        guardedRequest(
          {
            url: new URL(`${party.origin}/jobs`),
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: '{}',
            timeoutMilliseconds: 60_000,
            maxAnswerBytes: 8,
            ...overrides,
          },
          { egress: 'loopback', ...options },
        ),
  );

const NEVER_ANSWERS = ((_name: string, _options: unknown, _callback: unknown) => {}) as unknown as typeof lookup;

const write =
  (...parts: readonly string[]): Play =>
  (socket) => {
    for (const part of parts) socket.write(part);
  };

const writeAndEnd =
  (...parts: readonly string[]): Play =>
  (socket) =>
    socket.end(parts.join(''));

/** The connection is reset when the bytes have been read: the other side needs a moment for that. */
const writeAndReset =
  (bytes: string): Play =>
  (socket) =>
    socket.write(bytes, () => setImmediate(() => socket.resetAndDestroy()));

describe('the status of an answer', () => {
  test.for([
    ['whose body is whole', 'HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    ['whose body ends with the connection', 'HTTP/1.1 202 Accepted\r\n\r\nok', 'ok'],
    ['of the largest size', 'HTTP/1.1 202 Accepted\r\nContent-Length: 8\r\n\r\n12345678', '12345678'],
    ['that is one byte too large', 'HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\n123456789', undefined],
    ['without end', `HTTP/1.1 202 Accepted\r\n\r\n${'x'.repeat(100_000)}`, undefined],
    ['whose body is cut off', 'HTTP/1.1 202 Accepted\r\nContent-Length: 8\r\n\r\n1234', undefined],
    ['whose chunks are cut off', 'HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n12', undefined],
    ['whose chunks are none', 'HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', undefined],
    ['whose headers are cut off', 'HTTP/1.1 202 Accepted\r\nContent-Le', undefined],
    ['that is only its line', 'HTTP/1.0 202\r\n', undefined],
    ['whose headers are too large', `HTTP/1.1 202 Accepted\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, undefined],
    ['with two lengths', 'HTTP/1.1 202 Accepted\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12', undefined],
    [
      'after an interim one',
      'HTTP/1.1 103 Early AttemptQueues\r\nLink: a\r\n\r\nHTTP/1.1 202 OK\r\nContent-Length: 0\r\n\r\n',
      '',
    ],
    [
      'after an interim one, cut off',
      'HTTP/1.1 103 Early AttemptQueues\r\nLink: a\r\n\r\nHTTP/1.1 202 OK\r\nConte',
      undefined,
    ],
  ] as const)('%s is known', async ([, answer, body], { party, send }) => {
    party.plays(writeAndEnd(answer));
    expect(await send()).toMatchObject({ isAnswered: true, status: 202, body });
  });

  test.for([
    ['its body', 'HTTP/1.1 202 Accepted\r\nContent-Length: 8\r\n\r\n1234'],
    ['its headers', 'HTTP/1.1 202 Accepted\r\nContent-Length: 8\r\n'],
  ] as const)('is known if %s never ends', async ([, answer], { party, send }) => {
    party.plays(write(answer));
    expect(await send({ timeoutMilliseconds: 300 })).toMatchObject({ isAnswered: true, status: 202, body: undefined });
  });

  test('is known if the connection is reset after it', async ({ party, send }) => {
    party.plays(writeAndReset('HTTP/1.1 503 Unavailable\r\nContent-Length: 8\r\nRetry-After: 7\r\n\r\n1234'));
    expect(await send()).toMatchObject({ isAnswered: true, status: 503, body: undefined });
  });

  test.for([
    ['is late', write],
    ['is cut off', writeAndEnd],
    ['ends with a reset', writeAndReset],
  ] as const)('comes with the headers if its body %s', async ([, play], { party, send }) => {
    party.plays(play('HTTP/1.1 503 Unavailable\r\nContent-Length: 8\r\nRetry-After: 7\r\n\r\n1234'));
    expect(await send({ timeoutMilliseconds: 300 })).toMatchObject({ status: 503, headers: { 'retry-after': '7' } });
  });

  test('is 101 if the other party changes the protocol', async ({ party, send }) => {
    party.plays(write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n'));
    expect(await send()).toMatchObject({ isAnswered: true, status: 101, body: undefined });
  });

  test('is that of a redirect, which is not followed', async ({ party, send }) => {
    const before = party.requests.length;
    party.plays(writeAndEnd(`HTTP/1.1 307 Moved\r\nLocation: ${party.origin}/other\r\nContent-Length: 0\r\n\r\n`));
    expect(await send()).toMatchObject({ isAnswered: true, status: 307 });
    expect(party.requests.length - before).toBe(1);
  });
});

describe('a request without an answer', () => {
  test.for([
    ['a connection that is closed', writeAndEnd(), 'ECONNRESET'],
    ['a connection that is reset', (socket: Socket) => socket.resetAndDestroy(), 'ECONNRESET'],
    ['half a status line', writeAndEnd('HTTP/1.1 20'), 'ECONNRESET'],
    ['bytes that are no HTTP', writeAndEnd('220 mail.example.com ESMTP\r\n'), 'HPE_INVALID_CONSTANT'],
    ['an interim answer alone', writeAndEnd('HTTP/1.1 103 Early AttemptQueues\r\nLink: a\r\n\r\n'), 'ECONNRESET'],
  ] as const)('may have been received: %s', async ([, play, code], { party, send }) => {
    party.plays(play);
    expect(await send()).toEqual({ isAnswered: false, code, mayBeSent: true });
  });

  test('may have been received by a silent party', async ({ party, send }) => {
    party.plays(() => {});
    expect(await send({ timeoutMilliseconds: 300 })).toEqual({ isAnswered: false, code: 'TimedOut', mayBeSent: true });
  });

  test('was not received if there is no TLS, whatever the bytes look like', async ({ party, send }) => {
    party.plays(writeAndEnd('HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok'));
    const answer = await send({ url: new URL(`${party.origin.replace('http:', 'https:')}/jobs`) });
    expect(answer).toMatchObject({ isAnswered: false, mayBeSent: false });
  });

  test('was not received where nobody listens', async ({ send }) => {
    const answer = await send({ url: new URL('http://127.0.0.1:9/') });
    expect(answer).toEqual({ isAnswered: false, code: 'ECONNREFUSED', mayBeSent: false });
  });

  test('was not received if the time is over before the name is resolved', async ({ send }) => {
    const url = new URL('http://sent.example/');
    expect(await send({ url, timeoutMilliseconds: 50.5 }, { resolve: NEVER_ANSWERS })).toEqual({
      ...{ isAnswered: false, code: 'TimedOut', mayBeSent: false },
    });
  });

  test('was not received if a header cannot be written, and the code does not quote it', async ({ party, send }) => {
    const before = party.requests.length;
    const answer = await send({ headers: { authorization: 'Bearer a\r\nX-Admin: 1' } });
    expect(answer).toEqual({ isAnswered: false, code: 'ERR_INVALID_CHAR', mayBeSent: false });
    expect(party.requests.length).toBe(before);
  });
});
