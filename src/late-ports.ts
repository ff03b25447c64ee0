import { Subject } from 'rxjs';
import type { AlertPort, CommandPort } from './gateway/ports.js';
import type { Actor, CommandAnswer } from './model/command.js';
import { TocsinError, toWireError } from './model/errors.js';
import type { AlertPage, AlertQuery } from './model/query.js';
import type { AlertEvent, AlertView } from './model/view.js';
import type { ReadModel } from './streams/read-model.js';

/** The gateway listens before the state is loaded, so that its health can be asked: until then there are no alerts. */
export class LateAlerts implements AlertPort {
  readonly events$ = new Subject<AlertEvent>();
  #model: ReadModel | undefined = undefined;

  attach(model: ReadModel): void {
    this.#model = model;
    model.events$.subscribe((event) => this.events$.next(event));
  }

  get epoch(): string {
    return this.#model?.epoch ?? '';
  }

  get seq(): number {
    return this.#model?.seq ?? 0;
  }

  views(): Iterable<AlertView> {
    return this.#model?.views() ?? [];
  }

  query(query: AlertQuery): AlertPage {
    return this.#ready().query(query);
  }

  async detail(id: string): Promise<{ readonly alert: AlertView; readonly events: readonly AlertEvent[] }> {
    return this.#ready().detail(id);
  }

  async since(seq: number, limit: number): Promise<readonly AlertEvent[] | undefined> {
    return this.#ready().since(seq, limit);
  }

  #ready(): ReadModel {
    if (this.#model === undefined) throw notReady();
    return this.#model;
  }
}

/** Commands that come too early are refused as temporary. */
export class LateCommands implements CommandPort {
  #commands: CommandPort | undefined = undefined;

  attach(commands: CommandPort): void {
    this.#commands = commands;
  }

  async execute(name: string, args: unknown, actor: Actor): Promise<CommandAnswer> {
    return this.#commands?.execute(name, args, actor) ?? { ok: false, error: toWireError(notReady()) };
  }
}

export function notReady(): TocsinError {
  return new TocsinError('not_ready', 'the engine has not loaded its state yet', { temporary: true });
}
