/** Escapes text of any origin for use between tags and inside quoted attributes. */
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
 * Returns the headers of every page: no scripts, nothing from a third party, no frames. A page with forms sends the referrer
 * to its own origin, because browsers send forms with `Origin: null` under `no-referrer`.
 * @param styleSource source of the styles: our own file, or the SHA-256 of the styles on the page
 * @param formAction target of the forms
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
