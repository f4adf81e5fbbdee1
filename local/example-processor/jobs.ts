import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Callback } from '../../sdk/processor/callback.ts';

/** A job of the processor. */
export interface Job {
  readonly input: unknown;
  /** The callback URL for the result. */
  readonly webhook: string;
  /** Token of a URL that does not have it. */
  readonly token?: string;
  readonly task: string;
}

export interface JobsOptions {
  /** Milliseconds of work on a job. */
  readonly workMs: number;
  /** Prints a job that could not be delivered. */
  readonly say: (line: string) => void;
}

/** Jobs that are kept to recognise a repeat. */
const MOST_KEPT = 1_000;

/** The jobs of the example processor. Each is worked on once, and its result goes to the callback URL. */
export class Jobs {
  readonly #options: JobsOptions;
  readonly #ids = new Map<string, string>();
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(options: JobsOptions) {
    this.#options = options;
  }

  /**
   * Takes a job and begins with it. A job with a key that is known is not done again.
   * @returns the id of the job
   */
  take(key: string, job: Job): string {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = `job-${randomUUID()}`;
    this.#ids.set(key, id);
    const [oldest] = this.#ids.keys();
    if (this.#ids.size > MOST_KEPT && oldest !== undefined) this.#ids.delete(oldest);
    const work = this.#work(id, job).finally(() => this.#running.delete(work));
    this.#running.add(work);
    return id;
  }

  /** Ends all work. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  async #work(id: string, { input, task, token, webhook }: Job): Promise<void> {
    const { signal } = this.#stopping;
    try {
      await delay(this.#options.workMs, undefined, { signal });
      const result = { job: id, text: `Text of ${nameOf(input)}` };
      await new Callback(webhook, { token }).deliver(result, { contentType: 'application/json', signal });
    } catch (error) {
      if (signal.aborted) return;
      // The errors of the package have no URL and no token.
      const reason = error instanceof Error ? error.message : 'no reason is known.';
      this.#options.say(`The example processor could not deliver the result of the task ${task}: ${reason}`);
    }
  }
}

/** The member `document` of the input, if it is a text. */
const nameOf = (input: unknown): string => {
  const { document } = (typeof input === 'object' && input !== null ? input : {}) as { readonly document?: unknown };
  return typeof document === 'string' ? document : 'the document';
};
