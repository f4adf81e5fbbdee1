/**
 * An application: one sending system of an environment. It owns its tasks, and no other application can see or change them.
 */
export interface Application {
  /** 2 to 32 characters of `[a-z0-9-]`. */
  readonly id: string;
  /** Client ids of access tokens; `null`: every client. A client belongs to one application. */
  readonly clients: readonly string[] | null;
  /** Ids of the processors for which it may create tasks. */
  readonly processors: readonly string[];
  /** Most pending tasks, counted approximately; `null`: no limit. */
  readonly pendingLimit: number | null;
  /** ARNs of the workflows that its tasks may resume, see `ResumeTarget`. Absent: none. */
  readonly resumes?: readonly string[];
}

/** The applications of an environment by id. */
export type Applications = Readonly<Record<string, Application>>;

/** File in the bundle of each function that needs `Applications`. */
export const APPLICATIONS_FILE = 'applications.json';

/**
 * Prefix of the names of the aliases that applications invoke to create tasks. The rest of the name is the id of the application.
 */
export const INVOCATION_ALIAS_PREFIX = 'open-';

/**
 * Returns the id of the sender that invokes the target of an application, for policies, tasks and log lines. The id of a client has no
 * blanks where an application has a target, so it is never the same.
 */
export const invokerOf = (application: string): string => `invoker of ${application}`;

/** Ids are also parts of index keys, which `#` separates. */
export const APPLICATION_ID_PATTERN = /^[a-z0-9-]{2,32}$/;

/** The only application of an environment without `applications`, and the owner of tasks that were created before these existed. */
export const DEFAULT_APPLICATION = 'default';

/** Returns the application that owns a task. */
export const applicationOf = ({ application }: { readonly application?: string }): string =>
  application ?? DEFAULT_APPLICATION;
