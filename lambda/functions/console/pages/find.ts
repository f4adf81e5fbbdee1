import { MAX_RESOURCE_CHARS } from '../../../contract/limits.ts';
import type { ConsoleAnswer, Visit } from '../../../shared/console/visit.ts';
import { html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { isRefusal, type Refusal } from '../../../shared/refusal.ts';
import { fieldsOf } from './list-query.ts';
import type { ServicesOf } from './parts.ts';

/** Form of a task id: 128 bits in base64url. */
const TASK_ID = /^[A-Za-z0-9_-]{22}$/;

/** Leads to the task with this id, or to the list of the tasks about exactly this resource. */
export const findPage = async (
  { request }: Visit,
  { tasks }: ServicesOf<'tasks'>,
): Promise<ConsoleAnswer | Refusal> => {
  const text = fieldsOf(request, undefined)('', 'q').value.trim();
  if (TASK_ID.test(text)) {
    const task = await tasks.read(text);
    if (!isRefusal(task)) return { location: urlOf('consoleTask', { taskId: text }) };
  }
  if (text !== '' && [...text].length <= MAX_RESOURCE_CHARS)
    return { location: urlOf('consoleTasks', {}, { resource: text }) };
  return {
    title: 'Find a task',
    status: 400,
    body: html`<p>Type the id of a task, or its exact resource of at most ${MAX_RESOURCE_CHARS} characters.</p>`,
  };
};
