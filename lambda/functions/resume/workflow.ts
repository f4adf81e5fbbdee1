import type { ResumeTarget, Workflow as WorkflowPlace } from '../../contract/resume.ts';

/** Calls of the service in which a workflow waits. Each makes one attempt, and rejects with the error of the service. */
export interface WorkflowService {
  /** @param output JSON */
  succeed(token: string, output: string): Promise<void>;
  fail(token: string, failure: WorkflowFailure): Promise<void>;
  heartbeat(token: string): Promise<void>;
}

export interface WorkflowFailure {
  readonly error: string;
  /** For people. */
  readonly message: string;
  /** JSON. */
  readonly cause: string;
}

/** A workflow that an application may resume, and its place. */
export type Destination = ResumeTarget & WorkflowPlace;

/** Finds the service of a workflow. Rejects if the role of its account cannot be assumed. */
export type ConnectWorkflow = (destination: Destination) => Promise<WorkflowService>;
