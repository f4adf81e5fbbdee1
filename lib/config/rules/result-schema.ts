import { JSON_MEDIA_TYPE } from '../../../lambda/contract/registry.ts';
import { forEachProcessor } from './rule.ts';

/** Only JSON can satisfy a JSON Schema. */
export const schemaIsForJson = forEachProcessor((processor, at, _entries, errors) => {
  const { allowEmptyResult, contentTypes = [], schema } = processor;
  if (schema === undefined) return;
  for (const type of contentTypes) {
    errors.expect(
      JSON_MEDIA_TYPE.test(type),
      `${at}.contentTypes`,
      type,
      'a media type of JSON, because the processor has a schema, which only JSON can satisfy',
      'Remove the type from the list, or remove `schema`.',
    );
  }
  errors.expect(
    allowEmptyResult !== true,
    `${at}.allowEmptyResult`,
    allowEmptyResult,
    '`false`, because the processor has a schema and 0 bytes cannot satisfy it',
    'Remove `allowEmptyResult`, or the schema.',
  );
});
