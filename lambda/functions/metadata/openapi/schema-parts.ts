import { TASK_ID_PATTERN } from '../../../contract/claims.ts';
import { MAX_REASON_CHARS } from '../../../contract/limits.ts';
import { PROCESSOR_ID_PATTERN } from '../../../contract/registry.ts';
import { QUARANTINE_REASONS } from '../../../contract/task.ts';
import type { JsonSchema } from './model.ts';

type Properties = Readonly<Record<string, JsonSchema>>;

/** An object whose members are all required, except those named as optional. */
export const anObject = (properties: Properties, optional: readonly string[] = [], more: JsonSchema = {}) => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  ...more,
});

/** The object of a request. An unknown member is refused. */
export const aRequest = (properties: Properties, optional: readonly string[]) =>
  anObject(properties, optional, { additionalProperties: false });

/** One of these texts. Generators of some languages ignore values without a type. */
export const anEnum = (values: readonly string[]) => ({ type: 'string', enum: values });

/** Exactly this value. */
export const aConst = (value: string | number | boolean) => ({
  type: typeof value === 'number' ? 'integer' : typeof value,
  const: value,
});

export const TIME = { type: 'string', format: 'date-time', description: 'RFC 3339 in UTC with milliseconds.' };
export const SHA256 = { type: 'string', pattern: '^[0-9a-f]{64}$' };
export const ID = { type: 'string', pattern: TASK_ID_PATTERN.source };
/** Reason of an operator's action. */
export const REASON = {
  type: 'string',
  minLength: 1,
  maxLength: MAX_REASON_CHARS,
  description: 'Why. The audit and the timeline have it.',
};
export const MEDIA_TYPE = { type: 'string', description: 'As it was sent.' };
export const SIZE = { type: 'integer', minimum: 0, description: 'Bytes.' };

export const PROCESSOR = {
  type: 'string',
  pattern: PROCESSOR_ID_PATTERN.source,
  description: 'Id of a processor of the environment.',
};
export const WHY = {
  ...anEnum(QUARANTINE_REASONS),
  description:
    '`late`: the delivery came too late. `reopened`: the delivery had closed the task before the sender reopened it.',
};

export const PAYLOAD = { contentType: MEDIA_TYPE, size: SIZE, sha256: SHA256, receivedAt: TIME };
