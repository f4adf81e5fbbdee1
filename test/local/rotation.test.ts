import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { SigningKeyView } from '../../lambda/contract/operator-api.ts';
import type { FunctionHost } from '../../local/functions/function-host.ts';
import { type Gateway, startGateway } from '../../local/gateway.ts';
import { synthesizeLocal } from '../../local/template/synthesize-local.ts';
import { requestAccessToken } from '../../scenario/access-token.ts';
import { EVENTUALLY } from '../support/patience.ts';

const seams = vi.hoisted(() => ({ clockFile: '', functions: [] as string[], host: undefined as unknown }));

// Functions run with a clock that the test sets; everything else is as it is.
vi.mock('../../local/functions/function-definition.ts', async (original) => {
  const actual = await original<typeof import('../../local/functions/function-definition.ts')>();
  const clock = fileURLToPath(new URL('../support/stop-clock.cjs', import.meta.url));
  return {
    ...actual,
    defineFunction: (...given: Parameters<typeof actual.defineFunction>) => {
      const definition = actual.defineFunction(...given);
      seams.functions.push(definition.name);
      const more = { NODE_OPTIONS: `--require ${clock}`, STOPPED_CLOCK_FILE: seams.clockFile };
      return { ...definition, environment: { ...definition.environment, ...more } };
    },
  };
});

// Keeps what calls functions.
vi.mock('../../local/functions/function-host.ts', async (original) => {
  const actual = await original<typeof import('../../local/functions/function-host.ts')>();
  return {
    ...actual,
    startFunctionHost: async (...given: Parameters<typeof actual.startFunctionHost>) => {
      const host = await actual.startFunctionHost(...given);
      seams.host = host;
      return host;
    },
  };
});

/** Seconds that the identity provider and the load balancer are behind, so that no access token is of the future. */
const BEHIND = 600;
const WEEK = 604_800;
const folder = mkdtempSync(join(tmpdir(), 'rotation-'));
const MachineDate = Date;
let behindMachine = 0;
/** The clock of the functions, in seconds since 1970. It stands still until the test moves it. */
let clock = Math.floor(Date.now() / 1_000);
let gateway: Gateway;
let accessToken: string;
let operatorToken: string;

/** Moves the clocks of all processes, and gets access tokens that are valid then. */
const at = async (seconds: number): Promise<void> => {
  setClocks(seconds);
  const { clients, idp } = gateway.ready;
  accessToken = await requestAccessToken(idp, clients.sender, 'task_read task_write');
  operatorToken = await requestAccessToken(idp, clients.operator, 'operator_read operator_write');
};

const setClocks = (seconds: number): void => {
  clock = seconds;
  behindMachine = MachineDate.now() - (seconds - BEHIND) * 1_000;
  // In one step, because functions read the file at any time.
  writeFileSync(`${seams.clockFile}.new`, `${seconds}`);
  renameSync(`${seams.clockFile}.new`, seams.clockFile);
};

/** The clock of this process, with the identity provider and the load balancer. It goes on between two moves. */
class MovedDate extends MachineDate {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(MachineDate.now() - behindMachine);
    else super(...(given as [number]));
  }
  static override now(): number {
    return MachineDate.now() - behindMachine;
  }
}

beforeAll(async () => {
  seams.clockFile = join(folder, 'clock');
  vi.stubGlobal('Date', MovedDate);
  setClocks(clock);
  gateway = await startGateway({
    synthesize: synthesizeLocal,
    gatewayPort: 0,
    idpPort: 0,
    signing: 'rotating',
    webhookOrigin: 'http://127.0.0.1:5000',
    dataFolder: folder,
    readyFile: join(folder, 'ready.json'),
    signal: new AbortController().signal,
    say: () => undefined,
  });
  await at(clock);
});
afterAll(async () => {
  await gateway?.stop();
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true, force: true });
});

interface Callback {
  readonly url: string;
  readonly token?: string;
}
interface Opened {
  readonly status: number;
  readonly taskId: string;
  readonly result: Callback;
  /** Key of the token; undefined for a short code, and if the task was not opened. */
  readonly kid: string | undefined;
}
interface Answer {
  readonly status: number;
  readonly code: unknown;
}

