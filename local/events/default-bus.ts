import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AsynchronousCalls } from '../functions/asynchronous-calls.ts';
import type { BusEvent } from '../stand-ins/s3-event.ts';
import type { Rule } from './rule.ts';

/**
 * The default bus of the account, which gets the events of AWS services. An event stays in a file until every function that
 * a rule names has been called. A gateway that was killed continues with it, so delivery is at least once.
 */
export class DefaultBus {
  readonly #folder: string;
  readonly #stopping = new AbortController();
  readonly #deliveries = new Set<Promise<void>>();
  #deliver: ((event: BusEvent) => Promise<boolean>) | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Written down before it returns. Before `start`, it waits. */
  publish(event: BusEvent): void {
    const file = `${event.id}.json`;
    writeFileSync(join(this.#folder, `${file}.new`), JSON.stringify(event), { mode: 0o600 });
    renameSync(join(this.#folder, `${file}.new`), join(this.#folder, file));
    this.#begin(file, event);
  }

  /** Calls the targets of rules from now on, first with what was left from before. */
  start(rules: readonly Rule[], calls: AsynchronousCalls): void {
    this.#deliver = async (event) => {
      const targets = rules.filter((rule) => rule.matches(event)).flatMap((rule) => rule.targets);
      const done = await Promise.all(targets.map((target) => calls.call(target, event, this.#stopping.signal)));
      return done.every((each) => each);
    };
    for (const file of readdirSync(this.#folder).filter((name) => name.endsWith('.json'))) {
      this.#begin(file, JSON.parse(readFileSync(join(this.#folder, file), 'utf8')) as BusEvent);
    }
  }

  /** Waits for calls that run; what is to be tried again is left for the next start. */
  async stop(): Promise<void> {
    this.#deliver = undefined;
    this.#stopping.abort();
    await Promise.all(this.#deliveries);
  }

  #begin(file: string, event: BusEvent): void {
    if (this.#deliver === undefined) return;
    const delivery = this.#deliver(event).then((done) => {
      if (done) rmSync(join(this.#folder, file), { force: true });
      this.#deliveries.delete(delivery);
    });
    this.#deliveries.add(delivery);
  }
}
