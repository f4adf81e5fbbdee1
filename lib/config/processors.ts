import { Duration } from 'aws-cdk-lib';
import ipaddr from 'ipaddr.js';
import type * as v from 'valibot';
import { CARRIERS, type Carrier } from '../../lambda/contract/carriers.ts';
import { DEFAULT_USES, EXPIRES_IN_SECONDS, MAX_USES, PROCESSOR_ID_CHARS } from '../../lambda/contract/limits.ts';
import { PROCESSOR_ID_PATTERN, REPLAY_MODES, type SameBy } from '../../lambda/contract/registry.ts';
import { list, object, optional, record } from './containers.ts';
import { dispatch } from './dispatch.ts';
import { JSON_POINTER } from './json-pointer.ts';
import { checkSchema } from './json-schema.ts';
import { count, duration, expecting, type Fault, flag, kind, oneOf, text } from './kinds.ts';
import { proof } from './proofs.ts';

/** RFC 9110 §8.3.1, without parameters and in lower case. */
const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/;
/** RFC 9110 §5.1. */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

const ADD = 'Add the system that calls back, by an id that you choose.';
const SAME_BY = 'Name what makes two deliveries the same, or remove `sameBy`.';

const jsonSchema = kind<Readonly<Record<string, unknown>>>('Record<string, unknown>', (schema) => {
  try {
    checkSchema(schema as Readonly<Record<string, unknown>>);
    return [];
  } catch (error) {
    return [
      {
        expected: 'a JSON Schema of draft 2020-12 that Ajv compiles in strict mode',
        remedy: `Correct the schema. Ajv reports: ${error instanceof Error ? error.message : error}.`,
      },
    ];
  }
});

const sameBy = kind<SameBy>('{ jsonPointers: string[] } | { header: string }', (value): readonly Fault[] => {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const expected = 'an object with `jsonPointers`, a list of one or more, or with `header`';
  const pointers: readonly unknown[] = Array.isArray(given.jsonPointers) ? given.jsonPointers : [];
  if (Object.keys(given).length !== 1 || (!('header' in given) && pointers.length === 0)) {
    return [{ expected, remedy: SAME_BY }];
  }
  if ('header' in given) {
    if (typeof given.header === 'string' && HEADER_NAME.test(given.header)) return [];
    return [
      {
        path: ['header'],
        value: given.header,
        expected: 'the name of a header, as X-Job-Id',
        remedy: 'Correct the name.',
      },
    ];
  }
  return pointers.flatMap((pointer, index) =>
    typeof pointer === 'string' && JSON_POINTER.test(pointer)
      ? []
      : [
          {
            path: ['jsonPointers', `${index}`],
            value: pointer,
            expected: 'a JSON pointer, as `/job/id`',
            remedy: 'Correct the pointer.',
          },
        ],
  );
});

const sourceRange = expecting<string>(
  'string',
  (range) => typeof range === 'string' && isNetwork(range),
  'a CIDR range whose address is the first of the range, as `192.0.2.0/24`',
  'Correct the range; one address alone is a range of `/32`, or `/128` for IPv6.',
);

const isNetwork = (range: string): boolean => {
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(range)) {
    const [address] = ipaddr.IPv4.parseCIDR(range);
    return address.toString() === ipaddr.IPv4.networkAddressFromCIDR(range).toString();
  }
  if (!ipaddr.IPv6.isValidCIDR(range)) return false;
  const [address] = ipaddr.IPv6.parseCIDR(range);
  return address.toString() === ipaddr.IPv6.networkAddressFromCIDR(range).toString();
};

const uses = () => count({ min: 1, max: MAX_USES, unit: 'uses', remedy: 'Give how often a token may be used.' });

