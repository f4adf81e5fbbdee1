import { createHash } from 'node:crypto';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import jsonata from 'jsonata';

/** A state, as the definition of a state machine has it. */
export interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly QueryLanguage?: string;
  readonly Arguments?: { readonly FunctionName: unknown; readonly Payload: unknown };
  readonly TimeoutSeconds?: number;
  readonly HeartbeatSeconds?: number;
  readonly Retry?: readonly Readonly<Record<string, unknown>>[];
  readonly Catch?: readonly {
    readonly ErrorEquals: readonly string[];
    readonly Next: string;
    readonly Output?: unknown;
  }[];
  readonly Choices?: readonly { readonly Condition: string; readonly Next: string }[];
  readonly Default?: string;
  readonly Output?: unknown;
  readonly Next?: string;
  readonly End?: boolean;
}

export interface Definition {
  readonly StartAt: string;
  readonly QueryLanguage?: string;
  readonly States: Readonly<Record<string, State>>;
}

/** Returns the definition of the only state machine of a stack. Texts that CloudFormation fills in are `{…}`. */
export const definitionIn = (stack: Stack): Definition => {
  const [machine] = Object.values(Template.fromStack(stack).findResources('AWS::StepFunctions::StateMachine'));
  const written: unknown = machine?.Properties.DefinitionString;
  const parts =
    typeof written === 'string' ? [written] : (written as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1];
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : '{…}')).join('')) as Definition;
};

/** Returns the first catcher of a state for an error. `States.TaskFailed` is every error of a task except its time-outs. */
export const catcherOf = (state: State | undefined, error: string) =>
  state?.Catch?.find(
    ({ ErrorEquals }) =>
      ErrorEquals.includes(error) || (ErrorEquals.includes('States.TaskFailed') && !/^States\..*Timeout$/.test(error)),
  );

/** Returns the state that follows: behind a Choice state, the one whose condition is true. */
export const choose = async (definition: Definition, name = '', input: unknown): Promise<string | undefined> => {
  const { Choices, Default } = definition.States[name] ?? {};
  for (const { Condition, Next } of Choices ?? []) if ((await evaluate(Condition, { input })) === true) return Next;
  return Choices === undefined ? name : Default;
};

/** `$states` of an expression. */
export interface States {
  readonly input?: unknown;
  readonly result?: unknown;
  readonly errorOutput?: unknown;
  readonly context?: unknown;
}

/**
 * Evaluates every expression in a value of a definition, as Step Functions does: version 2.0.6 of JSONata, with the functions of Step
 * Functions that our definitions use.
 * https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
 */
export const evaluate = async (value: unknown, states: States): Promise<unknown> => {
  if (typeof value === 'string') {
    const [, expression] = /^\{%([\s\S]*)%\}$/.exec(value) ?? [];
    return expression === undefined ? value : evaluateExpression(expression, states);
  }
  if (Array.isArray(value)) return Promise.all(value.map((one) => evaluate(one, states)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(async ([name, one]) => [name, await evaluate(one, states)] as const);
  return Object.fromEntries(await Promise.all(entries));
};

const evaluateExpression = async (text: string, states: States): Promise<unknown> => {
  const expression = jsonata(text);
  expression.registerFunction('hash', (content: string, algorithm: string) =>
    createHash(algorithm.replace('-', '')).update(content).digest('hex'),
  );
  expression.registerFunction('parse', (json: string) => JSON.parse(json));
  const result: unknown = await expression.evaluate({}, { states });
  if (result === undefined) throw new Error(`States.QueryEvaluationError: no value: ${text}`);
  // JSONata marks its arrays with properties of their own.
  return JSON.parse(JSON.stringify(result));
};
