import { Ajv2020 } from 'ajv/dist/2020.js';

/**
 * A schema compiler in Ajv's strictest mode: an unknown keyword or format is an error, never ignored. It stops at the first
 * error of a payload, so that a hostile payload costs no more than an honest one.
 */
export const schemaCompiler = (): Ajv2020 =>
  new Ajv2020({ strict: true, allErrors: false, code: { source: true, esm: false } });

/**
 * Compiles one schema.
 * @throws {Error} with Ajv's words, if the schema is wrong
 */
export const checkSchema = (schema: Readonly<Record<string, unknown>>): void => {
  schemaCompiler().compile(schema);
};
