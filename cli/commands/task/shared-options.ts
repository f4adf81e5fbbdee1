import { CAPABILITY_NAMES, type Capability } from '../../../lambda/contract/capabilities.ts';
import { CARRIERS, type Carrier } from '../../../lambda/contract/carriers.ts';
import { MAX_REASON_CHARS } from '../../../lambda/contract/limits.ts';
import { CommandError } from '../../command-error.ts';
import { readDuration } from '../../durations.ts';

/** Options of commands whose answer has callback URLs. */
export const CALLBACK_OPTIONS = {
  showCallbacks: { doc: 'prints the callback URLs and tokens, which are secrets; not together with --out' },
  out: { doc: 'writes the whole answer to a new file that only you can read', value: 'FILE' },
} as const;

/** Options of the callbacks that are issued. */
export const ISSUE_OPTIONS = {
  expires: { doc: 'time for which the callbacks work, such as 90s, 30m, 1h or 2d', value: 'DURATION' },
  callbacks: {
    doc: `callbacks with a comma between them, of ${CAPABILITY_NAMES.join(', ')}; of work that Postern sends, those that its template does not name are ignored`,
    value: 'LIST',
  },
  carrier: { doc: 'how the processor sends the token', value: 'CARRIER', choices: CARRIERS },
} as const;

/** Options of an action that a protected environment asks about. */
export const CONFIRM_OPTIONS = {
  yes: { doc: 'does it without a question in a protected environment; needs --reason' },
} as const;

export const REASON_OPTION = {
  reason: { doc: `why, in 1 to ${MAX_REASON_CHARS} characters`, value: 'TEXT' },
} as const;

/** @throws {CommandError} `usage`, also if the callbacks are to go to a file and to be shown */
export const readIssueOptions = (options: {
  readonly callbacks?: string | undefined;
  readonly carrier?: string | undefined;
  readonly expires?: string | undefined;
  readonly out: string | undefined;
  readonly showCallbacks: boolean;
}) => {
  if (options.out !== undefined && options.showCallbacks) {
    throw new CommandError(
      'usage',
      '--out and --show-callbacks exclude each other.',
      'With --out the callbacks go to a file that only you can read. --show-callbacks prints them instead.',
    );
  }
  return {
    ...(options.expires !== undefined && { expiresIn: readDuration('--expires', options.expires) }),
    ...(options.callbacks !== undefined && { callbacks: readCapabilities(options.callbacks) }),
    ...(options.carrier !== undefined && { carrier: options.carrier as Carrier }),
  };
};

const readCapabilities = (list: string): readonly Capability[] =>
  list.split(',').map((word) => {
    const capability = CAPABILITY_NAMES.find((name) => name === word.trim());
    if (capability !== undefined) return capability;
    throw new CommandError('usage', `--callbacks has "${word}"; expected ${CAPABILITY_NAMES.join(', ')}.`);
  });
