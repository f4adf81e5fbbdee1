import type { DoorRule } from '../../../lambda/contract/door-config.ts';
import { MAX_BODY_BYTES } from '../../../lambda/contract/limits.ts';
import { ROUTES, type Route } from '../../../lambda/contract/routes.ts';
import { type ListenerCheck, type ListenerRule, listenerRules } from '../listener-rules.ts';

/** Checks that the door makes. Those of operators' sessions need a load balancer. */
const CHECKS: Partial<Record<ListenerCheck, DoorRule['check']>> = {
  none: 'none',
  'sender-access-token': 'sender',
  'operator-access-token': 'operator',
};

/**
 * Rules of the network door: those of the load balancer's listener in their order, except the rules of the console.
 * @param routes from the contract
 */
export const doorRules = (routes: readonly Route[] = Object.values(ROUTES)): readonly DoorRule[] => {
  const rules = listenerRules(routes);
  return rules.flatMap((rule): readonly DoorRule[] => {
    const check = CHECKS[rule.check];
    if (check === undefined || rule.function === 'console') return [];
    return [
      {
        paths: rule.paths,
        ...(rule.methods !== undefined && { methods: rule.methods }),
        function: rule.function,
        check,
        profile: rule.function === 'receive' ? 'callback' : 'other',
        bodyBytes: bodyBytesOf(routes.filter((route) => ruleFor(route, rules) === rule)),
      },
    ];
  });
};

/** The largest body that one of the routes reads. A body that no route reads has the limit of the load balancer. */
const bodyBytesOf = (routes: readonly Route[]): number => {
  const limits = routes.flatMap(({ bodyLimit }) => bodyLimit ?? []);
  return limits.length === 0 ? MAX_BODY_BYTES : Math.max(...limits);
};

const ruleFor = (route: Route, rules: readonly ListenerRule[]): ListenerRule | undefined => {
  const path = route.path.replaceAll(/\{[^}]+\}/g, 'x');
  return rules.find(
    ({ methods, paths }) =>
      (methods === undefined || methods.includes(route.method)) && paths.some((pattern) => matches(pattern, path)),
  );
};

const matches = (pattern: string, path: string): boolean =>
  new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(path);
