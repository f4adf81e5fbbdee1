import type { Job } from './jobs.ts';

/** Reads a job in the form of the processor `sent-ocr`. `undefined` if it has another form. */
export const readJob = (body: Buffer): Job | undefined => {
  const { input, task, webhook } = parse(body) as Readonly<Record<string, unknown>>;
  return typeof task === 'string' && isUrl(webhook) ? { input, task, webhook } : undefined;
};

/**
 * Finds the callback in a job of any form: the first text of the body, or value of the query, that is a callback URL of the
 * gateway, and a token beside it.
 * @param key stands for the task in what is printed
 */
export const findJob = (body: Buffer, path: string, gateway: string, key: string): Job | undefined => {
  const texts = [...textsOf(parse(body)), ...new URL(path, gateway).searchParams.values()];
  const webhook = texts.find((text) => text.startsWith(`${gateway}/v1/results/`) || text.startsWith(`${gateway}/c/`));
  const token = texts.find((text) => /^eyJ[\w-]+(\.[\w-]*){2,4}$/.test(text));
  return isUrl(webhook) ? { input: undefined, task: key, webhook, ...(token !== undefined && { token }) } : undefined;
};

const isUrl = (value: unknown): value is string =>
  typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value);

/** `{}` for what is no JSON, or no object. */
const parse = (body: Buffer): object => {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
};

/** All texts in a JSON value. */
const textsOf = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
};
