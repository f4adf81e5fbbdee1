import { type ActionSettings, answerAction, showAction } from '../../shared/console/action.ts';
import { type AnswerVisit, type ConsoleFrameOptions, createConsoleFrame } from '../../shared/console/frame.ts';
import type { ConsoleAnswer, ConsoleFile, Visit } from '../../shared/console/visit.ts';
import type { Match } from '../../shared/http/router.ts';
import type { OperatorServices } from '../../shared/operator/operator-services.ts';
import type { ReadOverview } from '../../shared/operator/overview.ts';
import { type Refusal, refuse } from '../../shared/refusal.ts';
import { findAction } from './actions/find-action.ts';
import { auditPage } from './pages/audit.ts';
import { deadLettersPage } from './pages/dead-letters.ts';
import { dispatchPage } from './pages/dispatch.ts';
import { findPage } from './pages/find.ts';
import { jobPage } from './pages/job.ts';
import { keysPage } from './pages/keys.ts';
import { overviewPage } from './pages/overview.ts';
import { processorPage, processorsPage } from './pages/processors.ts';
import { quarantinePage } from './pages/quarantine.ts';
import { replaysPage } from './pages/replays.ts';
import { taskPage } from './pages/task.ts';
import { tasksPage } from './pages/tasks.ts';

export interface ConsoleOptions extends ConsoleFrameOptions {
  readonly services: Omit<OperatorServices, 'overview'>;
  readonly readOverview: ReadOverview;
  /** Content of the style sheet and the script. */
  readonly files: { readonly style: string; readonly script: string };
}

/** The operator's console: pages, their files, and the forms of actions except the one that shows a payload. */
export const createConsoleEndpoint = (options: ConsoleOptions) => createConsoleFrame(options, createAnswer(options));

const createAnswer =
  (options: ConsoleOptions): AnswerVisit =>
  async (visit, match) => {
    const { origin, services } = options;
    const settings: ActionSettings = { ...services, origin };
    const action = findAction(match, visit, services);
    if (action !== undefined) {
      return match.route.method === 'GET' ? showAction(visit, settings, action) : answerAction(visit, settings, action);
    }
    return (await showPage(visit, match, options)) ?? refuse('not_found', `no page ${match.name}`);
  };

/** A file of the console. A browser keeps it only if it asked for this content. */
const fileOf = (contentType: string, content: string, { request }: Visit, url: string): ConsoleFile => ({
  contentType,
  content,
  isLasting: request.query.some(([name, value]) => name === 'v' && url.endsWith(`?v=${value}`)),
});

/** Returns the page of a route; undefined if the console has none. */
const showPage = (
  visit: Visit,
  { name, params }: Match,
  { assets, files, readOverview, services }: ConsoleOptions,
): Promise<ConsoleAnswer | Refusal> | ConsoleAnswer | undefined => {
  switch (name) {
    case 'consoleStyle':
      return fileOf('text/css; charset=utf-8', files.style, visit, assets.style.text);
    case 'consoleScript':
      return fileOf('text/javascript; charset=utf-8', files.script, visit, assets.script.text);
    case 'console':
      return overviewPage(readOverview);
    case 'consoleFind':
      return findPage(visit, services);
    case 'consoleQuarantine':
      return quarantinePage(visit, services);
    case 'consoleReplays':
      return replaysPage(visit, services);
    case 'consoleProcessors':
      return processorsPage(services);
    case 'consoleProcessor':
      return processorPage(visit, params.id ?? '', services);
    case 'consoleJob':
      return jobPage(visit, params.id ?? '', services);
    case 'consoleDispatch':
      return dispatchPage(visit, services);
    case 'consoleDeadLetters':
      return deadLettersPage(visit, services);
    case 'consoleKeys':
      return keysPage(visit, services);
    case 'consoleAudit':
      return auditPage(visit, services);
    case 'consoleTasks':
      return tasksPage(visit, services);
    case 'consoleTask':
      return taskPage(visit, params.taskId ?? '', services);
    default:
      return undefined;
  }
};
