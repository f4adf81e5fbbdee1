import type { EmergencyContact, Shield } from './edge.ts';
import { MITIGATIONS } from './edge.ts';
import type { Problems } from './problem.ts';

/** What Shield takes as emergency contacts: https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_EmergencyContact.html */
const MAX_CONTACTS = 10;
const MAX_NOTES_CHARS = 1_024;
const EMAIL = /^\S+@\S+\.\S+$/;
const PHONE = /^\+[1-9]\d{1,14}$/;

/** Checks the protection from denial of service that an environment asks for. */
export const checkShield = (problems: Problems, shield: Shield): void => {
  problems.expect(
    shield === 'standard' || (shield.advanced === true && shield.subscribed === true),
    'shield',
    shield,
    "'standard', or { advanced: true, subscribed: true }",
    'Subscribe the account to Shield Advanced first (about 3,000 USD a month for a year); its resources fail without.',
  );
  if (shield === 'standard') return;
  problems.properties('shield', shield, ['advanced', 'subscribed', 'mitigation', 'contacts']);
  problems.oneOf(
    'shield.mitigation',
    shield.mitigation ?? 'count',
    MITIGATIONS,
    'Count first, and block when it is right; none where the account has no such rules.',
  );
  if (shield.contacts !== undefined) checkContacts(problems, shield.contacts);
};

const checkContacts = (problems: Problems, contacts: readonly EmergencyContact[]): void => {
  problems.expect(
    contacts.length >= 1 && contacts.length <= MAX_CONTACTS && contacts.some(({ phone }) => phone !== undefined),
    'shield.contacts',
    contacts,
    `1 to ${MAX_CONTACTS} contacts, one of them at least with a phone number`,
    'Name who can be called, or leave `contacts` out.',
  );
  for (const [i, { email, notes, phone, ...more }] of contacts.entries()) {
    const at = `shield.contacts.${i}`;
    problems.properties(at, more, []);
    problems.text(`${at}.email`, email, EMAIL, 'an address', 'Correct the address.');
    if (phone !== undefined)
      problems.text(`${at}.phone`, phone, PHONE, 'a number in E.164, as +4930123456', 'Correct it.');
    problems.expect(
      notes === undefined || notes.length <= MAX_NOTES_CHARS,
      `${at}.notes`,
      notes,
      `at most ${MAX_NOTES_CHARS} characters`,
      'Shorten the note.',
    );
  }
};
