import { readFileSync } from 'node:fs';

/** Fails unless each client in TypeScript has every operation: a generator omits one without an error. */

const [descriptionPath = '', typesPath = '', orvalPath = ''] = process.argv.slice(2);

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
}

const { paths } = JSON.parse(readFileSync(descriptionPath, 'utf8')) as Description;
const described = Object.values(paths).flatMap((methods) =>
  Object.values(methods).map(({ operationId }) => operationId),
);
if (described.length === 0) throw new Error(`${descriptionPath} has no operation.`);

const namesIn = (text: string, pattern: RegExp): ReadonlySet<string> =>
  new Set([...text.matchAll(pattern)].map(([, name = '']) => name));

const types = readFileSync(typesPath, 'utf8');
const clients = {
  'openapi-typescript': namesIn(types.slice(types.indexOf('export interface operations {')), /^ {4}(\w+): \{$/gm),
  orval: namesIn(readFileSync(orvalPath, 'utf8'), /^export const (\w+) = async /gm),
};

for (const [generator, names] of Object.entries(clients)) {
  const missing = described.filter((operationId) => !names.has(operationId));
  if (missing.length > 0) {
    console.error(`${generator}: the client does not have ${missing.join(', ')}.`);
    process.exitCode = 1;
  } else console.log(`${generator}: the client has all ${described.length} operations.`);
}
