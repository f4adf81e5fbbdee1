import ipaddr from 'ipaddr.js';
import { CARRIERS } from '../../lambda/contract/carriers.ts';
import { EXPIRES_IN_SECONDS, MAX_USES } from '../../lambda/contract/limits.ts';
import { type Grade, gradeOf, PROOF_NAMES } from '../../lambda/contract/proofs.ts';
import { JSON_MEDIA_TYPE, PROCESSOR_ID_PATTERN, REPLAY_MODES } from '../../lambda/contract/registry.ts';
import { checkCarrierOfProof, checkProof } from './check-proof.ts';
import type { AwsEnvironmentInput, EnvironmentInput, ProcessorInput } from './environment.ts';
import { Finding, type Problems } from './errors.ts';
import { checkSchema } from './json-schema.ts';
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
  const remedy = 'Add the system that calls back, by an id that you choose.';
  if (!problems.object('processors', processors, 'an object with one or more processors by their id', remedy)) return;
  const entries = Object.entries(processors);
  problems.expect(entries.length > 0, 'processors', processors, 'one processor or more', remedy);
  for (const [id, processor] of entries) {
    if (!problems.object(`processors.${id}`, processor, 'an object with `carriers` and `contentTypes`', remedy))
      continue;
    checkProcessor(problems, id, processor, minimumGrade);
    if (processor.proof !== undefined) checkProof(problems, `processors.${id}.proof`, processor.proof, environment);
    checkRanges(problems, `processors.${id}.sourceRanges`, processor.sourceRanges ?? []);
  }
};

const checkProcessor = (problems: Problems, id: string, processor: ProcessorInput, minimumGrade: Grade): void => {
  const at = `processors.${id}`;
  const { proof = { kind: 'none' }, maxExpiresIn, replayMode, schema, sameBy } = processor;
  problems.properties(at, processor, PROPERTIES);
  const named = new Finding(`has the id "${id}"`);
  problems.expect(
    PROCESSOR_ID_PATTERN.test(id),
    at,
    named,
    'an id of 2 to 32 characters of [a-z0-9-]',
    'Rename the processor.',
  );
  checkCarriers(problems, at, { carriers: processor.carriers, proof }, minimumGrade);
  checkContentTypes(problems, at, processor);
  if (schema !== undefined) checkProcessorSchema(problems, at, processor, schema);
  if (replayMode !== undefined) {
    problems.oneOf(
      `${at}.replayMode`,
      replayMode,
      REPLAY_MODES,
      'Choose what a processor is answered that sends the same again.',
    );
  }
  if (maxExpiresIn !== undefined) {
    const bounds = { min: EXPIRES_IN_SECONDS.min * 1_000, max: EXPIRES_IN_SECONDS.max * 1_000, step: 1_000 };
    problems.duration(`${at}.maxExpiresIn`, maxExpiresIn, bounds, 'Write for instance Duration.days(2).');
  }
  for (const name of ['progressUses', 'uploadUses'] as const) {
    const uses = processor[name];
    if (uses === undefined) continue;
    problems.integer(`${at}.${name}`, uses, { min: 1, max: MAX_USES }, 'uses', 'Give how often a token may be used.');
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
    'a list of one or more carriers, each of them once',
    `Choose of ${CARRIERS.join(', ')}; the first of the list is the default.`,
  );
  if (!some) return;
  for (const carrier of carriers) {
    problems.oneOf(`${at}.carriers`, carrier, CARRIERS, 'Correct the name of the carrier.');
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
      `grade ${minimumGrade} or better (\`minimumGrade\`), and carrier ${carrier} with proof ${kind} has grade ${grade}`,
      'Use a stronger carrier or proof, or lower `minimumGrade` where the risk is accepted.',
    );
  }
};

const checkContentTypes = (problems: Problems, at: string, { contentTypes }: ProcessorInput): void => {
  const some = Array.isArray(contentTypes) && contentTypes.length > 0;
  problems.expect(
    some && new Set(contentTypes).size === contentTypes.length,
    `${at}.contentTypes`,
    contentTypes,
    'a list of one or more media types, each of them once',
    "List what the processor sends, as ['application/json'].",
  );
  if (!some) return;
  for (const type of contentTypes) {
    problems.text(
      `${at}.contentTypes`,
      type,
      MEDIA_TYPE,
      'a media type in lower case without parameters, as `application/json`',
      'Write it in lower case and without parameters; a request may have any parameters.',
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
      'a media type of JSON, because the processor has a schema, which only JSON can satisfy',
      'Take the type out of the list, or take `schema` out.',
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
      `Correct the schema. Ajv reports: ${error instanceof Error ? error.message : error}.`,
    );
  }
};

const checkSameBy = (problems: Problems, at: string, sameBy: NonNullable<ProcessorInput['sameBy']>): void => {
  const expected = 'an object with `jsonPointers`, a list of one or more, or with `header`';
  const remedy = 'Name what makes two deliveries the same, or take `sameBy` out.';
  if (!problems.object(at, sameBy, expected, remedy)) return;
  problems.properties(at, sameBy, ['header', 'jsonPointers']);
  if ('header' in sameBy) {
    problems.text(`${at}.header`, sameBy.header, HEADER_NAME, 'the name of a header, as X-Job-Id', 'Correct the name.');
    return;
  }
  const pointers: readonly unknown[] = Array.isArray(sameBy.jsonPointers) ? sameBy.jsonPointers : [];
  problems.expect(pointers.length > 0, at, sameBy, expected, remedy);
  for (const pointer of pointers) {
    problems.text(`${at}.jsonPointers`, pointer, JSON_POINTER, 'a JSON pointer, as `/job/id`', 'Correct the pointer.');
  }
};

const checkRanges = (problems: Problems, at: string, ranges: unknown): void => {
  const remedy = 'List the ranges that the processor calls from, or take `sourceRanges` out.';
  if (!problems.array(at, ranges, "a list of CIDR ranges, as ['192.0.2.0/24']", remedy)) return;
  for (const [i, range] of (ranges as readonly unknown[]).entries()) checkRange(problems, `${at}.${i}`, range);
};

const checkRange = (problems: Problems, at: string, range: unknown): void => {
  problems.expect(
    typeof range === 'string' && isNetwork(range),
    at,
    range,
    'a CIDR range whose address is the first of the range, as `192.0.2.0/24`',
    'Correct the range; one address alone is a range of `/32`, or `/128` for IPv6.',
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
