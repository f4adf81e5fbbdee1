/** Why CloudFormation or a service refuses an update, or what the update loses. */
export type FindingCode =
  /** State would take away or change an export that the deployed gateway imports. */
  | 'export-in-use'
  /** A new resource needs a name that another one still has. */
  | 'name-taken'
  /** A resource that keeps data would be removed or replaced. */
  | 'data-lost'
  /** A property changes that its service never changes. */
  | 'never-changed'
  /** A load balancer would move to another network, or lose a zone that it cannot lose. */
  | 'load-balancer-moved'
  /** A table's indexes change in a way that DynamoDB refuses in one update. */
  | 'indexes-changed'
  /** A resource would be deleted that its service protects from deletion. */
  | 'deletion-protected'
  /** A logical id stands for a resource of another type. */
  | 'type-changed';

/** One thing that is not safe about an update. */
export interface Finding {
  readonly code: FindingCode;
  readonly stack: 'State' | 'Gateway';
  /** The logical id, or the name of the export. */
  readonly resource: string;
  /** What would happen, in a sentence without its full stop. */
  readonly problem: string;
  /** What to do instead. */
  readonly remedy: string;
}

export const describeFinding = ({ code, problem, remedy, resource, stack }: Finding): string =>
  `${stack}/${resource}: ${problem}. ${remedy} (${code})`;
