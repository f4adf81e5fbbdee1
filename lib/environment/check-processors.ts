import { Duration } from 'aws-cdk-lib';
import ipaddr from 'ipaddr.js';
import { EXPIRES_IN_SECONDS, MAX_USES } from '../../lambda/contract/limits.ts';
import { type Grade, gradeOf, PROOF_NAMES } from '../../lambda/contract/proofs.ts';
import { CARRIERS, JSON_MEDIA_TYPE, PROCESSOR_ID_PATTERN, REPLAY_MODES } from '../../lambda/contract/registry.ts';
import type { AwsEnvironmentInput, EnvironmentInput, ProcessorInput } from '../environment.ts';
import { checkSchema } from '../functions/schemas.ts';
import { checkCarrierOfProof, checkProof } from './check-proof.ts';
import type { Problems } from './problem.ts';
import type { ProofInput } from './proofs.ts';

const PROPERTIES = Object.keys({
  carriers: true,
  proof: true,
  contentTypes: true,
  schema: true,
  allowEmptyResult: true,
  checkJson: true,
  maxExpiresIn: true,
  replayMode: true,
  progressUses: true,
  uploadUses: true,
  sameBy: true,
  sourceRanges: true,
  encrypted: true,
} satisfies Record<keyof ProcessorInput, true>);

/** RFC 9110 §8.3.1, without parameters and in lower case. */
const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/;
/** RFC 6901 §3. */
const JSON_POINTER = /^(\/([^~/]|~[01])*)+$/;
/** RFC 9110 §5.1. */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** Checks every processor of an environment. */
export const checkProcessors = (
  problems: Problems,
  environment: Pick<EnvironmentInput, 'processors' | 'minimumGrade' | 'runsOn' | 'protected'> &
    Partial<Pick<AwsEnvironmentInput, 'mutualTls'>>,
): void => {
  const { processors, minimumGrade } = environment;
  const entries = Object.entries(processors ?? {});
  problems.expect(
    entries.length > 0,
    'processors',
    processors,
    'one processor at least',
    'Add the system that is to call back.',
  );
  for (const [id, processor] of entries) {
    checkProcessor(problems, id, processor, minimumGrade);
    if (processor.proof !== undefined) checkProof(problems, `processors.${id}.proof`, processor.proof, environment);
    for (const [i, range] of (processor.sourceRanges ?? []).entries()) {
      checkRange(problems, `processors.${id}.sourceRanges.${i}`, range);
    }
  }
};

const checkProcessor = (problems: Problems, id: string, processor: ProcessorInput, minimumGrade: Grade): void => {
  const at = `processors.${id}`;
  const { proof = { kind: 'none' }, maxExpiresIn, replayMode, schema, sameBy } = processor;
  problems.properties(at, processor, PROPERTIES);
  problems.text(at, id, PROCESSOR_ID_PATTERN, 'an id of 2 to 32 of [a-z0-9-]', 'Rename the processor.');
  checkCarriers(problems, at, { carriers: processor.carriers, proof }, minimumGrade);
  checkContentTypes(problems, at, processor);
  if (schema !== undefined) checkProcessorSchema(problems, at, processor, schema);
  if (replayMode !== undefined) {
    problems.oneOf(`${at}.replayMode`, replayMode, REPLAY_MODES, 'Say what an honest repeat gets.');
  }
  if (maxExpiresIn !== undefined) {
    const seconds = secondsOf(maxExpiresIn);
    const remedy = 'Give a duration within the bounds of `expiresIn`.';
    problems.integer(`${at}.maxExpiresIn`, seconds, EXPIRES_IN_SECONDS, 'seconds', remedy);
  }
  for (const name of ['progressUses', 'uploadUses'] as const) {
    const uses = processor[name];
    if (uses === undefined) continue;
    problems.integer(`${at}.${name}`, uses, { min: 1, max: MAX_USES }, 'uses', 'Say how often a token may be used.');
  }
  for (const name of ['allowEmptyResult', 'checkJson'] as const) {
    const value: unknown = processor[name];
    problems.expect(
      value === undefined || typeof value === 'boolean',
      `${at}.${name}`,
      value,
      '`true` or `false`',
      'Write one of the two, or leave the property out.',
    );
  }
  problems.expect(
    !(processor.allowEmptyResult === true && schema !== undefined),
    `${at}.allowEmptyResult`,
    true,
    '`false`, because the processor has a schema and 0 bytes cannot satisfy it',
    'Take `allowEmptyResult` out, or the schema.',
  );
  if (sameBy !== undefined) checkSameBy(problems, `${at}.sameBy`, sameBy);
};

