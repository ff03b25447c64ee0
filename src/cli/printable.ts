// Control characters could move the cursor or set the title of a terminal, format characters turn text around.
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** Text from outside as one harmless line. */
export function printable(text: string): string {
  return text.replace(unprintable, ' ');
}
