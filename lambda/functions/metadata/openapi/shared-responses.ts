import type { OpenApiDocument, Operation, Reference, Response } from './model.ts';

type Paths = OpenApiDocument['paths'];

const refTo = (name: string): Reference => ({ $ref: `#/components/responses/${name}` });

/**
 * Moves each response that several operations have into the components of the document, under its first operation and its status:
 * `openTask.401`. The refusals of most operations are the same, and with repeats the document would have twice its size.
 */
export const shareResponses = (
  paths: Paths,
): { readonly paths: Paths; readonly responses: Readonly<Record<string, Response>> } => {
  const uses = new Map<string, { readonly name: string; count: number }>();
  for (const { operationId, responses } of operationsOf(paths)) {
    for (const [status, response] of Object.entries(responses)) {
      const key = JSON.stringify(response);
      const use = uses.get(key) ?? { name: `${operationId}.${status}`, count: 0 };
      use.count += 1;
      uses.set(key, use);
    }
  }
  const shared: Record<string, Response> = {};
  const share = (response: Response | Reference): Response | Reference => {
    const use = uses.get(JSON.stringify(response));
    if ('$ref' in response || use === undefined || use.count === 1) return response;
    shared[use.name] = response;
    return refTo(use.name);
  };
  return {
    paths: mapValues(paths, (methods) =>
      mapValues(methods, (operation) => ({ ...operation, responses: mapValues(operation.responses, share) })),
    ),
    responses: shared,
  };
};

/**
 * Returns a response of an operation, also if it is one that operations share.
 * @throws {Error} if the document does not have it
 */
export const responseOf = (
  { components }: Pick<OpenApiDocument, 'components'>,
  { operationId, responses }: Pick<Operation, 'operationId' | 'responses'>,
  status: string,
): Response => {
  const response = responses[status];
  if (response === undefined) throw new Error(`${operationId} does not describe the answer ${status}.`);
  if (!('$ref' in response)) return response;
  const referred = components.responses[response.$ref.split('/').at(-1) ?? ''];
  if (referred === undefined) throw new Error(`${response.$ref} is not in the document.`);
  return referred;
};

const operationsOf = (paths: Paths): readonly Operation[] =>
  Object.values(paths).flatMap((methods) => Object.values(methods));

const mapValues = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Readonly<Record<string, U>> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
