import { startContenders } from '../harness/contender-process.ts';
import { buildCallbackContenders, CALLBACK_CONTENDERS, variablesFor } from '../harness/contenders.ts';
import { openDynamoDbProxy } from '../harness/dynamodb-proxy.ts';
import { withForeignSignature, withHeader } from '../harness/invalid-tokens.ts';
import { countRounds, measureOf, measureRounds, POSTERN, type Rounds, type Suite } from '../harness/measure.ts';
import { ORIGIN } from '../harness/names.ts';
import { anEvent, type Callback, openTestBed, resultPath, type TestBed } from '../harness/test-bed.ts';

const CALLBACKS = 200;
const WARM_UP = 300;
/** Callbacks with forged tokens: the rate is compared, so V8 must have compiled the hot code before. */
const FORGED = 2_000;

/** A reason to refuse a callback, in the order of the checks. */
interface Refusal {
  readonly code: string;
  readonly status: number;
  /** Status of the peer; absent if it has no such check or checks in another order. */
  readonly peer?: number;
  /** Status of the limit. */
  readonly limit?: number;
  /** Callbacks per round and before the first round. @default - 200 and 300 */
  readonly count?: number;
  events(bed: TestBed, count: number): Promise<readonly object[]>;
}

type Claims = Parameters<TestBed['makeCallbacks']>[1];

/** Makes events of valid callbacks, and changes one thing in each. */
const changed =
  (change: (callback: Callback, previous: Callback) => object, claims: () => Claims = () => ({})): Refusal['events'] =>
  async (bed, count) => {
    const callbacks = await bed.makeCallbacks(count, claims());
    return callbacks.map((callback, i) => change(callback, callbacks.at(i - 1) as Callback));
  };

const withToken = (token: (callback: Callback, previous: Callback) => string | undefined) =>
  changed((callback, previous) => anEvent(resultPath(callback.task.taskId), token(callback, previous)));

const withClaims = (claims: () => Claims) =>
  changed(({ task: { taskId }, token }) => anEvent(resultPath(taskId), token), claims);

const expired = () => {
  const iat = Math.floor(Date.now() / 1000) - 3_600;
  return { iat, nbf: iat, exp: iat + 600 };
};

const REFUSALS: readonly Refusal[] = [
  {
    code: 'method_not_allowed',
    status: 405,
    events: changed(({ task: { taskId }, token }) => anEvent(resultPath(taskId), token, { httpMethod: 'PUT' })),
  },
  { code: 'token_missing', status: 401, peer: 401, events: withToken(() => undefined) },
  {
    code: 'token_malformed',
    status: 401,
    peer: 401,
    events: withToken(({ token }) => token.slice(0, token.lastIndexOf('.'))),
  },
  {
    code: 'token_header_refused',
    status: 401,
    peer: 401,
    events: withToken(({ token }) => withHeader(token, { alg: 'none' })),
  },
  { code: 'token_key_unknown', status: 401, events: withToken(({ token }) => withHeader(token, { kid: 'unknown' })) },
  {
    code: 'token_signature_invalid',
    status: 401,
    peer: 401,
    limit: 401,
    count: FORGED,
    events: withToken(({ token }, previous) => withForeignSignature(token, previous.token)),
  },
  {
    code: 'token_audience_invalid',
    status: 401,
    peer: 401,
    events: withClaims(() => ({ aud: `${ORIGIN}/v1/failures` })),
  },
  {
    code: 'token_path_mismatch',
    status: 403,
    peer: 403,
    events: withClaims(() => ({ path: '/v1/results/another' })),
  },
  {
    code: 'payload_invalid',
    status: 422,
    peer: 422,
    events: changed(({ task: { taskId }, token }) =>
      anEvent(resultPath(taskId), token, { body: '{"text":"Total 42.00"}' }),
    ),
  },
  { code: 'token_expired', status: 401, events: withClaims(expired) },
];

/** Cost of each refusal. */
export const refuse: Suite = async ({ amount, rounds }, defer) => {
  const contenders = await buildCallbackContenders();
  const bed = await openTestBed(defer);
  const proxy = await openDynamoDbProxy(defer, bed.engine.endpoint);
  const processOf = await startContenders(defer, contenders, variablesFor(bed, proxy.endpoint));
  const run = async (name: string, refusal: Refusal, count: number) => {
    const expected = name === POSTERN ? refusal.status : refusal[name as 'peer' | 'limit'];
    if (expected === undefined) return undefined;
    const events = await refusal.events(bed, count);
    const containing = name === POSTERN ? `"code":"${refusal.code}"` : '';
    proxy.consumed();
    const times = await processOf(name).work({ events, concurrency: 1, expected, containing });
    return { ...times, requests: proxy.consumed().requests };
  };
  const measured: Record<string, Readonly<Record<string, Rounds>>> = {};
  for (const refusal of REFUSALS) {
    for (const { name } of contenders) await run(name, refusal, amount(refusal.count ?? WARM_UP));
  }
  for (const refusal of REFUSALS) {
    measured[refusal.code] = await measureRounds(contenders, rounds, ({ name }) =>
      run(name, refusal, amount(refusal.count ?? CALLBACKS)),
    );
  }
  const withRequests = REFUSALS.map(({ code }) => code).filter((code) =>
    measured[code]?.requests?.[POSTERN]?.some((count) => count > 0),
  );
  return {
    title: 'A refusal',
    method: `${CALLBACKS} callbacks per round and contender, ${FORGED} with forged tokens, 1 at a time, ${countRounds(rounds)}, in turn. Postern also had to answer with the code. The peer is omitted if it has no such check, or requests something from the network first. Refusals of Postern that call DynamoDB: ${withRequests.map((code) => `\`${code}\``).join(', ') || 'none'}.`,
    contenders: CALLBACK_CONTENDERS,
    measures: [
      measureOf('forged tokens refused, 1 at a time', '1/s', measured.token_signature_invalid?.perSecond),
      ...REFUSALS.map(({ code }) => measureOf(`\`${code}\`, CPU time`, 'µs', measured[code]?.cpuMicroseconds)),
    ],
  };
};
