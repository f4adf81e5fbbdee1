import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, describe, expect } from 'vitest';
import type { ReportedCase } from '../../../cli/conformance/report.ts';
import { runConformance } from '../../../cli/conformance/run.ts';
import type { Waits } from '../../../cli/conformance/waits.ts';
import {
  CONFORMANCE_CASES,
  type ConformanceCaseId,
  type ConformanceProofName,
} from '../../../lambda/contract/conformance.ts';
import { DEFECTS } from '../../support/conformance/defects.mjs';
import { aProofKey, PATIENT_WAITS, runOptions, startBreakable } from '../../support/conformance/kit.ts';

interface Defect {
  readonly id: ConformanceCaseId;
  readonly defect: string;
}

const BROKEN: readonly Defect[] = CONFORMANCE_CASES.flatMap((id) => DEFECTS[id].map((defect) => ({ id, defect })));

/** Processors that do not do what they should are judged after a short time. The others are judged by what they do. */
const OMITTING =
  /^(never|stops|announces-too-much|is-silent|announces|ignores|invents|reports-failure-at|drops-|cuts-|renames-|puts-|names-localhost)/;
const waitsFor = ({ defect }: Defect): Waits =>
  OMITTING.test(defect)
    ? { ...PATIENT_WAITS, retry: 1, quiet: 1 }
    : { ...PATIENT_WAITS, retryAfter: defect === 'tries-again-at-once' ? 60 : 1 };

const PROOFS: Readonly<Record<string, Exclude<ConformanceProofName, 'none'>>> = {
  'keeps-dpop-proof': 'dpop',
  'keeps-signature': 'http-signature',
  'keeps-webhook-time': 'standard-webhooks',
  'renews-webhook-id': 'standard-webhooks',
  'ignores-nonce': 'dpop',
  'invents-nonce': 'dpop',
};

const test = base
  .extend('folder', { scope: 'file' }, ({}, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-broken-'));
    onCleanup(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  })
  /** The verdict of the case about each defect. All run at the same time, because they mostly wait. */
  .extend('judged', { scope: 'file' }, async ({ folder }, { onCleanup }) => {
    const keys = await Promise.all(
      BROKEN.map(async ({ defect }) => {
        const name = PROOFS[defect];
        return name === undefined ? undefined : { name, ...(await aProofKey(name)) };
      }),
    );
    const logging = BROKEN.filter(({ id }) => id === 'no-token-in-output');
    const logOf = ({ defect }: Defect) => join(folder, `${defect}.log`);
    const optionsOf = (each: Defect) => {
      const found = keys[BROKEN.indexOf(each)];
      return { defect: each.defect, ...(found && { proof: found.name, key: found.key }) };
    };
    const silent = BROKEN.filter((each) => !logging.includes(each));
    const together = await startBreakable(silent.map(optionsOf));
    const alone = await Promise.all(logging.map((each) => startBreakable([optionsOf(each)], logOf(each))));
    onCleanup(async () => {
      for (const each of [together, ...alone]) await each.stop();
    });
    const startOf = (each: Defect): URL =>
      (together.starts[silent.indexOf(each)] ?? alone[logging.indexOf(each)]?.starts[0]) as URL;
    const cases = await Promise.all(
      BROKEN.map(async (each, i) => {
        const found = keys[i];
        const report = await runConformance(
          runOptions({
            start: startOf(each),
            cases: [each.id],
            waits: waitsFor(each),
            upload: each.id === 'upload',
            ...(found && { proof: found.proof }),
            // The output is judged after the quiet time.
            ...(logging.includes(each) && { logs: logOf(each), waits: { ...PATIENT_WAITS, quiet: 1 } }),
          }),
        );
        return [each.defect, report.cases[0] as ReportedCase] as const;
      }),
    );
    return new Map(cases);
  });

describe('the kit', () => {
  test('knows at least thirty defects, and one for each case', () => {
    expect(BROKEN.length).toBeGreaterThanOrEqual(30);
    expect(CONFORMANCE_CASES.filter((id) => DEFECTS[id].length === 0)).toEqual([]);
  });

  test.for(BROKEN.map(({ defect, id }) => [id, defect] as const))(
    'finds by %s that a processor %s',
    ([id, defect], { judged }) => {
      const found = judged.get(defect);
      expect(found).toMatchObject({ id, verdict: 'failed' });
      expect(found?.change).not.toBe('');
    },
  );
});
