/** Text that is safe between tags and inside quoted attributes, whoever wrote it. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Headers of every page: no code, nothing of a third party, and no site may show the page in a frame. A page with forms lets
 * browsers say to its own origin where a request comes from: under `no-referrer` they send its forms with `Origin: null`.
 * @param styleSource where its styles are: in a file of ours, or on the page, by the SHA-256 of their text
 * @param formAction where its forms may be sent
 */
export const pageHeaders = (
  styleSource: "'self'" | `'sha256-${string}'`,
  formAction: "'none'" | "'self'" = "'none'",
): Record<string, string> => ({
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': `default-src 'none'; style-src ${styleSource}; base-uri 'none'; form-action ${formAction}; frame-ancestors 'none'`,
  'Referrer-Policy': formAction === "'self'" ? 'same-origin' : 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
});
