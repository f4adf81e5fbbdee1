import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import type { DetailType } from '../../lambda/contract/events.ts';
import { DETAIL_TYPE_NAMES, eventSchema } from '../../lambda/functions/metadata/openapi/event-schemas.ts';

/** Times of the envelope, which EventBridge writes, and of the detail, which Postern writes. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/;

const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  formats: { 'date-time': TIME, uri: (text: string) => URL.canParse(text) },
});

/** Closed: clients may expect members to come, but a member that comes today and is not described is a mistake. */
const closed = (detailType: DetailType) => {
  const schema = structuredClone(eventSchema(detailType)) as { properties: { detail: Record<string, unknown> } };
  schema.properties.detail.additionalProperties = false;
  return { ...schema, additionalProperties: false };
};

const VALIDATORS: ReadonlyMap<string, ValidateFunction> = new Map(
  DETAIL_TYPE_NAMES.map((detailType) => [detailType, ajv.compile(closed(detailType))]),
);

/** Errors of an event against the schema of its `detail-type`. */
export const eventErrors = (event: unknown): readonly ErrorObject[] => {
  const { 'detail-type': detailType } = event as { readonly 'detail-type': string };
  const validate = VALIDATORS.get(detailType);
  if (validate === undefined) throw new Error(`There is no schema of ${detailType}.`);
  return validate(JSON.parse(JSON.stringify(event))) ? [] : [...(validate.errors ?? [])];
};

/** Checks an event against the schema of its `detail-type`. */
export const checkEvent = (event: unknown): void => expect(eventErrors(event), JSON.stringify(event)).toEqual([]);
