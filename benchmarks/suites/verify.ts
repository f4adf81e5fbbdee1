import { type ContenderProcess, startContender } from '../harness/contender-process.ts';
import { bundle, layOut, REGISTRY, variablesOf } from '../harness/contenders.ts';
import { forge } from '../harness/invalid-tokens.ts';
import { createRounds, measureOf, POSTERN } from '../harness/measure.ts';
import { ORIGIN } from '../harness/names.ts';
import type { PartResult } from '../harness/result.ts';
import { inTurn } from '../harness/statistics.ts';
import { openWorld, type World } from '../harness/test-bed.ts';

const DESCRIPTIONS = {
  [POSTERN]: 'the verifier of callback tokens: signature, strict form, header, every claim',
  'aws-jwt-verify': 'signature, iss, aud, typ, exp',
  'fast-jwt': 'the same, without its cache: each token comes once',
  jose: 'the same',
  jsonwebtoken: 'the same',
  limit: 'node:crypto on the signature, and nothing else',
} as const;

const CONCURRENCIES = [1, 16] as const;
const TOKENS = 1_000;
const WARM_UP = 1_000;
/** Tokens that every contender has to judge before it is measured. */
const JUDGED = 5;

const FILES = {
  [POSTERN]: 'postern.ts',
  'aws-jwt-verify': 'aws-jwt-verify.mjs',
  'fast-jwt': 'fast-jwt.mjs',
  jose: 'jose.mjs',
  jsonwebtoken: 'jsonwebtoken.mjs',
  limit: 'limit.cjs',
} as const satisfies Record<keyof typeof DESCRIPTIONS, string>;

/** Verified ES256 tokens, by the verifier and by libraries for it. */
export const verify = async (rounds: number): Promise<PartResult> => {
  const files: Record<string, { readonly 'index.js': string }> = {};
  for (const [name, file] of Object.entries(FILES)) {
    files[name] = { 'index.js': await bundle(`benchmarks/baselines/verify/${file}`) };
  }
  const contenders = layOut(files, DESCRIPTIONS);
  const world = await openWorld();
  const gathered = createRounds();
  const processes = new Map<string, ContenderProcess>();
  try {
    const variables = { ...variablesOf(world), REGISTRY: JSON.stringify(REGISTRY) };
    for (const { folder, name } of contenders) processes.set(name, await startContender(folder, variables));
    for (const [name, process] of processes) await judge(name, process, world);
    const run = async (process: ContenderProcess, count: number, concurrency: number) =>
      process.work({ events: await world.callbacks(count), concurrency, expected: 200 });
    for (const process of processes.values()) await run(process, WARM_UP, 16);
    for (let round = 0; round < rounds; round += 1) {
      for (const concurrency of CONCURRENCIES) {
        for (const { name } of inTurn(contenders, round)) {
          const done = await run(processes.get(name) as ContenderProcess, TOKENS, concurrency);
          gathered.add(`rate ${concurrency}`, name, (TOKENS / done.milliseconds) * 1000);
          gathered.add(`cpu ${concurrency}`, name, done.cpuMicroseconds / TOKENS);
        }
      }
    }
  } finally {
    for (const process of processes.values()) await process.stop();
    await world.close();
  }
  return {
    part: 'verify',
    title: 'A token, verified',
    method: `Fresh ES256 tokens, ${TOKENS} a round and contender, ${rounds} rounds, in turn. Before, each had to refuse a forged token and, but for the limit, one for another audience.`,
    contenders: DESCRIPTIONS,
    measures: [
      measureOf('tokens, 1 at a time', '1/s', true, gathered.of('rate 1')),
      measureOf('tokens, 16 at a time', '1/s', true, gathered.of('rate 16')),
      measureOf('processor time of a token, 1 at a time', 'µs', false, gathered.of('cpu 1')),
    ],
    pictured: ['tokens, 1 at a time', 'processor time of a token, 1 at a time'],
  };
};

/** @throws {Error} where a contender takes what it should refuse, or refuses what is good */
const judge = async (name: string, process: ContenderProcess, world: World): Promise<void> => {
  const good = await world.callbacks(JUDGED + 1);
  const elsewhere = await world.callbacks(JUDGED, { aud: `${ORIGIN}/v1/failures` });
  const forged = good.slice(1).map((each, i) => ({ ...each, token: forge(each.token, good[i]?.token ?? '') }));
  const work = (events: readonly object[], expected: number) => process.work({ events, concurrency: 1, expected });
  await work(good, 200);
  await work(forged, 401);
  if (name !== 'limit') await work(elsewhere, 401);
};