/** A duration in seconds, or in words what else it is: a bare number has no unit. */
export const secondsOf = (duration: unknown): unknown => {
  if (!(duration instanceof Duration)) return `${duration}, which is no Duration`;
  return duration.isUnresolved() ? duration : duration.toSeconds({ integral: false });
};

const checkCarriers = (
  problems: Problems,
  at: string,
  { carriers, proof }: { readonly carriers: unknown; readonly proof: ProofInput },
  minimumGrade: Grade,
): void => {
  const some = Array.isArray(carriers) && carriers.length > 0 && new Set(carriers).size === carriers.length;
  problems.expect(
    some,
    `${at}.carriers`,
    carriers,
    'a list of carriers, each of them once',
    `Give one of ${CARRIERS.join(', ')} at least; the first is the default.`,
  );
  if (!some) return;
  for (const carrier of carriers) {
    problems.oneOf(`${at}.carriers`, carrier, CARRIERS, 'Name a carrier that Postern has.');
    const kind = proof?.kind;
    if (!CARRIERS.includes(carrier) || !PROOF_NAMES.includes(kind)) continue;
    checkCarrierOfProof(problems, at, carrier, proof);
    const grade = gradeOf(carrier, kind);
    if (grade === null) continue;
    // Grades are letters, and A is the strongest.
    problems.expect(
      grade <= minimumGrade,
      `${at}.carriers`,
      carrier,
      `a credential mode of grade ${minimumGrade} or better, and ${carrier} with proof ${kind} is ${grade}`,
      'Use a stronger carrier or proof, or lower `minimumGrade` if the risk is accepted.',
    );
  }
};

const checkContentTypes = (problems: Problems, at: string, { contentTypes }: ProcessorInput): void => {
  const some = Array.isArray(contentTypes) && contentTypes.length > 0;
  problems.expect(
    some && new Set(contentTypes).size === contentTypes.length,
    `${at}.contentTypes`,
    contentTypes,
    'a list of media types, each of them once',
    'Name what the processor sends, `application/json` for instance.',
  );
  if (!some) return;
  for (const type of contentTypes) {
    problems.text(
      `${at}.contentTypes`,
      type,
      MEDIA_TYPE,
      'a media type in lower case without parameters, as `application/json`',
      'Write it in lower case, and leave out `charset` and the like: they are accepted anyway.',
    );
  }
};

const checkProcessorSchema = (
  problems: Problems,
  at: string,
  { contentTypes }: ProcessorInput,
  schema: Readonly<Record<string, unknown>>,
): void => {
  for (const type of Array.isArray(contentTypes) ? contentTypes : []) {
    problems.expect(
      JSON_MEDIA_TYPE.test(type),
      `${at}.contentTypes`,
      type,
      'JSON only, because the processor has a schema',
      'Take the type out, or the schema: no payload of that type could ever satisfy it.',
    );
  }
  try {
    checkSchema(schema);
  } catch (error) {
    problems.expect(
      false,
      `${at}.schema`,
      schema,
      'a JSON Schema of draft 2020-12 that Ajv compiles in strict mode',
      `Ajv says: ${error instanceof Error ? error.message : error}.`,
    );
  }
};

const checkSameBy = (problems: Problems, at: string, sameBy: NonNullable<ProcessorInput['sameBy']>): void => {
  if ('header' in sameBy) {
    problems.text(`${at}.header`, sameBy.header, HEADER_NAME, 'the name of a header', 'Correct the name.');
    return;
  }
  const pointers = sameBy.jsonPointers ?? [];
  problems.expect(
    pointers.length > 0,
    at,
    sameBy,
    '`jsonPointers` with one pointer at least, or `header`',
    'Name what makes two deliveries the same, or take `sameBy` out.',
  );
  for (const pointer of pointers) {
    problems.text(`${at}.jsonPointers`, pointer, JSON_POINTER, 'a JSON pointer, as `/job/id`', 'Correct the pointer.');
  }
};

const checkRange = (problems: Problems, at: string, range: unknown): void => {
  problems.expect(
    typeof range === 'string' && isNetwork(range),
    at,
    range,
    'a CIDR range whose address is the first of the range, as `192.0.2.0/24`',
    'Correct the range; a single address is `/32`, or `/128` in IPv6.',
  );
};

const isNetwork = (range: string): boolean => {
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(range)) {
    const [address] = ipaddr.IPv4.parseCIDR(range);
    return address.toString() === ipaddr.IPv4.networkAddressFromCIDR(range).toString();
  }
  if (!ipaddr.IPv6.isValidCIDR(range)) return false;
  const [address] = ipaddr.IPv6.parseCIDR(range);
  return address.toString() === ipaddr.IPv6.networkAddressFromCIDR(range).toString();
};
