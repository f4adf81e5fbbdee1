import { OPERATOR_BASE_PATH, ROUTES, type Route } from '../../lambda/contract/routes.ts';

/** True for routes that processors call: their tokens and payloads are any text. */
export const isCallbackRoute = ({ access }: Route): boolean => access.kind === 'callback' || access.kind === 'code';

/** Beginnings of the paths, up to the first parameter. Those of the operator API are one: each costs capacity. */
export const prefixesOf = (routes: readonly Route[]): readonly string[] =>
  routes.map(({ access, path }) =>
    access.kind === 'operator-api' ? `${OPERATOR_BASE_PATH}/` : path.split('{', 1).join(),
  );

/**
 * Paths of the requests whose body can have the `input` of a task. Postern passes it on to a processor and never reads it, so it may
 * contain any text: a document about attacks, or source code.
 */
export const INPUT_PATHS: readonly string[] = [ROUTES.openTask.path, ROUTES.reopenTask.path];
