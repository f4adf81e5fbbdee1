import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync } from 'node:fs';
import { type Input, isRecord, type JsonService, optionalText, ServiceError, violation } from './aws-json.ts';
import { busName, type EventRules } from './event-rules.ts';

const MAX_ENTRIES = 10;
const MAX_TOTAL_BYTES = 1_048_576;
/** Bytes that the service counts for the member `Time`. */
const TIME_BYTES = 14;

export interface EventBridgeOptions {
  readonly region: string;
  readonly accountId: string;
  /** File of all events, one JSON document per line, as the target of a rule sees them. */
  readonly eventsFile: string;
  /** Names of the event buses there are. */
  readonly buses: ReadonlySet<string>;
  /**
   * While this file does not exist, an event of a task with the metadata `localFault: "publish"` is refused for good.
   * @default - such an event is like any other
   */
  readonly faultsClearedFile?: string;
  /** Rules of its buses. @default - no rules, and clients cannot make one */
  readonly rules?: Pick<EventRules, 'operations' | 'deliver'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Stand-in for Amazon EventBridge: `PutEvents`, and rules if there are some. An entry for a bus that does not exist fails; the service takes it
 * without a word and the event is gone, which on one machine would hide a wrong name.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export const createEventBridge = (options: EventBridgeOptions): JsonService => ({
  targetPrefix: 'AWSEvents',
  version: '1.1',
  operations: { PutEvents: (input) => putEvents(options, input), ...options.rules?.operations },
});

const putEvents = (options: EventBridgeOptions, input: Input): object => {
  const entries = input.Entries;
  if (entries === undefined || entries === null) throw violation(undefined, 'Entries', 'not be null');
  if (!Array.isArray(entries) || !entries.every(isRecord)) {
    throw new ServiceError('SerializationException', 'Entries is not a list of structures.');
  }
  if (entries.length < 1) throw violation('[]', 'Entries', 'have length greater than or equal to 1');
  if (entries.length > MAX_ENTRIES) {
    throw violation(`[${entries.length}]`, 'Entries', `have length less than or equal to ${MAX_ENTRIES}`);
  }
  const read = entries.map(readEntry);
  if (read.reduce((total, entry) => total + sizeOf(entry), 0) > MAX_TOTAL_BYTES) {
    throw new ServiceError('ValidationException', 'Total size of the entries in the request is over the limit.');
  }
  const failures = read.map((entry) => failureOf(entry, options));
  // The service refuses the request as a whole when not one entry has what every entry must have.
  if (failures.every((failure) => failure?.ErrorCode === 'InvalidArgument')) {
    throw new ServiceError('ValidationException', String(failures[0]?.ErrorMessage));
  }
  const results = read.map((entry, index) => failures[index] ?? { EventId: publish(entry, options) });
  return { FailedEntryCount: failures.filter((failure) => failure !== undefined).length, Entries: results };
};

interface Entry {
  readonly source: string | undefined;
  readonly detailType: string | undefined;
  readonly detail: string | undefined;
  readonly bus: string;
  readonly resources: readonly string[];
  /** Seconds since 1970. */
  readonly time: number | undefined;
}

const readEntry = (entry: Input): Entry => {
  const { Time: time, Resources: resources } = entry;
  if (time !== undefined && typeof time !== 'number') {
    throw new ServiceError('SerializationException', 'Time is not a timestamp.');
  }
  if (resources !== undefined && !(Array.isArray(resources) && resources.every((each) => typeof each === 'string'))) {
    throw new ServiceError('SerializationException', 'Resources is not a list of strings.');
  }
  return {
    source: optionalText(entry, 'Source'),
    detailType: optionalText(entry, 'DetailType'),
    detail: optionalText(entry, 'Detail'),
    bus: optionalText(entry, 'EventBusName') ?? 'default',
    resources: resources ?? [],
    time,
  };
};

const sizeOf = ({ source, detailType, detail, resources, time }: Entry): number =>
  [source, detailType, detail, ...resources].reduce(
    (total, text) => total + Buffer.byteLength(text ?? ''),
    time === undefined ? 0 : TIME_BYTES,
  );

const failureOf = (entry: Entry, { buses, faultsClearedFile, region, accountId }: EventBridgeOptions) => {
  const { source, detailType, detail, bus } = entry;
  for (const [name, value] of Object.entries({ Source: source, DetailType: detailType, Detail: detail })) {
    if (!value) {
      return {
        ErrorCode: 'InvalidArgument',
        ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
      };
    }
  }
  if (source?.startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  }
  const content = jsonObjectOf(detail ?? '');
  if (content === undefined) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  if (faultsClearedFile !== undefined && hasLocalFault(content) && !existsSync(faultsClearedFile)) {
    return {
      ErrorCode: 'MalformedDetail',
      ErrorMessage: `The task asks for this fault, until ${faultsClearedFile} exists.`,
    };
  }
  const arnPrefix = `arn:aws:events:${region}:${accountId}:event-bus/`;
  const isForeign = bus.startsWith('arn:') && !bus.startsWith(arnPrefix);
  if (isForeign || !buses.has(busName(bus))) {
    return { ErrorCode: 'ResourceNotFoundException', ErrorMessage: `Event bus ${bus} does not exist.` };
  }
  return undefined;
};

const jsonObjectOf = (text: string): Input | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const hasLocalFault = ({ metadata }: Input): boolean => isRecord(metadata) && metadata.localFault === 'publish';

/** Appends before it answers, in the order of the entries. */
const publish = (entry: Entry, { accountId, eventsFile, now, region, rules }: EventBridgeOptions): string => {
  const id = randomUUID();
  const time = entry.time === undefined ? now() : entry.time * 1_000;
  const event = {
    version: '0',
    id,
    'detail-type': entry.detailType,
    source: entry.source,
    account: accountId,
    time: new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    region,
    resources: entry.resources,
    detail: JSON.parse(entry.detail ?? '{}'),
  };
  appendFileSync(eventsFile, `${JSON.stringify(event)}\n`, { mode: 0o600 });
  rules?.deliver(busName(entry.bus), event);
  return id;
};
