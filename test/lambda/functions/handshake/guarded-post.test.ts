import type { lookup } from 'node:dns';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test as base, describe, expect, vi } from 'vitest';
import { guardedPost } from '../../../../lambda/functions/handshake/guarded-post.ts';
import { mayConnectTo } from '../../../../lambda/shared/egress/addresses.ts';

/** A resolver that returns these results, one after the other. */
const saying = (...answers: readonly (readonly string[])[]) => {
  let asked = 0;
  const resolve = ((_name: string, _options: unknown, callback: (error: null, addresses: unknown) => void) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }) as unknown as typeof lookup;
  return { resolve, count: () => asked };
};

const BODY = { hash: 'h', url: 'u' };

const test = base.extend('server', { scope: 'file' }, async ({}, { onCleanup }) => {
  let listener: RequestListener = (_, response) => response.end();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.host}`);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanup(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    serve: (next: RequestListener) => {
      listener = next;
    },
  };
});

describe('S1 an address that may be called', () => {
  test.each([
    '127.0.0.1',
    '127.255.255.255',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '2001:db8::1',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001::1',
    // 127.0.0.1 and the metadata service in obsolete forms.
    '::7f00:1',
    '::a9fe:a9fe',
    '::ffff:0:7f00:1',
    '64:ff9b:1::a9fe:a9fe',
    'fec0::1',
    '4000::1',
    'localhost',
    '',
    '127.1',
  ])('is not %s', (address) => {
    expect(mayConnectTo(address, 'public')).toBe(false);
  });

  test.each(['8.8.8.8', '93.184.216.34', '2606:4700::1111', '::ffff:8.8.8.8'])('is %s', (address) => {
    expect(mayConnectTo(address, 'public')).toBe(true);
    expect(mayConnectTo(address, 'loopback')).toBe(false);
  });

  test('on one machine is of this machine', () => {
    expect(mayConnectTo('127.0.0.1', 'loopback')).toBe(true);
    expect(mayConnectTo('10.0.0.1', 'loopback')).toBe(false);
  });
});

describe('S1 a guarded call', () => {
  test('brings JSON and gives status and body', async ({ server }) => {
    let got = '';
    server.serve((request, response) => {
      request.on('data', (chunk: Buffer) => {
        got += chunk.toString();
      });
      request.on('end', () => response.end('secret'));
    });
    const url = new URL(`http://127.0.0.1:${server.port}/confirm?a=b`);
    expect(await guardedPost(url, BODY, { egress: 'loopback' })).toEqual({ status: 200, body: 'secret' });
    expect(JSON.parse(got)).toEqual(BODY);
    expect(server.asked.at(-1)).toBe(`POST /confirm?a=b 127.0.0.1:${server.port}`);
  });

  test('follows no redirect', async ({ server }) => {
    server.serve((_, response) => response.writeHead(302, { location: `http://127.0.0.1:${server.port}/other` }).end());
    const before = server.asked.length;
    const { status } = await guardedPost(new URL(`http://127.0.0.1:${server.port}/`), BODY, { egress: 'loopback' });
    expect(status).toBe(302);
    expect(server.asked.length - before).toBe(1);
  });

  test.for([
    [4_096, true],
    [4_097, false],
  ] as const)('reads %i bytes: %s', async ([size, isRead], { server }) => {
    server.serve((_, response) => response.end('x'.repeat(size)));
    const answer = guardedPost(new URL(`http://127.0.0.1:${server.port}/`), BODY, { egress: 'loopback' });
    if (isRead) expect((await answer).body).toHaveLength(size);
    else await expect(answer).rejects.toThrow('too large');
  });

  test('is given 3 seconds', async ({ server }) => {
    server.serve((_, response) => response.end('secret'));
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    await guardedPost(new URL(`http://127.0.0.1:${server.port}/`), BODY, { egress: 'loopback' });
    expect(timeout.mock.calls).toEqual([[3_000]]);
    timeout.mockRestore();
  });

  test('ends with its time, though bytes still come', async ({ server }) => {
    const timers: NodeJS.Timeout[] = [];
    server.serve((_, response) => {
      response.writeHead(200);
      timers.push(setInterval(() => response.write('x'), 100));
    });
    await expect(
      guardedPost(new URL(`http://127.0.0.1:${server.port}/`), BODY, { egress: 'loopback' }),
    ).rejects.toThrow();
    for (const timer of timers) clearInterval(timer);
  });

  test.each([
    'http://callbacks.example.com/',
    'ftp://callbacks.example.com/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://10.0.0.1/',
  ])('to %s is not made from AWS', async (url) => {
    const { count, resolve } = saying(['93.184.216.34']);
    await expect(guardedPost(new URL(url), BODY, { egress: 'public', resolve })).rejects.toThrow('AddressRefused');
    expect(count()).toBe(0);
  });

  test.each([
    ['a private address', ['10.0.0.1']],
    ['the metadata service', ['169.254.169.254']],
    ['this machine', ['::1']],
    ['a private address among others', ['93.184.216.34', '192.168.0.1']],
  ])('to a name that is %s is not made from AWS', async (_, addresses) => {
    const { resolve } = saying(addresses);
    const call = guardedPost(new URL('https://callbacks.example.com/'), BODY, { egress: 'public', resolve });
    await expect(call).rejects.toThrow('AddressRefused');
  });

  test('to a name without an address fails', async () => {
    const { resolve } = saying([]);
    const call = guardedPost(new URL('https://callbacks.example.com/'), BODY, { egress: 'public', resolve });
    await expect(call).rejects.toThrow('ENOTFOUND');
  });

  test('connects to the very address that was checked: the name is resolved once', async ({ server }) => {
    server.serve((_, response) => response.end('here'));
    const { count, resolve } = saying(['127.0.0.1'], ['10.0.0.1']);
    const url = new URL(`http://callbacks.example.com:${server.port}/`);
    expect(await guardedPost(url, BODY, { egress: 'loopback', resolve })).toEqual({ status: 200, body: 'here' });
    expect(count()).toBe(1);
    expect(server.asked.at(-1)).toBe(`POST / callbacks.example.com:${server.port}`);
  });

  test('fails where nobody listens', async () => {
    await expect(guardedPost(new URL('http://127.0.0.1:9/'), BODY, { egress: 'loopback' })).rejects.toThrow();
  });
});
