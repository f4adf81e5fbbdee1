import { type ContenderProcess, startContenders } from '../harness/contender-process.ts';
import { bundleBaseline, REGISTRY, variablesFor, writeContenders } from '../harness/contenders.ts';
import { withForeignSignature } from '../harness/invalid-tokens.ts';
import { countRounds, type Measure, measureOf, measureRounds, POSTERN, type Suite } from '../harness/measure.ts';
import { ORIGIN } from '../harness/names.ts';
import { openTestBed, type TestBed } from '../harness/test-bed.ts';

const CONTENDERS = {
  [POSTERN]: 'the verifier of callback tokens: signature, strict form, header, every claim',
  'aws-jwt-verify': 'signature, iss, aud, typ, exp',
  'fast-jwt': 'the same, without its cache, because each token comes once',
  jose: 'the same',
  jsonwebtoken: 'the same',
  limit: 'node:crypto on the signature, and nothing else',
} as const;

const FILES: Readonly<Record<keyof typeof CONTENDERS, string>> = {
  [POSTERN]: 'postern.ts',
  'aws-jwt-verify': 'aws-jwt-verify.mjs',
  'fast-jwt': 'fast-jwt.mjs',
  jose: 'jose.mjs',
  jsonwebtoken: 'jsonwebtoken.mjs',
  limit: 'limit.cjs',
};

const CONCURRENCIES = [1, 16] as const;
const TOKENS = 1_000;
/** Valid and invalid tokens in the check of each contender. */
const CHECKED = 5;

/** ES256 tokens, verified by Postern and by libraries. */
export const verify: Suite = async ({ amount, rounds }, defer) => {
  const files: Record<string, { readonly 'index.js': string }> = {};
  for (const [name, file] of Object.entries(FILES))
    files[name] = { 'index.js': await bundleBaseline(`verify/${file}`) };
  const contenders = writeContenders(files);
  const bed = await openTestBed(defer);
  const variables = { ...variablesFor(bed), REGISTRY: JSON.stringify(REGISTRY) };
  const processOf = await startContenders(defer, contenders, variables);
  const run = async (name: string, concurrency: number) =>
    processOf(name).work({ events: await bed.makeCallbacks(amount(TOKENS)), concurrency });
  for (const { name } of contenders) {
    await check(name, processOf(name), bed);
    await run(name, 16);
  }
  const measures: Measure[] = [];
  for (const concurrency of CONCURRENCIES) {
    const measured = await measureRounds(contenders, rounds, ({ name }) => run(name, concurrency));
    measures.push(measureOf(`tokens, ${concurrency} at a time`, '1/s', measured.perSecond));
    if (concurrency === 1) measures.push(measureOf('CPU time of a token, 1 at a time', 'µs', measured.cpuMicroseconds));
  }
  return {
    title: 'A token',
    method: `Fresh ES256 tokens, ${TOKENS} per round and contender, ${countRounds(rounds)}, in turn. Each contender first had to refuse forged tokens and, except for the limit, tokens for another audience.`,
    contenders: CONTENDERS,
    measures,
  };
};

/** @throws {Error} if a contender accepts an invalid token or refuses a valid one */
const check = async (name: string, process: ContenderProcess, bed: TestBed): Promise<void> => {
  const valid = await bed.makeCallbacks(CHECKED + 1);
  const otherAudience = await bed.makeCallbacks(CHECKED, { aud: `${ORIGIN}/v1/failures` });
  const forged = valid
    .slice(1)
    .map((callback, i) => ({ ...callback, token: withForeignSignature(callback.token, valid[i]?.token ?? '') }));
  const work = (events: readonly object[], expected: number) => process.work({ events, concurrency: 1, expected });
  await work(valid, 200);
  await work(forged, 401);
  if (name !== 'limit') await work(otherAudience, 401);
};
