import { createGateway, type PosternOptions } from '../gateway.ts';
import { Audit } from './audit.ts';
import { DeadLetters } from './dead-letters.ts';
import { Dispatch } from './dispatch.ts';
import { Jobs } from './jobs.ts';
import { OperatorQuarantine } from './operator-quarantine.ts';
import { OperatorTasks } from './operator-tasks.ts';
import { Processors } from './processors.ts';
import { Replays } from './replays.ts';
import { SigningKeys } from './signing-keys.ts';

/** Client of a gateway for operators. Every method rejects with `PosternError`. */
export class PosternOperator {
  static readonly name = 'PosternOperator';
  readonly tasks: OperatorTasks;
  readonly quarantine: OperatorQuarantine;
  readonly replays: Replays;
  readonly processors: Processors;
  readonly dispatch: Dispatch;
  readonly jobs: Jobs;
  readonly deadLetters: DeadLetters;
  readonly keys: SigningKeys;
  readonly audit: Audit;

  /** @throws {TypeError} if the origin is not valid */
  constructor(options: PosternOptions) {
    const gateway = createGateway(options);
    this.tasks = new OperatorTasks(gateway);
    this.quarantine = new OperatorQuarantine(gateway);
    this.replays = new Replays(gateway);
    this.processors = new Processors(gateway);
    this.dispatch = new Dispatch(gateway);
    this.jobs = new Jobs(gateway);
    this.deadLetters = new DeadLetters(gateway);
    this.keys = new SigningKeys(gateway);
    this.audit = new Audit(gateway);
  }
}
