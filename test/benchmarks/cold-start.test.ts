import { expect, test } from 'vitest';
import { type CpuProfile, groupColdStart } from '../../benchmarks/harness/cold-start.ts';
import { modulesOf } from '../../benchmarks/harness/profile-categories.ts';

const BUNDLE = `"use strict";
// lambda/shared/aws/kms.ts
var getPublicKey = () => request();
// lambda/shared/aws/exchange.ts
var request = () => 1;
// lambda/functions/receive/handler.ts
var handler = () => request();`;

/** Each sample is a stack, its innermost function last, and lasts 10 µs. */
const profileOf = (
  ...stacks: readonly (readonly [functionName: string, line?: number, url?: string][])[]
): CpuProfile => {
  const nodes: { id: number; callFrame: CpuProfile['nodes'][number]['callFrame']; children: number[] }[] = [];
  const samples = stacks.map((stack) => {
    for (const [i, [functionName, line = 0, url = line > 0 ? 'file:///bundle/index.js' : '']] of stack.entries()) {
      const id = nodes.length + 1;
      if (i > 0) nodes.at(-1)?.children.push(id);
      nodes.push({ id, callFrame: { functionName, url, lineNumber: line - 1 }, children: [] });
    }
    return nodes.length;
  });
  return { nodes, samples, startTime: 1000, timeDeltas: samples.map(() => 10) };
};

const grouped = (profile: CpuProfile, stretches = [{ from: 0, to: 10_000 }]) =>
  Object.fromEntries(
    Object.entries(groupColdStart(profile, stretches, modulesOf(BUNDLE))).filter(
      ([, microseconds]) => microseconds > 0,
    ),
  );

/** Ends a profile: the last sample has no end of its own. */
const END = [['(root)']] as [string][];

test('a moment belongs to what it was for, not to the function that was at work', () => {
  const profile = profileOf(
    [
      ['handler', 7],
      ['request', 5],
    ],
    [
      ['handler', 7],
      ['getPublicKey', 3],
      ['request', 5],
    ],
    [
      ['handler', 7],
      ['compileForInternalLoader', 0, 'node:internal/bootstrap/realm'],
      ['', 0, 'node:_http_client'],
    ],
    [
      ['require', 0, 'node:internal/modules'],
      ['wrapSafe', 0, 'node:internal/modules/cjs/loader'],
    ],
    [['handler', 7]],
    [['(idle)']],
    [['handler', 7], ['(garbage collector)']],
    END,
  );
  expect(grouped(profile)).toEqual({
    requests: 10,
    'public key': 10,
    'modules of Node itself': 10,
    'code, compiled': 10,
    'everything else': 10,
    waiting: 10,
    'garbage collection': 10,
  });
});

test('what is before, between and after is not counted, and of a sample on an edge its part', () => {
  const profile = profileOf([['handler', 7]], [['handler', 7]], [['handler', 7]], END);
  const stretches = [
    { from: 1015, to: 1022 },
    { from: 1033, to: 1035 },
    { from: 2000, to: 3000 },
  ];
  expect(grouped(profile, stretches)).toEqual({ 'everything else': 9 });
});
