import { type ContenderProcess, startContender } from '../harness/contender-process.ts';
import { buildContenders, variablesOf } from '../harness/contenders.ts';
import { forge, withHeader } from '../harness/invalid-tokens.ts';
import { openLink } from '../harness/latency-proxy.ts';
import { createRounds, measureOf, POSTERN } from '../harness/measure.ts';
import { ORIGIN } from '../harness/names.ts';
import type { PartResult } from '../harness/result.ts';
import { inTurn } from '../harness/statistics.ts';
import { anEvent, type Callback, openWorld, type World } from '../harness/test-bed.ts';

const CALLBACKS = 200;
const WARM_UP = 300;
/** Of forged tokens, whose rate is compared: as many before it as V8 takes to compile what is hot. */
const FORGED = 2_000;

/** One way to be refused, in the order of checks. */
interface Refused {
  readonly code: string;
  readonly status: number;
  /** What the peer answers to the same; not measured where it has no such check, or another order. */
  readonly peer?: number;
  readonly limit?: number;
  /** In a round, and before the first. */
  readonly count?: number;
  make(world: World, count: number): Promise<readonly object[]>;
}

const pathOf = ({ taskId }: Callback): string => `/v1/results/${taskId}`;

/** Events of good callbacks, each changed in one thing. */
const changed =
  (change: (callback: Callback, before: Callback) => object, claims = {}): Refused['make'] =>
  async (world, count) => {
    const callbacks = await world.callbacks(count, claims);
    return callbacks.map((callback, i) => change(callback, callbacks.at(i - 1) as Callback));
  };

const withToken = (token: (callback: Callback, before: Callback) => string | undefined, claims = {}) =>
  changed((callback, before) => anEvent(pathOf(callback), token(callback, before)), claims);

const expired = () => {
  const iat = Math.floor(Date.now() / 1000) - 3_600;
  return { iat, nbf: iat, exp: iat + 600 };
};

const REFUSED: readonly Refused[] = [
  {
    code: 'method_not_allowed',
    status: 405,
    make: changed((callback) => anEvent(pathOf(callback), callback.token, { httpMethod: 'PUT' })),
  },
  { code: 'token_missing', status: 401, peer: 401, make: withToken(() => undefined) },
  {
    code: 'token_malformed',
    status: 401,
    peer: 401,
    make: withToken(({ token }) => token.slice(0, token.lastIndexOf('.'))),
  },
  {
    code: 'token_header_refused',
    status: 401,
    peer: 401,
    make: withToken(({ token }) => withHeader(token, { alg: 'none' })),
  },
  {
    code: 'token_key_unknown',
    status: 401,
    make: withToken(({ token }) => withHeader(token, { kid: 'somebody-elses' })),
  },
  {
    code: 'token_signature_invalid',
    status: 401,
    peer: 401,
    limit: 401,
    count: FORGED,
    make: withToken(({ token }, before) => forge(token, before.token)),
  },
  {
    code: 'token_audience_invalid',
    status: 401,
    peer: 401,
    make: withToken(({ token }) => token, { aud: `${ORIGIN}/v1/failures` }),
  },
  {
    code: 'token_path_mismatch',
    status: 403,
    peer: 403,
    make: withToken(({ token }) => token, { path: '/v1/results/another' }),
  },
  {
    code: 'payload_invalid',
    status: 422,
    peer: 422,
    make: changed((callback) => anEvent(pathOf(callback), callback.token, { body: '{"text":"Total 42.00"}' })),
  },
  {
    code: 'token_expired',
    status: 401,
    make: async (world, count) => withToken(({ token }) => token, expired())(world, count),
  },
];

/** What each refusal costs, the cheapest check first. */
export const refuse = async (rounds: number): Promise<PartResult> => {
  const contenders = await buildContenders();
  const world = await openWorld();
  const link = await openLink(world.engine.endpoint, 0);
  const gathered = createRounds();
  const processes = new Map<string, ContenderProcess>();
  const run = async (name: string, refused: Refused, count: number) => {
    const expected = name === POSTERN ? refused.status : refused[name as 'peer' | 'limit'];
    if (expected === undefined) return;
    const events = await refused.make(world, count);
    await link.requests();
    const done = await (processes.get(name) as ContenderProcess).work({
      events,
      concurrency: 1,
      expected,
      ...(name === POSTERN && { containing: `"code":"${refused.code}"` }),
    });
    return { ...done, requests: await link.requests() };
  };
  try {
    for (const { folder, name } of contenders) {
      processes.set(name, await startContender(folder, variablesOf(world, link.endpoint)));
    }
    for (const { name } of contenders)
      for (const refused of REFUSED) await run(name, refused, refused.count ?? WARM_UP);
    for (let round = 0; round < rounds; round += 1) {
      for (const refused of REFUSED) {
        for (const { name } of inTurn(contenders, round)) {
          const count = refused.count ?? CALLBACKS;
          const done = await run(name, refused, count);
          if (done === undefined) continue;
          gathered.add(`cpu ${refused.code}`, name, done.cpuMicroseconds / count);
          gathered.add(`rate ${refused.code}`, name, (count / done.milliseconds) * 1000);
          gathered.add(`requests ${refused.code}`, name, done.requests / count);
        }
      }
    }
  } finally {
    for (const process of processes.values()) await process.stop();
    link.stop();
    await world.close();
  }
  const measures = REFUSED.flatMap(({ code }) => [
    measureOf(`\`${code}\`, processor time`, 'µs', false, gathered.of(`cpu ${code}`)),
  ]);
  const asked = REFUSED.filter(({ code }) => gathered.of(`requests ${code}`)[POSTERN]?.some((count) => count > 0));
  const forged = 'forged tokens refused, 1 at a time';
  return {
    part: 'refuse',
    title: 'A callback, refused',
    method: `${CALLBACKS} callbacks a round and contender, ${FORGED} with forged tokens, 1 at a time, ${rounds} rounds, in turn; Postern also had to give the code, log and count each. The peer is left out where it has no such check or asks a network first. DynamoDB was asked ${asked.length === 0 ? 'by none of them' : `by ${asked.map(({ code }) => `\`${code}\``).join(', ')} alone, whether it is a repeat of a use that was recorded in time`}.`,
    contenders: Object.fromEntries(contenders.map(({ description, name }) => [name, description])),
    measures: [measureOf(forged, '1/s', true, gathered.of('rate token_signature_invalid')), ...measures],
    pictured: [forged, '`token_malformed`, processor time', '`payload_invalid`, processor time'],
  };
};
