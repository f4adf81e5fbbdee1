import { type Processor, REGISTRY_FILE, type Registry, SCHEMAS_FILE } from '../../lambda/contract/registry.ts';
import { compileSchemas } from '../../lib/functions/schemas.ts';
import { bundle, type Files, layOut, REGISTRY } from './contenders.ts';
import { PROCESSOR } from './names.ts';
import { answering } from './stream-batch.ts';

/** Functions that are measured while something grows. */
const MEASURED = ['receive', 'open', 'expire', 'publish'] as const;
export type MeasuredFunction = (typeof MEASURED)[number];

/** One processor in so many has a JSON Schema. */
const SCHEMA_ONE_IN = 10;

/** So many processors; the first is the one that is called for. */
export const registryOf = (processors: number): Registry => {
  const { schema, ...plain } = REGISTRY[PROCESSOR] as Processor;
  return Object.fromEntries(
    Array.from({ length: processors }, (_, i) => {
      const id = i === 0 ? PROCESSOR : `processor-${i}`;
      return [id, { ...plain, id, ...(i % SCHEMA_ONE_IN === 0 && schema !== undefined && { schema }) }];
    }),
  );
};

/** What a function without an answer ends with, where it does not fail. */
const ending = (code: string): Files => ({
  'index.js': `exports.handler = async (event, context) => {
  await require('./function.js').handler(event, context);
  return { statusCode: 200, body: '' };
};`,
  'function.js': code,
});

/** Folders of the shipped functions, by name, as they are deployed with these processors. */
export const layOutFunctions = async (registry: Registry): Promise<Readonly<Record<MeasuredFunction, string>>> => {
  const [receive, open, expire, publish] = await Promise.all(
    MEASURED.map((name) => bundle(`lambda/functions/${name}/handler.ts`)),
  );
  const files: Record<MeasuredFunction, Files> = {
    receive: {
      'index.js': receive ?? '',
      [REGISTRY_FILE]: JSON.stringify(registry),
      [SCHEMAS_FILE]: compileSchemas(registry),
    },
    open: { 'index.js': open ?? '', [REGISTRY_FILE]: JSON.stringify(registry) },
    expire: ending(expire ?? ''),
    publish: answering(publish ?? ''),
  };
  return Object.fromEntries(layOut(files, {}).map(({ folder, name }) => [name, folder])) as Record<
    MeasuredFunction,
    string
  >;
};
