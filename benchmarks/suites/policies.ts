import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CEDAR_FILE, POLICIES_FILE, POLICY_CODE_FILE, POLICY_MODULE_FILE } from '../../lambda/contract/policy.ts';
import type { PolicyDecision, Question } from '../../lambda/shared/policy/policy.ts';
import { readPolicies } from '../../lib/config/policies.ts';
import { buildAll } from '../../lib/functions/bundles.ts';
import { countRounds, measureOf, measureRounds, type Suite } from '../harness/measure.ts';

const VECTORS = fileURLToPath(new URL('../../test/vectors/rego/', import.meta.url));
const CHILD = fileURLToPath(new URL('../harness/policy-child.cjs', import.meta.url));
const LOAD = 'lambda/shared/policy/load.ts';
const CODE = { cedar: 'lambda/shared/policy/cedar.ts', rego: 'lambda/shared/policy/rego.ts' } as const;

const CONTENDERS = {
  rego: 'the policies of the guide in Rego, as a module',
  cedar: 'the same policies in Cedar',
} as const;

const DECISIONS = 2_000;
/** Processes of each contender in a round. */
const STARTS_PER_ROUND = 3;

const callbackFrom = (source: string, age: number): Question => ({
  principal: { type: 'Processor', id: 'acme-ocr', attributes: { proof: 'none' } },
  action: 'result',
  resource: {
    type: 'Task',
    id: 'AAAAAAAAAAAAAAAAAAAAAA',
    attributes: { processor: 'acme-ocr', resource: 'invoice-77' },
  },
  context: { source, carrier: 'header', proof: 'none', size: 1_024, contentType: 'application/json', age },
});

const cancellation = (type: 'Sender' | 'Operator', reason: string): Question => ({
  principal:
    type === 'Sender'
      ? { type, id: 'orders-portal', attributes: {}, application: 'orders' }
      : { type, id: 'user-1', attributes: { issuer: 'https://idp.example' } },
  action: 'cancel',
  resource: {
    type: 'Task',
    id: 'AAAAAAAAAAAAAAAAAAAAAA',
    attributes: { processor: 'acme-ocr' },
    application: 'orders',
  },
  context: { reason, protected: true },
});

/** Questions about the policies of the guide, with the policies that decide. */
const QUESTIONS: readonly (readonly [question: Question, ...decisive: string[]])[] = [
  [callbackFrom('192.0.2.7', 60), 'callbacks'],
  [callbackFrom('198.51.100.7', 60), 'acme-from-its-office'],
  [callbackFrom('192.0.2.7', 90_000), 'old-tokens-need-a-proof'],
  [cancellation('Sender', ''), 'orders-is-read-only'],
  [cancellation('Operator', 'INC-7'), 'operators'],
  [cancellation('Operator', 'no incident'), 'operators-name-an-incident'],
];

interface Asked {
  readonly firstMilliseconds: number;
  readonly firstCpuMilliseconds: number;
  readonly decisionCpuMicroseconds: number;
  readonly decisions: readonly PolicyDecision[];
}

/** Decisions of the policies of an environment, in both languages. */
export const policies: Suite = async ({ amount, rounds }, defer) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-policies-'));
  defer(() => rmSync(folder, { recursive: true, force: true }));
  const questions = join(folder, 'questions.json');
  writeFileSync(questions, JSON.stringify(QUESTIONS.map(([question]) => question)));
  const { texts } = await buildAll([LOAD, ...Object.values(CODE)]);
  const contenders = (['rego', 'cedar'] as const).map((name) => {
    const own = join(folder, name);
    mkdirSync(own);
    writeFileSync(join(own, 'load.js'), texts[LOAD] ?? '');
    writeFileSync(join(own, POLICY_CODE_FILE), texts[CODE[name]] ?? '');
    return { name, folder: own };
  });
  cpSync(join(VECTORS, 'guide.wasm'), join(folder, 'rego', POLICY_MODULE_FILE));
  const cedar = readPolicies(readFileSync(join(VECTORS, 'guide.cedar'), 'utf8'));
  writeFileSync(join(folder, 'cedar', POLICIES_FILE), JSON.stringify(cedar));
  const engine = dirname(createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs'));
  cpSync(join(engine, CEDAR_FILE), join(folder, 'cedar', CEDAR_FILE));
  const measured = await measureRounds(contenders, rounds * STARTS_PER_ROUND, async ({ folder: own, name }) => {
    const text = execFileSync(process.execPath, [CHILD, own, questions, `${amount(DECISIONS)}`], { encoding: 'utf8' });
    const { decisionCpuMicroseconds, decisions, firstCpuMilliseconds, firstMilliseconds } = JSON.parse(text) as Asked;
    check(name, decisions);
    return { firstMilliseconds, firstCpuMilliseconds, decisionCpuMicroseconds };
  });
  return {
    title: 'A decision of policies',
    method: `${QUESTIONS.length} questions in turn, ${countRounds(rounds)} of ${STARTS_PER_ROUND} new processes of each contender, ${DECISIONS} decisions in each after as many to warm up. The first decision has the reading of the files and the compilation.`,
    contenders: CONTENDERS,
    compared: 'rego',
    measures: [
      measureOf('load and first decision', 'ms', measured.firstMilliseconds, 'rego'),
      measureOf('CPU time of these', 'ms', measured.firstCpuMilliseconds, 'rego'),
      measureOf('CPU time of a further decision', 'µs', measured.decisionCpuMicroseconds, 'rego'),
    ],
  };
};

/** @throws {Error} if a decision is not the expected one */
const check = (contender: string, decisions: readonly PolicyDecision[]): void => {
  for (const [i, [{ action }, ...expected]] of QUESTIONS.entries()) {
    const decision = decisions[i];
    if (decision?.failed.length === 0 && decision.policies.join() === expected.join()) continue;
    throw new Error(
      `${contender} decides ${JSON.stringify(decision)} about question ${i}, "${action}"; expected ${expected}.`,
    );
  }
};
