import type { OperatorAction, OperatorId } from '../../contract/audit.ts';
import type { Html, Url } from '../html/template.ts';
import type { HttpRequest } from '../http/message.ts';
import type { Fields } from '../log/logger.ts';
import type { ConsoleKey } from './console-key.ts';
import type { Operator } from './operator-assertion.ts';
import type { Session } from './session.ts';

/** A request of a signed-in person who has a role. */
export interface Visit {
  readonly request: HttpRequest;
  readonly operator: Operator;
  /** The operator, as audit items name one. */
  readonly id: OperatorId;
  readonly key: ConsoleKey;
  readonly session: Session;
  /** Seconds since 1970. */
  readonly now: number;
}

/** A page inside the console's frame. */
export interface ConsolePage {
  /** @default 200 */
  readonly status?: number;
  /** The heading and the title of the page. */
  readonly title: string;
  /** Beside the heading: the state. */
  readonly beside?: Html;
  /** Between the heading and `body`: filters, which are not replaced when the page looks for changes. */
  readonly above?: Html;
  readonly body: Html;
  /** The page looks for changes by itself. */
  readonly live?: {
    /** Seconds between two looks. */
    readonly seconds: number;
    /** What the page counts, for example `50 tasks`. It is announced after a change. */
    readonly count: string;
  };
  /** `Set-Cookie` lines. */
  readonly cookies?: readonly string[];
  readonly fields?: Fields;
  /** The action that was done, for metrics. */
  readonly action?: OperatorAction;
  /** What the action has done, for a page that is itself the answer to a form. */
  readonly notice?: string;
}

/** Sends the browser to a page after an action (303). */
export interface ConsoleRedirect {
  readonly location: Url;
  readonly cookies?: readonly string[];
  readonly fields?: Fields;
  /** The action that was done, for metrics. */
  readonly action?: OperatorAction;
}

/** A file of the console. */
export interface ConsoleFile {
  readonly contentType: string;
  readonly content: string;
  /** True if the URL has the hash of the content, so that a browser may keep it. */
  readonly isLasting: boolean;
}

export type ConsoleAnswer = ConsolePage | ConsoleRedirect | ConsoleFile;