const post = (path: string, body: object, token: string) =>
  fetch(`${gateway.ready.gateway}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const readOpened = async (response: Response): Promise<Opened> => {
  const { callbacks, taskId = '' } = (await response.json()) as {
    readonly taskId?: string;
    readonly callbacks?: { readonly result: Callback };
  };
  const result = callbacks?.result ?? { url: '' };
  const kid = result.token === undefined ? undefined : decodeProtectedHeader(result.token).kid;
  return { status: response.status, taskId, result, kid };
};
const open = async (processor = 'header-ocr'): Promise<Opened> =>
  readOpened(await post('/v1/tasks', { processor, resource: 'invoice-1', expiresIn: WEEK }, accessToken));
const deliver = async ({ result: { token, url } }: Opened): Promise<Answer> => {
  const headers = { 'content-type': 'text/plain', ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method: 'POST', headers, body: 'Total 42.00' });
  return { status: response.status, code: ((await response.json()) as { readonly code?: string }).code };
};

const listKeys = async (): Promise<readonly SigningKeyView[]> => {
  const headers = { authorization: `Bearer ${operatorToken}` };
  const response = await fetch(`${gateway.ready.gateway}/v1/operator/keys`, { headers });
  expect(response.status).toBe(200);
  return ((await response.json()) as { readonly keys: readonly SigningKeyView[] }).keys.toReversed();
};
const states = async () => (await listKeys()).map(({ state }) => state);
const publishedKids = async (): Promise<readonly string[]> => {
  const response = await fetch(`${gateway.ready.gateway}/.well-known/jwks.json`);
  return ((await response.json()) as { readonly keys: readonly { readonly kid: string }[] }).keys.map(({ kid }) => kid);
};

const retire = async (kid: string | undefined): Promise<void> => {
  const response = await post(`/v1/operator/keys/${kid}/retire`, { reason: 'An exercise.' }, operatorToken);
  expect(await response.json()).toMatchObject({ kid, state: 'retired', retiredAt: isoOf(clock) });
};
const isoOf = (seconds: number) => new MachineDate(seconds * 1_000).toISOString();
const secondsOf = (time = '') => MachineDate.parse(time) / 1_000;

/** Two runs of the rotation at the same time. */
const rotateTwice = async (): Promise<void> => {
  const name = seams.functions.find((each) => each.endsWith('rotate-signing-key')) ?? '';
  await Promise.all([1, 2].map(() => (seams.host as FunctionHost).invoke(name, {})));
};

interface Cycle extends Opened {
  readonly delivered: Answer | undefined;
}

/** Opens a task and delivers its result at once, again and again, by three callers. */
const startLoad = () => {
  let isOver = false;
  let begun = 0;
  const cycles: (Cycle & { readonly number: number })[] = [];
  const work = async (): Promise<void> => {
    while (!isOver) {
      begun += 1;
      const number = begun;
      const opened = await open();
      cycles.push({ ...opened, number, delivered: opened.status === 201 ? await deliver(opened) : undefined });
    }
  };
  const workers = Promise.all([work(), work(), work()]);
  onTestFinished(async () => {
    isOver = true;
    await workers;
  });
  return {
    /** Returns 15 cycles that began after this call. */
    next: async (): Promise<readonly Cycle[]> => {
      const before = begun;
      const later = () => cycles.filter(({ number }) => number > before);
      await expect.poll(() => later().length, EVENTUALLY).toBeGreaterThanOrEqual(15);
      return later();
    },
    /** Ends the load. Returns all its cycles. */
    stop: async (): Promise<readonly Cycle[]> => {
      isOver = true;
      await workers;
      return cycles;
    },
  };
};

const outcomes = (cycles: readonly Cycle[]) => [
  ...new Set(cycles.map(({ delivered, status }) => `${status} ${delivered?.status ?? ''}`.trim())),
];
const kidsOf = (cycles: readonly Cycle[]) => [...new Set(cycles.map(({ kid }) => kid))];

const GOOD = ['201 200'];
const DEAD = { status: 401, code: 'token_key_unknown' };

describe('while tasks are opened and delivered without a pause', () => {
  let retiredAt: number;
  let short: Opened;
  let held: Opened;

  test('two runs of the rotation at once add no key to the one that signs and the next one', async () => {
    await at(clock + 100);
    const load = startLoad();
    await Promise.all([load.next(), rotateTwice()]);
    expect(outcomes(await load.stop())).toEqual(GOOD);
    expect(await states()).toEqual(['signing', 'next']);
  });

  test('O3 a retirement refuses tokens of its key alone, and the next key takes over within 60 s', async () => {
    [held, short] = await Promise.all([open(), open('short-ocr')]);
    const [one, two] = await listKeys();
    expect(held.kid).toBe(one?.kid);
    const load = startLoad();
    retiredAt = clock;
    await Promise.all([retire(one?.kid), rotateTwice(), load.next()]);
    await expect.poll(states, EVENTUALLY).toEqual(['retired', 'signing', 'next']);
    await at(retiredAt + 60);
    expect(kidsOf(await load.next())).toEqual([two?.kid]);
    const cycles = await load.stop();
    for (const { delivered, kid, status } of cycles) {
      expect(status).toBe(201);
      if (kid === one?.kid) expect([200, 401]).toContain(delivered?.status);
      else expect(delivered?.status).toBe(200);
    }
    for (let time = 0; time < 4; time += 1) expect(await deliver(held)).toEqual(DEAD);
    expect(await publishedKids()).toEqual(expect.arrayContaining([two?.kid, (await listKeys())[2]?.kid]));
    expect(await publishedKids()).not.toContain(one?.kid);
  });

  test('O3 short codes go on after the key of their time was retired', async () => {
    expect((await deliver(short)).status).toBe(200);
  });

  test('O3 two retirements in a minute lead to 503 until the new key was published for 65 s', async () => {
    await at(retiredAt + 70);
    const [, two, three] = await listKeys();
    const load = startLoad();
    expect(kidsOf(await load.next())).toEqual([two?.kid]);
    held = await open();
    const young = await open('short-ocr');
    await retire(two?.kid);
    await retire(three?.kid);
    retiredAt = clock;
    await expect.poll(states, EVENTUALLY).toEqual(['retired', 'retired', 'retired', 'next', 'next']);
    const [, , , four] = await listKeys();
    for (const seconds of [60, 64]) {
      await at(retiredAt + seconds);
      expect(outcomes(await load.next())).toEqual(['503']);
    }
    expect(await deliver(held)).toEqual(DEAD);
    expect((await deliver(young)).status).toBe(200);
    await at(retiredAt + 65);
    const cycles = await load.next();
    expect([outcomes(cycles), kidsOf(cycles)]).toEqual([GOOD, [four?.kid]]);
    for (const { delivered, kid } of await load.stop()) {
      if (kid === four?.kid) expect(delivered?.status).toBe(200);
    }
  });

  test('O3 a callback that is issued anew after the retirement is accepted', async () => {
    const again = await readOpened(await post(`/v1/tasks/${held.taskId}/callbacks`, {}, accessToken));
    expect(again.kid).toBe((await listKeys())[3]?.kid);
    expect((await deliver(again)).status).toBe(200);
    expect(await deliver(held)).toEqual(DEAD);
  });

  test('T2 the next key takes over in the second in which a key ends, and no token dies', async () => {
    const [, , , four, five] = await listKeys();
    const end = secondsOf(four?.signUntil);
    await at(end - 1);
    held = await open();
    expect(held.kid).toBe(four?.kid);
    const load = startLoad();
    expect(kidsOf(await load.next())).toEqual([four?.kid]);
    await at(end);
    const [cycles] = await Promise.all([load.next(), rotateTwice()]);
    expect(kidsOf(cycles)).toEqual([five?.kid]);
    expect(outcomes(await load.stop())).toEqual(GOOD);
    // DynamoDB may have deleted the retired keys of a month ago.
    expect((await states()).filter((state) => state !== 'retired')).toEqual(['verifying', 'signing', 'next']);

    await at(end + WEEK - 1);
    expect((await deliver(held)).status).toBe(200);
    expect(await publishedKids()).toContain(four?.kid);
    await at(end + WEEK + 5);
    expect(await publishedKids()).not.toContain(four?.kid);
    expect(await deliver(held)).toEqual(DEAD);
  });
});
