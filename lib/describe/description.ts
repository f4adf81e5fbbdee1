/**
 * What a Postern construct writes into the assembly of its app, if the context asks for it: an environment with all defaults, and
 * the place of its templates. Commands read it, so that they need neither the CDK nor the TypeScript of the app. It has no secret:
 * settings name secrets, and never have their values.
 */
export interface EnvironmentDescription {
  readonly format: typeof DESCRIPTION_FORMAT;
  /** Name of the environment. */
  readonly name: string;
  /** Path of the construct in its app: `Prod`, or `Beta/Prod` in a stage. */
  readonly path: string;
  readonly account: string;
  readonly region: string;
  /** Every setting with its default, sorted by its name. */
  readonly settings: DescribedSettings;
  readonly stacks: Readonly<Record<'state' | 'gateway', DescribedStack>>;
}

/** Number of the form of descriptions. It changes with every change that its readers must know. */
export const DESCRIPTION_FORMAT = 1;

export interface DescribedStack {
  /** Name of the stack in CloudFormation. */
  readonly name: string;
  /** Name of the file with its template. It lies beside the description. */
  readonly template: string;
}

/** A value as JSON. Durations and sizes are objects with one member each, so that their readers choose the form. */
export type Described =
  | null
  | boolean
  | number
  | string
  | DescribedDuration
  | DescribedSize
  | readonly Described[]
  | DescribedSettings;

export interface DescribedSettings {
  readonly [name: string]: Described;
}

export interface DescribedDuration {
  readonly $seconds: number;
}

export interface DescribedSize {
  readonly $bytes: number;
}

/** Mistakes because of which an app made no templates. */
export interface DescribedMistakes {
  readonly kind: 'unknown-environment' | 'invalid-environment' | 'invalid-context';
  /** All mistakes, each with its value, the expectation and the remedy. */
  readonly message: string;
  /** The mistakes of an environment one by one. */
  readonly errors: readonly { readonly at: string; readonly expected: string; readonly remedy: string }[];
}

export const descriptionFile = (environment: string): string => `postern-${environment}.json`;

/** True for the name of a file with a description. Names of environments have no dot. */
export const isDescriptionFile = (file: string): boolean => /^postern-[^.]+\.json$/.test(file);

/** The dot distinguishes it from the description of an environment. */
export const MISTAKES_FILE = 'postern.mistakes.json';

/** Protection that a load balancer has, and the network door does not have. Synth and `postern env show` say it. */
export const NOT_AT_NETWORK_DOOR =
  'The network door has no AWS WAF, no rule group against denial of service, no list of addresses with a bad reputation and no ' +
  'rules by country. Shield Advanced does not mitigate attacks by HTTP there.';
