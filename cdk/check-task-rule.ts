import { DETAIL_TYPES } from '../lambda/contract/events.ts';
import { suggestion } from '../lib/config/near-names.ts';
import { jsonOf } from '../lib/config/show.ts';

/** Changes that are published, in the order of the reference. */
const TYPES = Object.entries(DETAIL_TYPES).flatMap(([type, detailType]) => (detailType === null ? [] : [type]));

/**
 * Checks what only types forbid, because JavaScript has none: EventBridge accepts a pattern that matches no event.
 * @param path of the environment's construct
 */
export const checkTaskRule = (
  path: string,
  types: unknown,
  target: unknown,
  { application, detail, processor }: Partial<Readonly<Record<'application' | 'detail' | 'processor', unknown>>>,
): void => {
  const fail = (problem: string): never => {
    throw new Error(`${path}: onTask ${problem}`);
  };
  if (!Array.isArray(types) || types.length === 0) {
    fail(`got the types ${jsonOf(types)}; expected a list of one or more: ${TYPES.join(', ')}.`);
  }
  for (const type of types as readonly unknown[]) {
    if (typeof type === 'string' && TYPES.includes(type)) continue;
    fail(
      `got the type ${jsonOf(type)}; expected one of ${TYPES.join(', ')}. ${suggestion(`${type}`, TYPES)}`.trimEnd(),
    );
  }
  if (typeof (target as { readonly bind?: unknown } | null | undefined)?.bind !== 'function') {
    fail('got no target; expected one of aws-cdk-lib/aws-events-targets, for example new SqsQueue(queue).');
  }
  for (const [name, ids] of Object.entries({ application, processor })) {
    const list: readonly unknown[] = [ids ?? 'all'].flat();
    if (list.length > 0 && list.every((id) => typeof id === 'string')) continue;
    fail(
      `got the ${name} ${jsonOf(ids)}; expected an id, or a list of one or more ids. Omit \`${name}\` for the tasks of all.`,
    );
  }
  if (detail !== undefined && (typeof detail !== 'object' || detail === null || Array.isArray(detail))) {
    fail(
      `got the detail ${jsonOf(detail)}; expected an object with patterns, for example { resource: ['invoice-77'] }.`,
    );
  }
};
