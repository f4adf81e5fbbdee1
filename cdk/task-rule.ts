import { createHash } from 'node:crypto';
import { Stack } from 'aws-cdk-lib';
import { EventBus, type IRuleTarget, Rule, type RuleProps } from 'aws-cdk-lib/aws-events';
import { Construct, type IConstruct } from 'constructs';
import { DETAIL_TYPES, EVENT_SOURCE, type PublishedChange } from '../lambda/contract/events.ts';
import { eventBusName } from '../lib/names.ts';
import { expectSamePlace } from './place.ts';

/** A change of a task that is published as an event: `succeeded` is the event `Task Succeeded`. */
export type TaskEvent = PublishedChange;

/** Which tasks count, and where the rule is made. */
export interface OnTaskOptions<Application extends string = string>
  extends Pick<RuleProps, 'description' | 'enabled' | 'ruleName'> {
  /**
   * Ids of the applications whose tasks count.
   * @default - tasks of every application
   */
  readonly application?: Application | readonly Application[];
  /**
   * Ids of the processors whose tasks count.
   * @default - tasks for every processor
   */
  readonly processor?: string | readonly string[];
  /**
   * Pattern of further members of the event's `detail`, for example `{ metadata: { customer: ['acme'] } }`. Each value is a list, as
   * EventBridge expects it.
   * @default - every event
   */
  readonly detail?: Readonly<Record<string, unknown>>;
  /**
   * Construct that the rule is made in.
   * @default - the resource of the target, for example the queue
   */
  readonly scope?: Construct;
}

/** @internal */
export interface TaskRuleProps extends OnTaskOptions {
  readonly environmentName: string;
  /** Stack of the event bus. */
  readonly gateway: Stack;
  readonly types: readonly TaskEvent[];
  readonly target: IRuleTarget;
}

/**
 * Makes a rule beside the resource of its target. A rule in the stack of the bus would make a cycle of stacks: the policy of a queue
 * names the rule, and the rule names the queue. So the rule names the bus by its literal name.
 * @internal
 */
export const taskRule = (props: TaskRuleProps): Rule => {
  const { application, description, detail, enabled, environmentName, gateway, processor, ruleName, target, types } =
    props;
  const scope = props.scope ?? resourceOf(target, gateway);
  const reason = 'the rule must be in the account and Region of the event bus';
  const elsewhere = 'In another account, see "Subscribe from another account" in docs/reference/events.md.';
  expectSamePlace(gateway, scope, reason, elsewhere);
  Stack.of(scope).addStackDependency(gateway, 'A rule needs its event bus.');

  const pattern = {
    source: [EVENT_SOURCE],
    detailType: types.map((type) => DETAIL_TYPES[type]),
    detail: {
      ...detail,
      ...(application !== undefined && { application: [application].flat() }),
      ...(processor !== undefined && { processor: [processor].flat() }),
    },
  };
  const { detail: members, ...others } = pattern;
  const id = `Postern${hashOf([gateway.node.path, pattern])}`;
  if (scope.node.tryFindChild(id) !== undefined) {
    throw new Error(
      `${scope.node.path} has a rule of onTask for these events already; expected one rule for the same changes, applications, ` +
        'processors and details. Add the second target to the first rule: rule.addTarget(…). Or give the option `scope`: another construct.',
    );
  }
  return new Rule(scope, id, {
    description: description ?? `Events of tasks of Postern ${environmentName}`,
    ...(enabled !== undefined && { enabled }),
    ...(ruleName !== undefined && { ruleName }),
    eventBus: EventBus.fromEventBusName(scope, `${id}Bus`, eventBusName(environmentName)),
    eventPattern: { ...others, ...(Object.keys(members).length > 0 && { detail: members }) },
    targets: [target],
  });
};

/** The id has what the rule matches, so that it stays when another rule is added or removed before it. */
const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8).toUpperCase();

/** The resource that a target sends to: targets of the CDK hold it, each under a name of its own. */
const resourceOf = (target: IRuleTarget, gateway: Stack): Construct => {
  const constructs = Object.values(target).filter((value): value is IConstruct => Construct.isConstruct(value));
  const [first] = constructs;
  const stacks = new Set(constructs.map((one) => Stack.of(one)));
  if (first === undefined || stacks.size > 1) {
    throw new Error(
      `${gateway.node.path}: the target ${target.constructor.name} of onTask holds ` +
        `${first === undefined ? 'no construct' : `constructs of ${stacks.size} stacks`}; expected the resource that events are sent to. ` +
        'Give the option `scope`: a construct in the stack of this resource.',
    );
  }
  return first as Construct;
};
