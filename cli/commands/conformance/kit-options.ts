import { resolve } from 'node:path';
import { CARRIERS, type Carrier } from '../../../lambda/contract/carriers.ts';
import {
  CONFORMANCE_CASES,
  CONFORMANCE_CONTENT_TYPES,
  CONFORMANCE_PROOFS,
  CONFORMANCE_SECONDS,
  type ConformanceCaseId,
  type ConformanceProofName,
  type ConformanceWait,
  isConformanceCaseId,
  REPORT_FORMATS,
  type ReportFormat,
} from '../../../lambda/contract/conformance.ts';
import type { OptionValues } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import type { KitOptions } from '../../conformance/run.ts';
import type { Waits } from '../../conformance/waits.ts';
import type { Context } from '../../context.ts';
import { readDuration } from '../../durations.ts';
import { readInput } from '../../files.ts';

const PROOF_NAMES = Object.keys(CONFORMANCE_PROOFS) as readonly ConformanceProofName[];

const waitOption = (doc: string, name: ConformanceWait) =>
  ({ doc, value: 'DURATION', default: `${CONFORMANCE_SECONDS[name].default}s` }) as const;

/** Where a report goes. */
export const REPORT_OPTIONS = {
  format: {
    doc: 'format of the report (default: text, or json with -o json)',
    value: 'FORMAT',
    choices: REPORT_FORMATS,
  },
  out: { doc: 'new file for the report (default: stdout)', value: 'FILE' },
} as const;

/** What was agreed on with the processor, and how long the kit waits for it. */
export const KIT_OPTIONS = {
  case: { doc: 'only these cases', value: 'ID,ID' },
  carrier: { doc: 'where the processor gets the token', value: 'CARRIER', choices: CARRIERS, default: 'header' },
  proof: { doc: 'what the processor shows beside the token', value: 'PROOF', choices: PROOF_NAMES, default: 'none' },
  key: { doc: 'file with the key of the proof: a JWK, of which the public half is enough, or whsec_', value: '@FILE' },
  contentType: {
    doc: 'content types that were agreed on',
    value: 'TYPE,TYPE',
    default: CONFORMANCE_CONTENT_TYPES.join(','),
  },
  upload: { doc: 'the processor uploads large results: adds the case "upload"' },
  logs: { doc: 'file with the output of the processor: adds the case "no-token-in-output"', value: 'FILE' },
  deliveryWait: waitOption('time for the work of the processor, up to its first delivery', 'delivery'),
  retryWait: waitOption('time for the next attempt, after Retry-After is over', 'retry'),
  quietWait: waitOption('time without a request after which the processor counts as finished', 'quiet'),
  retryAfter: waitOption('value of Retry-After in the answers that test it', 'retryAfter'),
  ...REPORT_OPTIONS,
} as const;

type KitValues = OptionValues<typeof KIT_OPTIONS>;

/**
 * Reads the options that `run` and `serve` share.
 * @param port 0 picks a free one
 * @throws {CommandError} `usage`
 */
export const readKitOptions = async (context: Context, values: KitValues, port: number): Promise<KitOptions> => {
  const { SYSTEM_CLOCK } = await import('../../conformance/clock.ts');
  const { readProof } = await import('../../conformance/read-proof.ts');
  const name = PROOF_NAMES.find((each) => each === values.proof) ?? 'none';
  const carrier: Carrier = CARRIERS.find((each) => each === values.carrier) ?? 'header';
  if (name !== 'none' && carrier !== 'header') {
    throw new CommandError('usage', `--proof ${name} goes with --carrier header only.`, 'Leave out --carrier.');
  }
  const key = values.key === undefined ? undefined : await readInput(context, '--key', values.key);
  return {
    port,
    carrier,
    cases: readCases(values.case),
    proof: await readProof(name, key && new TextDecoder().decode(key)),
    contentTypes: readContentTypes(values.contentType),
    upload: values.upload,
    ...(values.logs !== undefined && { logs: resolve(context.cwd, values.logs) }),
    waits: readWaits(values),
    clock: SYSTEM_CLOCK,
    signal: context.signal,
  };
};

const listOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const readCases = (text: string | undefined): readonly ConformanceCaseId[] => {
  if (text === undefined) return CONFORMANCE_CASES;
  const ids = listOf(text);
  const unknown = ids.find((id) => !isConformanceCaseId(id));
  if (ids.length === 0 || unknown !== undefined) {
    throw new CommandError(
      'usage',
      `--case has ${unknown === undefined ? 'no case' : `"${unknown}", which is no case`}.`,
      `Give some of ${CONFORMANCE_CASES.join(', ')}.`,
    );
  }
  return ids.filter(isConformanceCaseId);
};

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/;

const readContentTypes = (text: string): readonly string[] => {
  const types = listOf(text.toLowerCase());
  const wrong = types.find((type) => !MEDIA_TYPE.test(type));
  if (types.length > 0 && wrong === undefined) return types;
  throw new CommandError(
    'usage',
    `--content-type has ${wrong === undefined ? 'no type' : `"${wrong}", which is no type`}.`,
    'Give media types without parameters, with commas between them: application/json,image/png.',
  );
};

const readWaits = (values: KitValues): Waits => ({
  delivery: readWait('--delivery-wait', values.deliveryWait, 'delivery'),
  retry: readWait('--retry-wait', values.retryWait, 'retry'),
  quiet: readWait('--quiet-wait', values.quietWait, 'quiet'),
  retryAfter: readWait('--retry-after', values.retryAfter, 'retryAfter'),
});

const readWait = (flag: string, text: string, name: ConformanceWait): number => {
  const { max, min } = CONFORMANCE_SECONDS[name];
  const seconds = readDuration(flag, text);
  if (seconds >= min && seconds <= max) return seconds;
  throw new CommandError('usage', `${flag} is ${seconds} s.`, `Give a duration from ${min} s to ${max} s.`);
};

/**
 * Reads a whole number within its limits.
 * @throws {CommandError} `usage`
 */
export const readNumber = (
  flag: string,
  text: string,
  { max, min }: { readonly min: number; readonly max: number },
): number => {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new CommandError('usage', `${flag} is "${text}".`, `Give a whole number from ${min} to ${max}.`);
};

/** Format of the report. */
export const formatOf = ({ io }: Pick<Context, 'io'>, format: string | undefined): ReportFormat =>
  REPORT_FORMATS.find((each) => each === format) ?? (io.format === 'text' ? 'text' : 'json');
