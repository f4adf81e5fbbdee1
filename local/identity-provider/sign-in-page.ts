import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { USERS } from './identities.ts';

export const SIGN_IN_PATH = '/interaction/';

const MAX_FORM_BYTES = 4_096;
const USER_NAME = /^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}$/;

/** The sign-in page: pick a name or type one; there are no passwords on one machine. */
export const handleSignIn = async (
  provider: Provider,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> => {
  try {
    const { params } = await provider.interactionDetails(incoming, outgoing);
    if (incoming.method !== 'POST') {
      sendPage(outgoing, 200, signInForm(String(params.client_id)));
      return;
    }
    const user = (await readForm(incoming)).get('login')?.trim() ?? '';
    if (!USER_NAME.test(user)) {
      sendPage(outgoing, 400, signInForm(String(params.client_id), 'Pick a name or type one: letters and digits.'));
      return;
    }
    await provider.interactionFinished(incoming, outgoing, {
      login: { accountId: user },
      // Signing in is consent. Native apps ask for it every time.
      consent: {},
    });
  } catch {
    if (outgoing.headersSent) outgoing.destroy();
    else sendPage(outgoing, 400, '<p>This sign-in is over, or began in another browser. Start again.</p>');
  }
};

const readForm = async (incoming: IncomingMessage): Promise<URLSearchParams> => {
  let form = '';
  for await (const chunk of incoming.setEncoding('utf8') as AsyncIterable<string>) {
    form += chunk;
    if (form.length > MAX_FORM_BYTES) throw new Error('The form is too large.');
  }
  return new URLSearchParams(form);
};

const signInForm = (clientId: string, problem?: string): string => `
<p>Sign in to <b>${escapeHtml(clientId)}</b></p>
${problem === undefined ? '' : `<p role="alert">${escapeHtml(problem)}</p>`}
<form method="post">
  <label>Name <input name="login" list="users" value="${Object.keys(USERS)[0]}" autofocus required maxlength="64"></label>
  <datalist id="users">${Object.keys(USERS)
    .map((user) => `<option value="${user}">`)
    .join('')}</datalist>
  <button type="submit">Sign in</button>
</form>
<p><small>${Object.entries(USERS)
  .map(([user, roles]) => `<b>${user}</b>: ${roles.length > 0 ? `role ${roles.join(', ')}` : 'no role'}`)
  .join('. ')}. Any other name: no role. No passwords on this machine.</small></p>`;

/** Also the provider's own error page, which never shows more than the error's name. */
const sendPage = (outgoing: ServerResponse, status: number, content: string): void => {
  outgoing.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  outgoing.end(page(content));
};

export const page = (content: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Local sign-in</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto; padding: 0 1rem; }
  input, button { font: inherit; padding: .3rem .6rem; }
  small { color: #555; }
</style>
<h1>Local OpenID provider</h1>
${content}
</html>
`;

export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
