import {
  ACCOUNT_ID_PATTERN,
  DOMAIN_PATTERN,
  ENVIRONMENT_NAME_PATTERN,
  LOCAL_ENVIRONMENT,
  MAX_COMMON_NAME_CHARS,
  MAX_ENVIRONMENT_NAME_CHARS,
  REGION_CODES,
} from '../../lambda/contract/environments.ts';
import { suggestion } from '../../lib/config/near-names.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';

/** The settings that a new app is made from. */
export interface AppSettings {
  /** Name of the environment. */
  readonly name: string;
  readonly domain: string;
  readonly account: string;
  readonly region: string;
}

interface Mistake {
  readonly expected: string;
  readonly remedy: string;
}

interface Question {
  readonly text: string;
  /** Returns the mistake in an answer. An environment has the same rules. */
  readonly mistakeIn: (value: string) => Mistake | undefined;
}

const QUESTIONS: Readonly<Record<keyof AppSettings, Question>> = {
  name: {
    text: 'Name of the environment, such as prod:',
    mistakeIn: (value) => {
      if (value === LOCAL_ENVIRONMENT) {
        return {
          expected: 'another name, because "postern dev" runs a gateway of this name',
          remedy: 'Take for instance dev or prod.',
        };
      }
      return ENVIRONMENT_NAME_PATTERN.test(value)
        ? undefined
        : {
            expected: `1 to ${MAX_ENVIRONMENT_NAME_CHARS} characters of [a-z0-9-], the first of them a letter`,
            remedy: 'Names of stacks and resources begin with it. Take a short one, such as prod.',
          };
    },
  },
  domain: {
    text: 'Host name of callback URLs, such as callbacks.example.com:',
    mistakeIn: (value) => {
      if (!DOMAIN_PATTERN.test(value)) {
        return {
          expected: 'a host name in lower case, without scheme, port and path',
          remedy: 'Write only the name, such as callbacks.example.com.',
        };
      }
      return value.length <= MAX_COMMON_NAME_CHARS
        ? undefined
        : {
            expected: `at most ${MAX_COMMON_NAME_CHARS} characters, because ACM requests a certificate for it`,
            remedy: 'Take a shorter domain.',
          };
    },
  },
  account: {
    text: 'Id of the AWS account, 12 digits:',
    mistakeIn: (value) =>
      ACCOUNT_ID_PATTERN.test(value)
        ? undefined
        : {
            expected: 'an account id of 12 digits, without hyphens',
            remedy: '"aws sts get-caller-identity --query Account --output text" prints yours.',
          },
  },
  region: {
    text: 'AWS Region, such as eu-west-1:',
    mistakeIn: (value) =>
      REGION_CODES.includes(value)
        ? undefined
        : {
            expected: 'the code of a Region of AWS, such as eu-west-1',
            remedy: `${suggestion(value, REGION_CODES)}"aws account list-regions" lists those of your account.`,
          },
  },
};

/**
 * Checks the settings of the command line, and asks a person for those that are missing.
 * @throws {CommandError} `usage`, with every mistake, or with every missing setting where no person can be asked
 */
export const readAppSettings = async (
  context: Pick<Context, 'io' | 'settings'>,
  given: { readonly [K in keyof AppSettings]: string | undefined },
): Promise<AppSettings> => {
  const keys = Object.keys(QUESTIONS) as (keyof AppSettings)[];
  const mistakes = keys.flatMap((key) => describeMistake(key, given[key]) ?? []);
  if (mistakes.length > 0) throw new CommandError('usage', mistakes.join('\n'), 'Nothing was made.');
  const missing = keys.filter((key) => given[key] === undefined);
  if (missing.length > 0 && !context.settings.mayAsk) {
    throw new CommandError(
      'usage',
      `Missing: ${missing.map((key) => `--${key}`).join(', ')}.`,
      '"postern init --help" has an example with all of them.',
    );
  }
  const answers: Partial<Record<keyof AppSettings, string>> = {};
  for (const key of keys) answers[key] = given[key] ?? (await askFor(key, context));
  return answers as Record<keyof AppSettings, string>;
};

/** Asks again after a wrong answer. */
const askFor = async (key: keyof AppSettings, context: Pick<Context, 'io'>): Promise<string> => {
  for (;;) {
    const answer = (await context.io.ask(QUESTIONS[key].text)).trim();
    const mistake = QUESTIONS[key].mistakeIn(answer);
    if (mistake === undefined) return answer;
    context.io.note(`Expected ${mistake.expected}. ${mistake.remedy}`);
  }
};

const describeMistake = (key: keyof AppSettings, value: string | undefined): string | undefined => {
  const mistake = value === undefined ? undefined : QUESTIONS[key].mistakeIn(value);
  return mistake && `--${key} is "${value}"; expected ${mistake.expected}. ${mistake.remedy}`;
};
