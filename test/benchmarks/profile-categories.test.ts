import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  CALLBACK_CATEGORIES,
  type Categories,
  COLD_START_CATEGORIES,
  type CpuProfile,
  modulesOf,
  type Period,
  sumByCategory,
} from '../../benchmarks/harness/profile-categories.ts';

const MODULES = ['lambda/shared/aws/kms.ts', 'lambda/shared/aws/exchange.ts', 'lambda/functions/receive/handler.ts'];

/** `getPublicKey` is on line 3, `request` on line 5, `handler` on line 7. */
const BUNDLE = `"use strict";
// ${MODULES[0]}
var getPublicKey = () => request();
// ${MODULES[1]}
var request = () => 1;
// ${MODULES[2]}
var handler = () => request();`;

type Frame = readonly [functionName: string, line?: number, url?: string];

/** Each sample is a stack with its innermost function last, and lasts 10 µs. */
const profileOf = (...stacks: readonly (readonly Frame[])[]): CpuProfile => {
  const nodes: { id: number; callFrame: CpuProfile['nodes'][number]['callFrame']; children: number[] }[] = [];
  // The last sample has no end, so it does not count.
  const samples = [...stacks, [['(root)'] as const]].map((stack) => {
    for (const [i, [functionName, line = 0, url = line > 0 ? '/bundle/index.js' : '']] of stack.entries()) {
      const id = nodes.length + 1;
      if (i > 0) nodes.at(-1)?.children.push(id);
      nodes.push({ id, callFrame: { functionName, url, lineNumber: line - 1 }, children: [] });
    }
    return nodes.length;
  });
  return { nodes, samples, startTime: 1000, timeDeltas: samples.map(() => 10) };
};

const sum = (
  profile: CpuProfile,
  categories: Categories,
  scope: 'own' | 'stack',
  periods: readonly Period[] = [{ from: 0, to: 10_000 }],
) =>
  Object.fromEntries(
    Object.entries(sumByCategory(profile, periods, modulesOf(BUNDLE), categories, scope)).filter(
      ([, microseconds]) => microseconds > 0,
    ),
  );

test('the categories and this test name folders and files that exist', () => {
  const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const source = readFileSync(root('benchmarks/harness/profile-categories.ts'), 'utf8').replaceAll('\\/', '/');
  const inCategories = [...source.matchAll(/(lambda\/shared|benchmarks\/baselines)\/(\([^)]+\)|[a-z-]+)/g)].flatMap(
    ([, folder = '', names = '']) => names.split(/[()|]/).map((name) => `${folder}/${name}`),
  );
  expect(inCategories.length).toBeGreaterThan(8);
  const exists = (path: string) => ['', '.ts', '.cjs'].some((ending) => existsSync(root(`${path}${ending}`)));
  expect([...inCategories, ...MODULES].filter((path) => !exists(path))).toEqual([]);
});

describe('a sample of a cold start', () => {
  test('counts for the reason on its stack, not for the innermost function', () => {
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
    );
    expect(sum(profile, COLD_START_CATEGORIES, 'stack')).toEqual({
      requests: 10,
      'public key': 10,
      'modules of Node itself': 10,
      'compilation of the code': 10,
      'everything else': 10,
      waiting: 10,
      'garbage collection': 10,
    });
  });

  test('counts by its share inside the measured periods', () => {
    const profile = profileOf([['handler', 7]], [['handler', 7]], [['handler', 7]]);
    const periods = [
      { from: 1015, to: 1022 },
      { from: 1033, to: 1035 },
      { from: 2000, to: 3000 },
    ];
    expect(sum(profile, COLD_START_CATEGORIES, 'stack', periods)).toEqual({ 'everything else': 9 });
  });
});

describe('a sample of a callback', () => {
  const own = (...stacks: readonly (readonly Frame[])[]) => sum(profileOf(...stacks), CALLBACK_CATEGORIES, 'own');

  test('counts for the module of the innermost function', () => {
    expect(
      own(
        [
          ['handler', 7],
          ['request', 5],
        ],
        [['handler', 7]],
      ),
    ).toEqual({
      'AWS client': 10,
      'everything else': 10,
    });
  });

  test('counts for the purpose of a module of Node', () => {
    const node = (url: string): readonly Frame[] => [['', 1, url]];
    expect(
      own(
        node('node:internal/crypto/sig'),
        node('node:internal/crypto/hash'),
        node('node:_http_client'),
        node('node:internal/stream_base_commons'),
        [['(garbage collector)']],
        [['(program)']],
      ),
    ).toEqual({
      'signature of the token': 10,
      'keys, hashes, HMACs': 10,
      'HTTP, sockets, streams': 20,
      'garbage collection': 10,
      'outside of JavaScript': 10,
    });
  });

  test('counts for the caller if V8 has no file for the function', () => {
    expect(own([['request', 5], ['toString']])).toEqual({ 'AWS client': 10 });
  });

  test('does not count while the process waits', () => {
    expect(own([['(idle)']])).toEqual({});
  });
});
