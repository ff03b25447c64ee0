import type { DiagramLine } from './diagrams.js';
import { type DocComment, fencesOf } from './doc-comment.js';

/**
 * The diagrams that a doc comment draws: lines of a name, marbles and perhaps a remark, two spaces or more between
 * them. An empty line ends a diagram.
 */
export function commentDiagrams({ body }: DocComment): readonly (readonly DiagramLine[])[] {
  const drawings = fencesOf('text', body).flatMap((text) => text.split(/\n(?:[ \t]*\n)+/));
  return drawings.map((drawing) => drawing.split('\n').flatMap(lineOf)).filter((lines) => lines.length > 0);
}

/** Lines that begin with a space belong to the remark above them. */
function lineOf(text: string): DiagramLine[] {
  const [, label, marbles] = /^(\w+) {2,}(\S+(?: \S+)*)/.exec(text) ?? [];
  return label === undefined ? [] : [{ label, marbles: marbles! }];
}
