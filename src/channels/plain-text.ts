// C0 and C1 controls, DEL, line and paragraph separators, zero-width and bidirectional controls.
const unsafe = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;

/** Text from outside as one line that cannot steer a terminal. */
export function plainText(text: string): string {
  return text.replace(unsafe, ' ').trim();
}
