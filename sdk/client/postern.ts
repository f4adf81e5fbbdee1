import { createGateway, type PosternOptions } from './gateway.ts';
import { Tasks } from './tasks.ts';

/** Client of a gateway for one sending application. */
export class Postern {
  static readonly name = 'Postern';
  readonly tasks: Tasks;

  /** @throws {TypeError} if the origin is not valid */
  constructor(options: PosternOptions) {
    this.tasks = new Tasks(createGateway(options));
  }
}
