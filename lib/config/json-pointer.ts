/** A pointer to a member or an item: not the empty pointer, which is the whole value (RFC 6901 §3). */
export const JSON_POINTER = /^(\/([^~/]|~[01])*)+$/;
