import { type Pattern, readPattern } from '../events/event-pattern.ts';
import {
  type Input,
  isRecord,
  type Operation,
  optionalText,
  requiredText,
  ServiceError,
  violation,
} from './aws-json.ts';
import type { Queue, Queues } from './sqs-queues.ts';

const MAX_NAME_CHARS = 64;
/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const MAX_TARGETS = 5;

interface Rule {
  readonly name: string;
  readonly bus: string;
  readonly arn: string;
  readonly patternText: string;
  readonly matches: Pattern;
  /** ARNs of queues by the id of the target. */
  readonly targets: Map<string, string>;
}

export interface EventRulesOptions {
  readonly region: string;
  readonly accountId: string;
  /** Names of the event buses there are. */
  readonly buses: ReadonlySet<string>;
  readonly queues: Queues;
}

/** Name of a bus from its name or ARN. */
export const busName = (bus: string): string => bus.replace(/^arn:.*:event-bus\//, '');

/**
 * Rules of event buses whose targets are queues. They last as long as the process. As on AWS, a target gets an event only if
 * the policy of its queue lets the rule send; otherwise the event is lost for it, without an error.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sqs-permissions
 */
export class EventRules {
  readonly #options: EventRulesOptions;
  readonly #rules = new Map<string, Rule>();
  readonly operations: Readonly<Record<string, Operation>> = {
    PutRule: (input) => this.#putRule(input),
    DeleteRule: (input) => this.#deleteRule(input),
    PutTargets: (input) => this.#putTargets(input),
    RemoveTargets: (input) => this.#removeTargets(input),
    ListRules: (input) => this.#listRules(input),
  };

  constructor(options: EventRulesOptions) {
    this.#options = options;
  }

  /** Sends an event to the targets of every rule that matches. */
  deliver(bus: string, event: object): void {
    const { queues } = this.#options;
    for (const rule of this.#rules.values()) {
      if (rule.bus !== bus || !rule.matches(event)) continue;
      for (const arn of rule.targets.values()) {
        const queue = queues.find(arn);
        if (queue !== undefined && maySend(queues.policyOf(queue), queue, rule.arn)) {
          queues.send(queue, JSON.stringify(event));
        }
      }
    }
  }

  #putRule(input: Input): object {
    const name = requiredText(input, 'Name', MAX_NAME_CHARS);
    if (!/^[.\-_A-Za-z0-9]+$/.test(name)) {
      throw violation(name, 'Name', 'satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+');
    }
    const bus = this.#busOf(input);
    const patternText = requiredText(input, 'EventPattern', 4_096);
    const { accountId, region } = this.#options;
    const arn = `arn:aws:events:${region}:${accountId}:rule/${bus === 'default' ? '' : `${bus}/`}${name}`;
    const targets = this.#rules.get(keyOf(bus, name))?.targets ?? new Map();
    this.#rules.set(keyOf(bus, name), { name, bus, arn, patternText, matches: patternOf(patternText), targets });
    return { RuleArn: arn };
  }

  #deleteRule(input: Input): object {
    const rule = this.#find(input, 'Name');
    if (rule.targets.size > 0) {
      throw new ServiceError('ValidationException', "Rule can't be deleted since it has targets.");
    }
    this.#rules.delete(keyOf(rule.bus, rule.name));
    return {};
  }

  #putTargets(input: Input): object {
    const rule = this.#find(input, 'Rule');
    const { Targets: targets } = input;
    if (!Array.isArray(targets) || targets.length === 0 || !targets.every(isRecord)) {
      throw violation(targets, 'Targets', 'have length greater than or equal to 1');
    }
    for (const target of targets) {
      const arn = requiredText(target, 'Arn');
      if (!arn.startsWith('arn:aws:sqs:')) {
        throw new ServiceError(
          'ValidationException',
          `Parameter ${arn} is not valid. Reason: only queues are targets here.`,
        );
      }
      rule.targets.set(requiredText(target, 'Id', 64), arn);
    }
    if (rule.targets.size > MAX_TARGETS) {
      throw new ServiceError('LimitExceededException', 'The requested resource exceeds the maximum number allowed.');
    }
    return { FailedEntryCount: 0, FailedEntries: [] };
  }

  #removeTargets(input: Input): object {
    const rule = this.#find(input, 'Rule');
    const { Ids: ids } = input;
    if (!Array.isArray(ids) || ids.length === 0) throw violation(ids, 'Ids', 'have length greater than or equal to 1');
    for (const id of ids) rule.targets.delete(String(id));
    return { FailedEntryCount: 0, FailedEntries: [] };
  }

  #listRules(input: Input): object {
    const bus = this.#busOf(input);
    const prefix = optionalText(input, 'NamePrefix') ?? '';
    const rules = [...this.#rules.values()].filter((rule) => rule.bus === bus && rule.name.startsWith(prefix));
    return {
      Rules: rules.map(({ arn, name, patternText }) => ({
        Name: name,
        Arn: arn,
        EventBusName: bus,
        EventPattern: patternText,
        State: 'ENABLED',
      })),
    };
  }

  #busOf(input: Input): string {
    const bus = busName(optionalText(input, 'EventBusName') ?? 'default');
    if (this.#options.buses.has(bus)) return bus;
    throw new ServiceError('ResourceNotFoundException', `Event bus ${bus} does not exist.`);
  }

  #find(input: Input, member: 'Name' | 'Rule'): Rule {
    const name = requiredText(input, member, MAX_NAME_CHARS);
    const bus = this.#busOf(input);
    const rule = this.#rules.get(keyOf(bus, name));
    if (rule !== undefined) return rule;
    throw new ServiceError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus ${bus}.`);
  }
}

const keyOf = (bus: string, name: string): string => `${bus}/${name}`;

const patternOf = (text: string): Pattern => {
  try {
    return readPattern(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
  }
};

/** True if a policy has a statement like the one of the page above: it lets EventBridge send for exactly this rule. */
const maySend = (policy: string | undefined, { arn }: Queue, ruleArn: string): boolean => {
  const { Statement: statements } = JSON.parse(policy ?? '{}') as { readonly Statement?: readonly Input[] };
  return (statements ?? []).some(({ Action, Condition, Effect, Principal, Resource }) => {
    const equals = isRecord(Condition) && isRecord(Condition.ArnEquals) ? Condition.ArnEquals : {};
    return (
      Effect === 'Allow' &&
      isRecord(Principal) &&
      Principal.Service === 'events.amazonaws.com' &&
      Action === 'sqs:SendMessage' &&
      Resource === arn &&
      equals['aws:SourceArn'] === ruleArn
    );
  });
};
