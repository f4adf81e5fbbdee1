import type { TestProject } from 'vitest/node';
import { startEngine } from '../../local/dynamodb/engine.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The engine of this run, or why it did not start. `undefined` in projects without one. */
    engine: { readonly endpoint: string; readonly name: string } | { readonly unavailable: string } | undefined;
  }
}

/** One DynamoDB engine, in memory, for all test files of a run; each file makes tables of its own in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  try {
    const engine = await startEngine();
    project.provide('engine', { endpoint: engine.endpoint, name: engine.name });
    return engine.stop;
  } catch (error) {
    project.provide('engine', { unavailable: error instanceof Error ? error.message : String(error) });
    return async () => {};
  }
}
