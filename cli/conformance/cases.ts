import { CONFORMANCE_CASES, type ConformanceCaseId } from '../../lambda/contract/conformance.ts';
import type { ConformanceCase } from './case.ts';
import { CORRECTION_CASES } from './cases/corrections.ts';
import { DPOP_NONCE_CASE } from './cases/dpop-nonce.ts';
import { REQUEST_FORM_CASES } from './cases/request-form.ts';
import { RETRY_CASES } from './cases/retries.ts';
import { SECRET_CASES } from './cases/secrets.ts';
import { STOP_CASES } from './cases/stops.ts';
import { UPLOAD_CASE } from './cases/upload.ts';

const ALL: readonly ConformanceCase[] = [
  ...REQUEST_FORM_CASES,
  ...RETRY_CASES,
  ...STOP_CASES,
  ...CORRECTION_CASES,
  ...SECRET_CASES,
  DPOP_NONCE_CASE,
  UPLOAD_CASE,
];

/** Every case, in the order of `CONFORMANCE_CASES`. */
export const CASES: readonly ConformanceCase[] = CONFORMANCE_CASES.flatMap((id) =>
  ALL.filter((each) => each.id === id),
);

/** Returns cases in their own order. */
export const casesOf = (ids: readonly ConformanceCaseId[]): readonly ConformanceCase[] =>
  CASES.filter(({ id }) => ids.includes(id));
