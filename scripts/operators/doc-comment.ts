/** A doc comment, taken apart. Texts are Markdown. */
export interface DocComment {
  /** The first paragraph. */
  readonly summary: string;
  /** The paragraphs between the summary and the first tag; a fence or a table is one of them. */
  readonly body: readonly string[];
  /** The texts of all tags, by their names, in order. */
  readonly tags: ReadonlyMap<string, readonly string[]>;
}

const fence = /^```/;

/** `raw` is the comment as it stands in the source, with its stars. */
export function parseDocComment(raw: string): DocComment {
  const [text = '', ...tagged] = splitBefore(linesOf(raw), (line) => /^@\w/.test(line)).map((lines) =>
    lines.join('\n'),
  );
  const [summary = '', ...body] = paragraphs(text);
  const tags = new Map<string, string[]>();
  for (const tag of tagged) {
    const [, name, content] = /^@(\w+)\s?([\s\S]*)$/.exec(tag)!;
    tags.set(name!, [...(tags.get(name!) ?? []), content!.trim()]);
  }
  return { summary, body, tags };
}

/** The contents of all fences of that language. */
export function fencesOf(language: string, paragraphs: readonly string[]): readonly string[] {
  const opening = `\`\`\`${language}\n`;
  return paragraphs
    .filter((paragraph) => paragraph.startsWith(opening))
    .map((paragraph) => paragraph.slice(opening.length).replace(/\n?```$/, ''));
}

function linesOf(raw: string): string[] {
  return withoutLinks(raw.replace(/^\/\*\*/, '').replace(/\*\/$/, ''))
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd());
}

function withoutLinks(text: string): string {
  return text.replace(/\{@link ([^}|\s]+)[^}]*\}/g, '`$1`');
}

/** The first group is what comes before the first such line; lines inside a fence begin no group. */
function splitBefore(lines: readonly string[], begins: (line: string) => boolean): string[][] {
  const groups: string[][] = [[]];
  let isInside = false;
  for (const line of lines) {
    if (fence.test(line)) isInside = !isInside;
    if (!isInside && begins(line)) groups.push([]);
    groups.at(-1)!.push(line);
  }
  return groups;
}

function paragraphs(text: string): string[] {
  return splitBefore(text.split('\n'), (line) => line === '')
    .map((lines) => lines.join('\n').trim())
    .filter((paragraph) => paragraph !== '');
}
