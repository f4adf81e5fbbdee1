import type { DispatchView } from '../lambda/contract/dispatch.ts';
import type { ScenarioContext } from './context.ts';
import { expectThat } from './reporter.ts';

const DOCUMENT = 'invoice-80.pdf';

/** The gateway sends the work to the processor, so the sender never has a callback URL. */
export const playDispatch = async (context: ScenarioContext): Promise<void> => {
  const { ask, becomes, dispatchProcessor, open, probe, report } = context;
  if (dispatchProcessor === undefined) return;
  report.step('A sender lets the gateway send the work to the processor');
  const task = await open({ processor: dispatchProcessor, resource: 'invoice-80', input: { document: DOCUMENT } });
  expectThat(task.capabilities.length === 0, 'no callback for the sender', task.capabilities);
  report.layer('create-task', 'stores the task and its input, and signs no token');
  report.outcome(`201: task ${task.taskId} is queued for ${dispatchProcessor}. The sender gets no URL.`);

  if (probe !== undefined) await probe.published('Task Dispatched', task.taskId);
  report.layer('queue-outcomes', 'reads the change from the table’s stream and sends the id of the task to a queue');
  report.layer('dispatch', 'claims the attempt, signs the tokens in memory, and sends input and callback URL');
  await becomes(task.taskId, 'succeeded');
  const shown = (await (await ask(`/v1/tasks/${task.taskId}`)).json()) as { readonly dispatch?: DispatchView };
  const { attempts, remoteId, state } = shown.dispatch ?? {};
  expectThat(state === 'accepted' && remoteId !== undefined, 'an accepted job with its id', shown.dispatch);
  report.layer('processor', 'checks key and signature, accepts the job, works, and posts its result to the URL');
  report.outcome(`The sender sees the job at the processor, ${remoteId}. Attempts: ${attempts}.`);

  const result = await ask(`/v1/tasks/${task.taskId}/result`);
  const text = await result.text();
  expectThat(result.status === 200 && text.includes(DOCUMENT), 'the result of the processor', result.status);
  report.outcome(`200 for the result: ${text}`);
};
