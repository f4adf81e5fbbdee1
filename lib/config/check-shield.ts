import type { EmergencyContact, Shield } from './edge.ts';
import { MITIGATIONS } from './edge.ts';
import type { Problems } from './errors.ts';

/** What Shield takes as emergency contacts: https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_EmergencyContact.html */
const MAX_CONTACTS = 10;
const MAX_NOTES_CHARS = 1_024;
const EMAIL = /^\S+@\S+\.\S+$/;
const PHONE = /^\+[1-9]\d{1,14}$/;

/** Checks the protection from denial of service that an environment asks for. */
export const checkShield = (problems: Problems, shield: Shield): void => {
  problems.expect(
    shield === 'standard' || (shield?.advanced === true && shield.subscribed === true),
    'shield',
    shield,
    "'standard', or { advanced: true, subscribed: true }",
    'Subscribe the account to Shield Advanced first (about 3,000 USD a month, for a year): the deployment fails without it.',
  );
  if (typeof shield !== 'object' || shield === null) return;
  problems.properties('shield', shield, ['advanced', 'subscribed', 'mitigation', 'contacts']);
  problems.oneOf(
    'shield.mitigation',
    shield.mitigation ?? 'count',
    MITIGATIONS,
    "Begin with 'count', and use 'block' when it counts the right requests; 'none' where the account has no such rules.",
  );
  if (shield.contacts !== undefined) checkContacts(problems, shield.contacts);
};

const checkContacts = (problems: Problems, contacts: readonly EmergencyContact[]): void => {
  problems.expect(
    Array.isArray(contacts) &&
      contacts.length >= 1 &&
      contacts.length <= MAX_CONTACTS &&
      contacts.some((contact) => contact?.phone !== undefined),
    'shield.contacts',
    contacts,
    `a list of 1 to ${MAX_CONTACTS} contacts, one or more of them with a phone number`,
    'Add a contact whom the Shield Response Team can call, or take `contacts` out.',
  );
  for (const [i, contact] of (Array.isArray(contacts) ? contacts : []).entries()) {
    const at = `shield.contacts.${i}`;
    if (!problems.object(at, contact, 'an object with email', 'Write { email, phone, notes }.')) continue;
    const { email, notes, phone } = contact;
    problems.properties(at, contact, ['email', 'phone', 'notes']);
    problems.text(`${at}.email`, email, EMAIL, 'an e-mail address', 'Correct the address.');
    if (phone !== undefined)
      problems.text(`${at}.phone`, phone, PHONE, 'a phone number in E.164, as +4930123456', 'Correct the number.');
    problems.expect(
      notes === undefined || (typeof notes === 'string' && notes.length <= MAX_NOTES_CHARS),
      `${at}.notes`,
      notes,
      `a text of at most ${MAX_NOTES_CHARS} characters`,
      'Shorten the note.',
    );
  }
};
