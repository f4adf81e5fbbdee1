import { appendFileSync, existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { AssumedRoles } from './assumed-roles.ts';

/** A request that resumes a workflow, as a line of the file has it. */
export type ResumeRequest = { readonly action: string } & (
  | {
      readonly service: 'states';
      readonly taskToken: string;
      readonly output?: string;
      readonly error?: string;
      readonly cause?: string;
    }
  | {
      readonly service: 'lambda';
      readonly callbackId: string;
      /** The text as it was sent. */
      readonly result?: string;
      readonly error?: Readonly<Record<string, unknown>>;
    }
);

/** An answer other than success that the words of a token ask for. */
export type Trouble = 'throttled' | 'fault' | 'timed out' | 'unknown' | 'invalid' | 'output refused' | 'result refused';

/** Words in a token, without hyphens: the alphabet of callback ids has none. */
const WORDS: readonly (readonly [word: string, trouble: Trouble])[] = [
  ['timedout', 'timed out'],
  ['unknown', 'unknown'],
  ['invalid', 'invalid'],
  ['badoutput', 'output refused'],
  ['badresult', 'result refused'],
];

export interface ResumesOptions {
  /** File to which each request is appended, one JSON document a line. */
  readonly file: string;
  /** While this file does not exist, a token with the word `local-fault` gets an error of the service itself. */
  readonly faultsClearedFile?: string | undefined;
  readonly roles: Pick<AssumedRoles, 'roleOf'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * What the stand-ins of Step Functions and of durable functions share. They take any token, and a word in it chooses the
 * answer. `throttle-3` is three throttlings before another answer; any number will do.
 */
export class Resumes {
  readonly file: string;
  readonly #options: ResumesOptions;
  /** Throttlings so far, by token. */
  readonly #throttlings = new Map<string, number>();

  constructor(options: ResumesOptions) {
    this.file = options.file;
    this.#options = options;
    // Readers find it before the first request too.
    appendFileSync(options.file, '', { mode: 0o600 });
  }

  /** The answer that a token asks for now; `undefined` for success. Each call counts as a request. */
  troubleOf(token: string): Trouble | undefined {
    const text = token.replaceAll('-', '');
    // With its hyphen, so that digits behind another one are not of the number.
    const throttlings = Number(/throttle-?(\d+)/.exec(token)?.[1] ?? 0);
    const before = this.#throttlings.get(token) ?? 0;
    if (before < throttlings) {
      this.#throttlings.set(token, before + 1);
      return 'throttled';
    }
    const { faultsClearedFile } = this.#options;
    if (text.includes('localfault') && !(faultsClearedFile !== undefined && existsSync(faultsClearedFile))) {
      return 'fault';
    }
    return WORDS.find(([word]) => text.includes(word))?.[1];
  }

  /**
   * Written down before it returns, with the role if the request was signed with credentials of one.
   * @param answer 200, or the name of the error
   */
  record({ service, action, ...sent }: ResumeRequest, answer: 200 | string, request: IncomingMessage): void {
    const at = new Date(this.#options.now()).toISOString();
    const roleArn = this.#options.roles.roleOf(request);
    const line = { at, service, action, ...sent, ...(roleArn !== undefined && { roleArn }), answer };
    appendFileSync(this.file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  }
}