/** A processor: an outside system that calls back. */
export const processor = object(ADD, {
  /**
   * Places where a callback may carry its token. The first is the default of a task. A callback with its token in a header is
   * accepted even if the list does not have `header`.
   */
  carriers: list(oneOf(CARRIERS, 'Correct the name of the carrier.'), {
    of: 'carriers',
    min: 1,
    unique: true,
    remedy: `Choose from ${CARRIERS.join(', ')}; the first of the list is the default.`,
  }) as unknown as v.GenericSchema<readonly [Carrier, ...Carrier[]]>,
  /**
   * Evidence that each callback carries beside the token, so that a stolen token is worthless. `docs/process/guide.md`
   * describes what each proof requires of the processor.
   * @default { kind: 'none' }
   */
  proof: optional(proof, { kind: 'none' }),
  /** Media types (type/subtype, lower case) of results and failures. */
  contentTypes: list(
    text(
      MEDIA_TYPE,
      'a media type in lower case without parameters, as `application/json`',
      'Write it in lower case and without parameters; a request may have any parameters.',
    ),
    {
      of: 'media types',
      min: 1,
      unique: true,
      remedy: "List what the processor sends, as ['application/json'].",
    },
  ),
  /**
   * JSON Schema (2020-12) of a result.
   * @default results are not checked
   */
  schema: optional(jsonSchema),
  /**
   * True if a result of 0 bytes is accepted. Otherwise it is refused with `payload_invalid`, and the token can still deliver
   * the right one. A failure may always be empty.
   * @default false
   */
  allowEmptyResult: optional(flag('Write true or false, or remove the property.'), false),
  /**
   * True if a result or failure of type `application/json`, or of a type that ends in `+json`, must be one JSON value in
   * UTF-8. Anything else is refused with `payload_invalid`, and the token can still deliver the right payload. An accepted
   * payload of 0 bytes is not checked.
   * @default true
   */
  checkJson: optional(flag('Write true or false, or remove the property.'), true),
  /**
   * Longest `expiresIn` of a task.
   * @default Duration.days(7)
   */
  maxExpiresIn: optional(
    duration({
      min: Duration.seconds(EXPIRES_IN_SECONDS.min),
      max: Duration.seconds(EXPIRES_IN_SECONDS.max),
      step: Duration.seconds(1),
      remedy: 'Write for instance Duration.days(2).',
    }),
    Duration.seconds(EXPIRES_IN_SECONDS.max),
  ),
  /**
   * Answer to a second use of a single-use token with the same payload: the first answer again, or a refusal as a replay.
   * @default 'acknowledge'
   */
  replayMode: optional(
    oneOf(REPLAY_MODES, 'Choose the answer to a processor that sends the same again.'),
    'acknowledge',
  ),
  /**
   * Number of progress reports of a task. Each report is a transaction and an event.
   * @default 1_000
   */
  progressUses: optional(uses(), DEFAULT_USES.progress),
  /**
   * Number of different uploads that a task may ask for. Each offer stays on the task, about 1 KB.
   * @default 3
   */
  uploadUses: optional(uses(), DEFAULT_USES.upload),
  /**
   * Identity of a delivery, for a processor whose retries differ in a timestamp: the values at JSON pointers, or the value of
   * one header. Two deliveries with the same identity are repeats.
   * @default the whole payload
   */
  sameBy: optional(sameBy),
  /**
   * CIDR ranges that may deliver. For an upload they limit the request that offers it; the PUT itself goes to Amazon S3, from
   * any address.
   * @default any address
   */
  sourceRanges: optional(
    list(sourceRange, {
      of: "CIDR ranges, as ['192.0.2.0/24']",
      remedy: 'List the ranges that the processor calls from, or remove `sourceRanges`.',
    }),
  ),
  /**
   * True if its callback tokens are encrypted, so that only the gateway can read their claims. Encrypted tokens are too long
   * for a URL. Needs `tokenEncryption`.
   * @default false
   */
  encrypted: optional(flag('Write true if its tokens are encrypted, and false if not.'), false),
  /**
   * The request that gives it its work. Then senders open tasks with `input`, and Postern sends the work.
   * `docs/operate/dispatch.md` has the steps.
   * @default senders get the callbacks and send the work themselves
   */
  dispatch: optional(dispatch),
});
export type ProcessorInput = v.InferInput<typeof processor>;

export const processors = record(
  {
    of: 'processors',
    id: PROCESSOR_ID_PATTERN,
    expected: `an id of ${PROCESSOR_ID_CHARS.min} to ${PROCESSOR_ID_CHARS.max} characters of [a-z0-9-]`,
    remedy: ADD,
  },
  processor,
);
