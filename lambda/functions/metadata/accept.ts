const JSON_TYPES = new Set(['application/json', 'application/problem+json', 'application/*']);
const HTML_TYPES = new Set(['text/html', 'text/*', '*/*']);

/** True if a client prefers JSON to a page (RFC 9110 §12.5.1). Without a preference it gets the page. */
export const prefersJson = (lines: readonly string[]): boolean => {
  const ranges = lines.join(',').split(',').map(readRange);
  const best = (types: ReadonlySet<string>): number =>
    Math.max(0, ...ranges.filter(({ type }) => types.has(type)).map(({ quality }) => quality));
  return best(JSON_TYPES) > best(HTML_TYPES);
};

const readRange = (range: string): { readonly type: string; readonly quality: number } => {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 };
};
