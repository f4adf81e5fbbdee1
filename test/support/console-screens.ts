import type { Visitor } from './console-visitor.ts';

/** Pages of the console that only read. */
export const SCREENS = [
  ['/console', 'Overview'],
  ['/console/tasks', 'Tasks'],
  ['/console/quarantine', 'Quarantine'],
  ['/console/replays', 'Replays'],
  ['/console/processors', 'Processors'],
  ['/console/dispatch', 'Dispatch'],
  ['/console/dead-letters', 'Dead letters'],
  ['/console/keys', 'Keys'],
  ['/console/audit', 'Audit'],
] as const;

/** Paths of the pages of things that the seed data have. */
export interface SeededPaths {
  /** The task of `invoice-77`, with a replay. */
  readonly invoice: string;
  /** The task whose texts are markup. */
  readonly hostile: string;
  /** The page of each action, by the name of the action. */
  readonly actions: Readonly<Record<string, string>>;
}

/** Finds pages of the seed data as an operator would: by the lists. */
export const findSeededPaths = async (visitor: Visitor): Promise<SeededPaths> => {
  const linkOn = async (path: string, pattern: RegExp): Promise<string> => {
    await visitor.open(path);
    const [, link] = pattern.exec(await visitor.markup()) ?? [];
    if (link === undefined) throw new Error(`${path} has no link like ${pattern}.`);
    return link.replaceAll('&amp;', '&');
  };
  const task = /href="(\/console\/tasks\/[\w-]{22})"/;
  const byResource = (resource: string) => linkOn(`/console/tasks?${new URLSearchParams({ resource })}`, task);
  const invoice = await byResource('invoice-77');
  const hostile = await byResource('urn:example:<script>alert("resource")</script>');
  const delivery = await linkOn('/console/quarantine', /id="quarantined-([\w-]+)"/);
  const late = `${await linkOn('/console/quarantine', task)}/quarantine/${delivery}`;
  const key = await linkOn('/console/keys', /id="key-([\w-]{43})"/);
  return {
    invoice,
    hostile,
    actions: {
      'Cancel task': `${hostile}/cancel`,
      'Revoke callbacks': `${hostile}/revoke`,
      'Reopen task': `${invoice}/reopen`,
      Accept: `${late}/accept`,
      Discard: `${late}/discard`,
      'Reveal payload': `${invoice}/payload/result`,
      'Revoke all callbacks': '/console/processors/leaky/revoke',
      'Redrive all': '/console/dead-letters/publish/redrive',
      Pause: '/console/processors/sent-ocr/pause',
      Resume: '/console/processors/sent-ocr/resume',
      'Redrive failed work': '/console/processors/sent-ocr/dispatch?of=failed',
      'Redrive work of a retired key': '/console/processors/sent-ocr/dispatch?of=retired_key',
      'Redrive work with an unknown answer': '/console/processors/sent-ocr/dispatch?of=answer_unknown',
      'Retire key': `/console/keys/${key}/retire`,
    },
  };
};
