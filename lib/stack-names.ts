import { stackNamePrefix } from './names.ts';

/** Names of the two stacks of an environment. */
export interface StackNames {
  /** Name of the stack with tables, payloads and keys. */
  readonly state: string;
  /** Name of the stack with load balancer, functions, events and alarms. */
  readonly gateway: string;
}

/** The names of the stacks of an environment that names none: `prod` → `Prod-State` and `Prod-Gateway`. */
export const defaultStackNames = (environment: string): StackNames => ({
  state: `${stackNamePrefix(environment)}-State`,
  gateway: `${stackNamePrefix(environment)}-Gateway`,
});
